import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { formatStartLine, verifyChain } from "@cmdop/audit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ControlFixture,
  type TestAccount,
} from "../../../../services/control/src/testing/control-fixture.ts";
import { openTestTerminal } from "../testing/test-terminal.ts";

let fixture: ControlFixture;
let ada: TestAccount;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  ada = await fixture.addAccount("ada", "owner");
  await fixture.ask("POST", "/v1/fleets", { token: ada.token, body: { name: "Main", slug: "main" } });
}, 60_000);
afterAll(() => fixture.close());

const cmdop = async (...args: string[]) => {
  const terminal = openTestTerminal(
    { CMDOP_HOME: path.join(fixture.home, "cli"), CMDOP_CONTROL: fixture.url, CMDOP_TOKEN: ada.token },
    { cwd: fixture.home },
  );
  return { code: await terminal.run(...args), ...terminal.texts };
};

describe("cmdop audit", () => {
  it("exports a log that verifies without the control plane, and names what was changed in the file", async () => {
    const listed = JSON.parse((await cmdop("audit", "list", "--action", "fleet.", "--json")).out);
    expect(listed).toMatchObject([{ action: "fleet.create", actor: { id: ada.accountId } }]);
    expect((await cmdop("audit", "export", "--all", "--output", "log.ndjson")).code).toBe(0);
    const { verifierKey, items } = JSON.parse((await cmdop("audit", "checkpoints", "--json")).out);
    writeFileSync(path.join(fixture.home, "kept.json"), JSON.stringify(items[0]));

    const verify = (file: string) =>
      cmdop("audit", "verify", file, "--key", verifierKey, "--checkpoint", "kept.json", "--json");
    const intact = await verify("log.ndjson");
    expect([intact.code, JSON.parse(intact.out)]).toMatchObject([0, { verdict: "intact", problems: [] }]);
    const unsigned = await cmdop("audit", "verify", "log.ndjson");
    expect([unsigned.code, unsigned.out]).toEqual([1, expect.stringContaining("unproved")]);

    writeFileSync(path.join(fixture.home, "torn.json"), "{");
    const torn = await cmdop("audit", "verify", "log.ndjson", "--checkpoint", "torn.json");
    expect([torn.code, torn.error]).toEqual([
      2,
      expect.stringContaining("Check the file that --checkpoint names."),
    ]);

    const lines = readFileSync(path.join(fixture.home, "log.ndjson"), "utf8").trimEnd().split("\n");
    writeFileSync(path.join(fixture.home, "cut.ndjson"), lines.slice(0, -2).join("\n"));
    const cut = await verify("cut.ndjson");
    expect([cut.code, JSON.parse(cut.out).problems]).toMatchObject([1, [{ kind: "tail_cut" }]]);
    const changed = lines.map((line) => line.replace('"slug":"main"', '"slug":"mine"'));
    writeFileSync(path.join(fixture.home, "changed.ndjson"), changed.join("\n"));
    expect(JSON.parse((await verify("changed.ndjson")).out).problems).toMatchObject([
      { kind: "entry_altered", seq: listed[0].seq },
    ]);
  });

  it("verifies a directory of sealed files as one log, and names what a lost one held", async () => {
    const lines = readFileSync(path.join(fixture.home, "log.ndjson"), "utf8").trimEnd().split("\n");
    const { verifierKey } = JSON.parse((await cmdop("audit", "checkpoints", "--json")).out);
    const archive = path.join(fixture.home, "archive");
    mkdirSync(archive);
    const { head } = await verifyChain(lines.slice(0, 2));
    writeFileSync(path.join(archive, "audit-1.ndjson"), `${lines.slice(0, 2).join("\n")}\n`);
    writeFileSync(
      path.join(archive, "audit-2.ndjson"),
      `${[formatStartLine(head), ...lines.slice(2)].join("\n")}\n`,
    );
    const verify = () => cmdop("audit", "verify", "archive", "--key", verifierKey);
    const whole = await verify();
    expect([whole.code, whole.out]).toEqual([0, expect.stringMatching(/^intact\n\d+ entries, 1 to /)]);
    rmSync(path.join(archive, "audit-1.ndjson"));
    const lost = await verify();
    expect([lost.code, lost.out]).toEqual([
      1,
      expect.stringContaining("segment_missing: Entries 1 to 2 are missing"),
    ]);
  });

  it("says that a filtered export cannot be verified", async () => {
    const { out, error } = await cmdop("audit", "export", "--action", "fleet.");
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    expect(error).toContain("not verified");
  });
});
