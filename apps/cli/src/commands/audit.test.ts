import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { formatStartLine, verifyChain } from "@cmdop/audit";
import { describe, expect, it } from "vitest";
import { useControl } from "../testing/cli-fixture.ts";

const cli = useControl();
const { cmdop } = cli;

describe("cmdop audit", () => {
  it("exports a log that verifies without the control plane, and names what was changed in the file", async () => {
    const listed = JSON.parse((await cmdop(["audit", "list", "--action", "fleet.", "--json"])).out);
    expect(listed).toMatchObject([{ action: "fleet.create", actor: { id: cli.owner.accountId } }]);
    const within = (...times: string[]) => cmdop(["audit", "list", "--action", "fleet.", "-q", ...times]);
    expect((await within("--since", "2h")).out).toBe(`${listed[0].seq}\n`);
    expect((await within("--since", "7d", "--until", "1d")).out).toBe("");
    expect((await within("--since", "2020-01-01")).out).toBe(`${listed[0].seq}\n`);
    for (const time of ["2", "yesterday"]) {
      const refused = await within("--since", time);
      expect(refused.code).toBe(2);
      expect(refused.error).toContain(`--since ${time} is no time.`);
    }
    expect((await cmdop(["audit", "export", "--all", "--output", "log.ndjson"])).code).toBe(0);
    const { verifierKey, items } = JSON.parse((await cmdop(["audit", "checkpoints", "--json"])).out);
    writeFileSync(path.join(cli.control.home, "kept.json"), JSON.stringify(items[0]));

    const verify = (file: string) =>
      cmdop(["audit", "verify", file, "--key", verifierKey, "--checkpoint", "kept.json", "--json"]);
    const intact = await verify("log.ndjson");
    expect([intact.code, JSON.parse(intact.out)]).toMatchObject([0, { verdict: "intact", problems: [] }]);
    const unsigned = await cmdop(["audit", "verify", "log.ndjson"]);
    expect([unsigned.code, unsigned.out]).toEqual([1, expect.stringContaining("unproved")]);

    writeFileSync(path.join(cli.control.home, "torn.json"), "{");
    const torn = await cmdop(["audit", "verify", "log.ndjson", "--checkpoint", "torn.json"]);
    expect([torn.code, torn.error]).toEqual([
      2,
      expect.stringContaining("Check the file that --checkpoint names."),
    ]);

    const lines = readFileSync(path.join(cli.control.home, "log.ndjson"), "utf8").trimEnd().split("\n");
    writeFileSync(path.join(cli.control.home, "cut.ndjson"), lines.slice(0, -2).join("\n"));
    const cut = await verify("cut.ndjson");
    expect([cut.code, JSON.parse(cut.out).problems]).toMatchObject([1, [{ kind: "tail_cut" }]]);
    const changed = lines.map((line) => line.replace('"slug":"main"', '"slug":"mine"'));
    writeFileSync(path.join(cli.control.home, "changed.ndjson"), changed.join("\n"));
    expect(JSON.parse((await verify("changed.ndjson")).out).problems).toMatchObject([
      { kind: "entry_altered", seq: listed[0].seq },
    ]);
  });

  it("verifies a directory of sealed files as one log, and names what a lost one held", async () => {
    const lines = readFileSync(path.join(cli.control.home, "log.ndjson"), "utf8").trimEnd().split("\n");
    const { verifierKey } = JSON.parse((await cmdop(["audit", "checkpoints", "--json"])).out);
    const archive = path.join(cli.control.home, "archive");
    mkdirSync(archive);
    const { head } = await verifyChain(lines.slice(0, 2));
    writeFileSync(path.join(archive, "audit-1.ndjson"), `${lines.slice(0, 2).join("\n")}\n`);
    writeFileSync(
      path.join(archive, "audit-2.ndjson"),
      `${[formatStartLine(head), ...lines.slice(2)].join("\n")}\n`,
    );
    const verify = () => cmdop(["audit", "verify", "archive", "--key", verifierKey]);
    const whole = await verify();
    expect([whole.code, whole.out]).toEqual([0, expect.stringMatching(/^intact\n\d+ entries, 1 to /)]);
    rmSync(path.join(archive, "audit-1.ndjson"));
    const lost = await verify();
    expect([lost.code, lost.out]).toEqual([
      1,
      expect.stringContaining("segment_missing: Entries 1 to 2 are missing"),
    ]);
  });

  it("proves one entry, and that the log continues what was kept, to whoever has the files and the key alone", async () => {
    const file = (name: string): string => path.join(cli.control.home, name);
    const { verifierKey, items } = (await cmdop(["audit", "checkpoints", "--json"])).json();
    writeFileSync(file("kept.json"), JSON.stringify(items.at(-1)));
    const [{ seq }] = (await cmdop(["audit", "list", "--action", "fleet.create", "--json"])).json();
    expect(await cmdop(["audit", "proof", String(seq), "--output", "proof.json"])).toMatchObject({ code: 0 });
    const verify = (name: string, ...more: string[]) =>
      cmdop(["audit", "verify", name, "--key", verifierKey, ...more]);
    const proved = await verify("proof.json");
    expect([proved.code, proved.out]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^proved\\nentry ${seq}: \\S+ {2}ada {2}fleet\\.create\\nunder a `)),
    ]);
    const unsigned = await cmdop(["audit", "verify", "proof.json", "--json"]);
    expect([unsigned.code, unsigned.json()]).toMatchObject([1, { verdict: "unproved", problems: [] }]);
    expect((await verify("proof.json", "--checkpoint", "kept.json")).code).toBe(2);
    const text = readFileSync(file("proof.json"), "utf8");
    writeFileSync(file("forged.json"), text.replace('"slug":"main"', '"slug":"mine"'));
    const forged = await verify("forged.json", "--json");
    expect([forged.code, forged.json().problems]).toMatchObject([1, [{ kind: "entry_altered" }]]);

    await cmdop(["roles", "create", "watcher", "--right", "fleet:read"]);
    await cli.control.control.services.auditLog.sign();
    const since = ["audit", "proof", "--since", "kept.json"];
    expect(await cmdop([...since, "--output", "continued.json"])).toMatchObject({ code: 0 });
    const continued = await verify("continued.json", "--checkpoint", "kept.json", "--json");
    expect([continued.code, continued.json()]).toMatchObject([0, { verdict: "intact", kind: "consistency" }]);
    expect((await verify("continued.json")).code).toBe(2);
    const { proof, ...rest } = JSON.parse(readFileSync(file("continued.json"), "utf8"));
    expect(proof.length).toBeGreaterThan(0);
    writeFileSync(file("torn.json"), JSON.stringify({ ...rest, proof: proof.slice(1) }));
    const torn = await verify("torn.json", "--checkpoint", "kept.json", "--json");
    expect([torn.code, torn.json().problems]).toMatchObject([1, [{ kind: "forked" }]]);

    expect((await cmdop(["audit", "proof"])).code).toBe(2);
    expect((await cmdop(["audit", "proof", "first"])).code).toBe(2);
    expect((await cmdop(["audit", "proof", "--since", "nowhere.json"])).error).toContain("cannot be read");
    expect((await cmdop(["audit", "proof", "999999", "--all"])).error).toContain("no entry 999999");
  });

  it("says that a filtered export cannot be verified", async () => {
    const { out, error } = await cmdop(["audit", "export", "--action", "fleet."]);
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    expect(error).toContain("not verified");
  });
});
