// The families that are about who may what, against a whole control plane.
import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { TestAccount } from "../../../../services/control/src/testing/control-fixture.ts";
import { useControl } from "../testing/cli-fixture.ts";

const cli = useControl({ fleets: [] });
const { cmdop, json } = cli;
let guest: TestAccount;

beforeAll(async () => {
  guest = await cli.control.addAccount("ben");
});

describe("cmdop", () => {
  it("makes a fleet, chooses it, changes it, and ends it only when that is confirmed", async () => {
    await json(["fleets", "create", "lab", "--name", "Lab"]);
    await json(["fleets", "create", "production"]);
    await cmdop(["fleets", "use", "production"]);
    const home = path.join(cli.control.home, cli.owner.accountId);
    expect(JSON.parse(readFileSync(path.join(home, "cli", "config.json"), "utf8"))).toMatchObject({
      fleet: "production",
    });
    expect(await json(["fleets", "show"])).toMatchObject({ slug: "production" });
    const changed = await json(["fleets", "update", "lab", "--outage", "strict", "--approval", "yes"]);
    expect(changed).toMatchObject({ outagePolicy: "strict", approvalNeeded: true, version: 2 });
    const unsure = await cmdop(["fleets", "delete", "lab"]);
    expect([unsure.code !== 0, unsure.error.includes("--yes")]).toEqual([true, true]);
    expect(await json(["fleets", "delete", "lab", "--yes"])).toMatchObject({ slug: "lab" });
    expect((await json(["fleets", "list"])).map((fleet: { slug: string }) => fleet.slug)).toEqual([
      "production",
    ]);
    expect(await json(["fleets", "restore", "lab"])).toMatchObject({ deleteAfter: null });
  });

  it("invites somebody, who accepts, is given a role of the fleet's own and is removed", async () => {
    const invited = await cmdop(["members", "invite", "ben@example.org", "--role", "viewer"]);
    const code = invited.out.trim();
    expect(code).toMatch(/^[0-9A-Za-z]{32}$/);
    expect((await json(["invitations", "list"])).length).toBe(1);
    await cmdop(["members", "invite", "eve@example.org"]);
    expect((await cmdop(["invitations", "cancel", "eve@example.org"])).code).toBe(0);
    const accepted = await cmdop(["invitations", "accept"], { as: guest, input: `${code}\n` });
    expect([accepted.code, accepted.error.includes("production")]).toEqual([0, true]);
    await json(["roles", "create", "deployer", "--right", "fleet:read,machines:read"]);
    const member = await json(["members", "set-role", "ben@example.org", "deployer"]);
    expect(member).toMatchObject({ roleName: "deployer" });
    for (const who of ["Ben@example.org", member.id]) {
      expect(await json(["members", "show", who])).toEqual(member);
    }
    expect((await cmdop(["members", "show", "mem_nobody"])).error).toContain("cmdop members list");
    const refused = await cmdop(["roles", "delete", "deployer"]);
    expect([refused.code !== 0, refused.error.includes("in use")]).toEqual([true, true]);
    await json(["roles", "update", "deployer", "--right", "fleet:read"]);
    const [machine = ""] = await cli.control.addMachines(member.fleetId, ["db-1"]);
    await json(["members", "access", "ben@example.org", "db-1", "view"]);
    expect(await json(["members", "access", "ben@example.org"])).toEqual([
      { machineId: machine, machineName: "db-1", level: "view" },
    ]);
    const removed = await cmdop(["members", "remove", "ben@example.org", "--yes"]);
    expect(removed.code).toBe(0);
    expect((await cmdop(["roles", "delete", "deployer"])).code).toBe(0);
  });

  it("gives a key to standard output alone, shows it without its secret, rotates, revokes and traces it", async () => {
    const unknown = await cmdop(["keys", "create", "ci", "--scope", "fleet:read,keys:make"]);
    expect([unknown.code, unknown.error]).toEqual([
      2,
      expect.stringMatching(/--scope, value 2: takes one of: .*\bfleet:read, .*\bkeys:create/),
    ]);
    const made = await cmdop([
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
    const [listed] = await json(["keys", "list"]);
    expect(listed).toMatchObject({ name: "ci", state: "live", scopes: ["fleet:read", "keys:create"] });
    const shown = await cmdop(["keys", "show", listed.id]);
    expect(shown.out).toContain(listed.fingerprint);
    expect(shown.out).not.toContain(secret);
    for (const called of ["ci", "CI", listed.id.slice(0, 6)]) {
      expect(await json(["keys", "show", called])).toMatchObject({ id: listed.id });
    }
    const rotated = await json(["keys", "rotate", "ci", "--overlap", "2h", "--expires", "7d"]);
    expect(Date.parse(rotated.expiresAt) - Date.now()).toBeLessThan(7 * 86_400_000);
    expect(rotated.secret).toMatch(/^cmdop_api_/);
    const unsure = await cmdop(["keys", "revoke", "ci", "--yes"]);
    expect([unsure.code, unsure.error]).toEqual([2, expect.stringContaining("which key?")]);
    for (const { id } of [listed, rotated]) expect(unsure.error).toContain(`ci (${id})`);
    expect((await json(["keys", "list"])).length).toBe(2);
    const revoked = await cmdop(["keys", "revoke", listed.id, "--yes"]);
    expect([revoked.code, revoked.error]).toEqual([
      0,
      expect.stringContaining(`ci (${listed.id}) is revoked`),
    ]);
    expect((await cmdop(["keys", "revoke", "c", "--yes"])).error).toContain("There is no key c.");
    for (const [words, why] of [
      ["keys leaked", "No token was given."],
      ["invitations accept", "No code was given."],
    ] as const) {
      const nothing = await cmdop(words.split(" "), { input: "\n" });
      expect([nothing.code, nothing.error]).toEqual([2, expect.stringContaining(why)]);
    }
    const leaked = await cmdop(["keys", "leaked"], { input: rotated.secret });
    expect([leaked.code, leaked.error.includes("live until now")]).toEqual([0, true]);
    expect(await json(["keys", "list"])).toEqual([]);
  });

  it("makes a service account with a key and removes both", async () => {
    const { id } = await json(["service-accounts", "create", "deploy"]);
    for (const named of ["deploy", id]) {
      expect(await json(["service-accounts", "show", named])).toMatchObject({ id, role: "automation" });
    }
    const made = await cmdop(["keys", "create", "pipeline", "--service-account", "deploy"]);
    expect(made.out.trim()).toMatch(/^cmdop_svc_/);
    expect((await cmdop(["service-accounts", "delete", "deploy"])).code).not.toBe(0);
    expect((await cmdop(["service-accounts", "delete", "deploy", "--yes"])).code).toBe(0);
    expect(await json(["service-accounts", "list"])).toEqual([]);
    expect(await json(["keys", "list"])).toEqual([]);
  });
});
