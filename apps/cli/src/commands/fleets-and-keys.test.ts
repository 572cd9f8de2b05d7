// The families that are about who may what, against a whole control plane.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ControlFixture,
  type TestAccount,
} from "../../../../services/control/src/testing/control-fixture.ts";
import { openTestTerminal } from "../testing/test-terminal.ts";

let fixture: ControlFixture;
let owner: TestAccount;
let guest: TestAccount;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("ada", "owner");
  guest = await fixture.addAccount("ben");
}, 60_000);
afterAll(() => fixture.close());

const cmdop = async (account: TestAccount, args: readonly string[], input?: string) => {
  const home = path.join(fixture.home, account.accountId);
  const terminal = openTestTerminal(
    { CMDOP_HOME: home, CMDOP_CONTROL: fixture.url, CMDOP_TOKEN: account.token },
    { input },
  );
  const code = await terminal.run(...args);
  return { code, ...terminal.texts, home };
};

const json = async (account: TestAccount, ...args: string[]) => {
  const { code, out, error } = await cmdop(account, [...args, "--json"]);
  expect([code, error]).toEqual([0, ""]);
  return JSON.parse(out);
};

describe("cmdop", () => {
  it("makes a fleet, chooses it, changes it, and ends it only when that is confirmed", async () => {
    await json(owner, "fleets", "create", "lab", "--name", "Lab");
    await json(owner, "fleets", "create", "production");
    const used = await cmdop(owner, ["fleets", "use", "production"]);
    expect(JSON.parse(readFileSync(path.join(used.home, "cli", "config.json"), "utf8"))).toMatchObject({
      fleet: "production",
    });
    expect(await json(owner, "fleets", "show")).toMatchObject({ slug: "production" });
    const changed = await json(owner, "fleets", "update", "lab", "--outage", "strict", "--approval", "yes");
    expect(changed).toMatchObject({ outagePolicy: "strict", approvalNeeded: true, version: 2 });
    const unsure = await cmdop(owner, ["fleets", "delete", "lab"]);
    expect([unsure.code !== 0, unsure.error.includes("--yes")]).toEqual([true, true]);
    expect(await json(owner, "fleets", "delete", "lab", "--yes")).toMatchObject({ slug: "lab" });
    expect((await json(owner, "fleets", "list")).map((fleet: { slug: string }) => fleet.slug)).toEqual([
      "production",
    ]);
    expect(await json(owner, "fleets", "restore", "lab")).toMatchObject({ deleteAfter: null });
  });

  it("invites somebody, who accepts, is given a role of the fleet's own and is removed", async () => {
    const invited = await cmdop(owner, ["members", "invite", "ben@example.org", "--role", "viewer"]);
    const code = invited.out.trim();
    expect(code).toMatch(/^[0-9A-Za-z]{32}$/);
    expect((await json(owner, "invitations", "list")).length).toBe(1);
    const accepted = await cmdop(guest, ["invitations", "accept"], `${code}\n`);
    expect([accepted.code, accepted.error.includes("production")]).toEqual([0, true]);
    await json(owner, "roles", "create", "deployer", "--right", "fleet:read,machines:read");
    const member = await json(owner, "members", "set-role", "ben@example.org", "deployer");
    expect(member).toMatchObject({ roleName: "deployer" });
    const refused = await cmdop(owner, ["roles", "delete", "deployer"]);
    expect([refused.code !== 0, refused.error.includes("in use")]).toEqual([true, true]);
    await json(owner, "roles", "update", "deployer", "--right", "fleet:read");
    const [machine = ""] = await fixture.addMachines(member.fleetId, ["db-1"]);
    await json(owner, "members", "access", "ben@example.org", "db-1", "view");
    expect(await json(owner, "members", "access", "ben@example.org")).toEqual([
      { machineId: machine, machineName: "db-1", level: "view" },
    ]);
    const removed = await cmdop(owner, ["members", "remove", "ben@example.org", "--yes"]);
    expect(removed.code).toBe(0);
    expect((await cmdop(owner, ["roles", "delete", "deployer"])).code).toBe(0);
  });

  it("gives a key to standard output alone, shows it without its secret, rotates, revokes and traces it", async () => {
    const made = await cmdop(owner, [
      "keys",
      "create",
      "ci",
      "--scope",
      "fleet:read,keys:create",
      "--expires",
      "30d",
    ]);
    const secret = made.out.trim();
    expect(secret).toMatch(/^cmdop_api_/);
    expect(made.error).not.toContain(secret);
    const [listed] = await json(owner, "keys", "list");
    expect(listed).toMatchObject({ name: "ci", state: "live", scopes: ["fleet:read", "keys:create"] });
    const shown = await cmdop(owner, ["keys", "show", listed.id]);
    expect(shown.out).toContain(listed.fingerprint);
    expect(shown.out).not.toContain(secret);
    const rotated = await json(owner, "keys", "rotate", listed.id, "--overlap", "2h");
    expect(rotated.secret).toMatch(/^cmdop_api_/);
    expect((await cmdop(owner, ["keys", "revoke", listed.id, "--yes"])).code).toBe(0);
    const leaked = await cmdop(owner, ["keys", "leaked"], rotated.secret);
    expect([leaked.code, leaked.error.includes("live until now")]).toEqual([0, true]);
    expect(await json(owner, "keys", "list")).toEqual([]);
  });

  it("makes a service account with a key and removes both", async () => {
    await json(owner, "service-accounts", "create", "deploy");
    const made = await cmdop(owner, ["keys", "create", "pipeline", "--service-account", "deploy"]);
    expect(made.out.trim()).toMatch(/^cmdop_svc_/);
    expect((await cmdop(owner, ["service-accounts", "delete", "deploy"])).code).not.toBe(0);
    expect((await cmdop(owner, ["service-accounts", "delete", "deploy", "--yes"])).code).toBe(0);
    expect(await json(owner, "service-accounts", "list")).toEqual([]);
    expect(await json(owner, "keys", "list")).toEqual([]);
  });
});
