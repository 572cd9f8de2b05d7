import { TemporaryPostgres, waitFor } from "@cmdop/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { introspect } from "../../store/edges/introspection.ts";
import { startMembershipSweep } from "../../store/membership/membership-sweep.ts";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";

const engines = ["embedded", "postgres"] as const;

describe.each(engines)("fleets and who is in them (%s)", (engine) => {
  let postgres: TemporaryPostgres | undefined;
  let fixture: ControlFixture;
  let owner: TestAccount;
  let nowMs: () => number;

  const ask: ControlFixture["ask"] = (...request) => fixture.ask(...request);
  const read = <T>(body: Parameters<typeof fixture.control.services.unitOfWork.read<T>>[1]) =>
    fixture.control.services.unitOfWork.read("all", body);
  const revoked = () =>
    read(async (db) =>
      (await db.selectFrom("revocations").select("subjects").execute()).flatMap((row) => row.subjects),
    );
  const atTheRelay = (token: string, fleet: string) =>
    read((db) => introspect(db, fixture.control.services.sealer, { token, fleet, need: "relay" }, nowMs()));

  let count = 0;
  /** A fleet of its own with an owner who made it, for one test. */
  const newFleet = async () => {
    count += 1;
    const slug = `fleet-${count}`;
    const made = await ask("POST", "/v1/fleets", { token: owner.token, body: { name: slug, slug } });
    return { id: made.body.id as string, slug, at: `/v1/fleets/${slug}` };
  };
  const newMember = async (fleetId: string, role: string) => {
    count += 1;
    const account = await fixture.addAccount(`member-${count}`);
    const memberId = await fixture.addMember(fleetId, account.accountId, role);
    return { ...account, memberId, email: `member-${count}@example.org` };
  };
  const ownMember = async (at: string) => {
    const { body } = await ask("GET", `${at}/members`, { token: owner.token });
    return body.items.find(
      (member: { account: { id: string } }) => member.account.id === owner.accountId,
    ) as { id: string };
  };
  const patch = (at: string, token: string, body: unknown, version = 1) =>
    ask("PATCH", at, { token, body, headers: { "if-match": `"${version}"` } });

  beforeAll(async () => {
    if (engine === "postgres") postgres = await TemporaryPostgres.start();
    fixture = await ControlFixture.open(
      postgres ? { databaseUrl: postgres.url(await postgres.createDatabase()) } : {},
    );
    nowMs = () => fixture.control.services.clock.wallMs();
    owner = await fixture.addAccount("ada", "owner");
  }, 60_000);
  afterAll(async () => {
    await fixture.close();
    await postgres?.close();
  });

  it("changes a fleet's policies with its ETag, and lets nobody lock themselves out of it", async () => {
    const fleet = await newFleet();
    const changed = await patch(fleet.at, owner.token, { outagePolicy: "strict", approvalNeeded: true });
    expect(changed.body).toMatchObject({ outagePolicy: "strict", approvalNeeded: true, version: 2 });
    expect((await patch(fleet.at, owner.token, { name: "late" })).status).toBe(412);
    expect((await patch(fleet.at, owner.token, { mfaRequired: true }, 2)).body.code).toBe("mfa_needed");
  });

  it("ends what is live of its members once it asks for a second factor", async () => {
    const fleet = await newFleet();
    const member = await newMember(fleet.id, "member");
    const own = await ownMember(fleet.at);
    const confirmed = await fixture.openBrowser(owner.accountId, ["passkey"]);
    const asked = await ask("PATCH", fleet.at, {
      headers: { cookie: confirmed, "sec-fetch-site": "same-origin", "if-match": '"1"' },
      body: { mfaRequired: true },
    });
    expect(asked.status).toBe(200);
    expect(await revoked()).toEqual(expect.arrayContaining([member.memberId, own.id]));
  });

  it("lets a machine be moved in where machines wait to be let in by whoever lets them in alone", async () => {
    const [from, to] = [await newFleet(), await newFleet()];
    const mover = await newMember(from.id, "admin");
    const role = await ask("POST", `${to.at}/roles`, {
      token: owner.token,
      body: { name: "racker", rights: ["fleet:read", "machines:join"] },
    });
    const there = await fixture.addMember(to.id, mover.accountId, role.body.id);
    await patch(to.at, owner.token, { approvalNeeded: true });
    const [machine = ""] = await fixture.addMachines(from.id, ["rack-1"]);
    const move = () =>
      ask("POST", `${from.at}/machines/${machine}/move`, { token: mover.token, body: { fleet: to.slug } });
    expect((await move()).body.right).toBe("machines:approve");
    await patch(`${to.at}/members/${there}`, owner.token, { role: "admin" });
    expect((await move()).status).toBe(200);
  });

  it("ends a fleet at once for its members and edges; its owner takes that back within 24 hours", async () => {
    const fleet = await newFleet();
    const member = await newMember(fleet.id, "member");
    expect(await atTheRelay(member.token, fleet.slug)).toMatchObject({ active: true });
    const ended = await ask("DELETE", fleet.at, { token: owner.token });
    expect(Date.parse(ended.body.deleteAfter) - Date.parse(ended.body.disabledAt)).toBe(86_400_000);
    expect((await ask("GET", fleet.at, { token: member.token })).status).toBe(404);
    expect(await atTheRelay(member.token, fleet.slug)).toMatchObject({ active: false });
    expect(await revoked()).toContain(fleet.id);
    expect((await ask("POST", `${fleet.at}/restore`, { token: member.token })).status).toBe(403);
    expect((await ask("POST", `${fleet.at}/restore`, { token: owner.token })).status).toBe(200);
    expect((await ask("GET", fleet.at, { token: member.token })).status).toBe(200);
  });

  it("purges a fleet whose 24 hours are over, with all that is in it", async () => {
    const fleet = await newFleet();
    await newMember(fleet.id, "member");
    await ask("DELETE", fleet.at, { token: owner.token });
    const { unitOfWork, clock } = fixture.control.services;
    await unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, (tx) =>
      tx.db.updateTable("fleets").set({ delete_after: tx.now }).where("id", "=", fleet.id).execute(),
    );
    expect((await ask("POST", `${fleet.at}/restore`, { token: owner.token })).status).toBe(410);
    const sweep = startMembershipSweep({ unitOfWork, clock, failed: (cause) => expect(cause).toBe("none") });
    await sweep.run();
    await sweep.close();
    const left = await read((db) =>
      db.selectFrom("memberships").select("id").where("fleet_id", "=", fleet.id).execute(),
    );
    expect(left).toEqual([]);
  });

  it("never loses the last owner: of two who remove each other at once, one stays", async () => {
    for (let round = 0; round < 5; round += 1) {
      const fleet = await newFleet();
      const second = await newMember(fleet.id, "owner");
      const first = await ownMember(fleet.at);
      const answers = await Promise.all([
        ask("DELETE", `${fleet.at}/members/${second.memberId}`, { token: owner.token }),
        ask("DELETE", `${fleet.at}/members/${first.id}`, { token: second.token }),
      ]);
      const owners = await read((db) =>
        db.selectFrom("memberships").select("role").where("fleet_id", "=", fleet.id).execute(),
      );
      expect(answers.filter((answer) => answer.status === 204)).toHaveLength(1);
      expect(owners).toEqual([{ role: "owner" }]);
    }
  });

  it("never loses the last owner by a lower role, an end or a leave", async () => {
    const fleet = await newFleet();
    const { id } = await ownMember(fleet.at);
    const at = `${fleet.at}/members/${id}`;
    const tomorrow = new Date(nowMs() + 86_400_000).toISOString();
    const answers = [
      await patch(at, owner.token, { role: "viewer" }),
      await patch(at, owner.token, { expiresAt: tomorrow }),
      await ask("DELETE", at, { token: owner.token }),
    ];
    expect(answers.map((answer) => answer.body.code)).toEqual(["last_owner", "last_owner", "last_owner"]);
  });

  it("gives no right that the giver lacks, and lets nobody change whoever has more", async () => {
    const fleet = await newFleet();
    const admin = await newMember(fleet.id, "admin");
    const viewer = await newMember(fleet.id, "viewer");
    const { id: ownersId } = await ownMember(fleet.at);
    const strong = await ask("POST", `${fleet.at}/service-accounts`, {
      token: owner.token,
      body: { name: "strong", role: "owner" },
    });
    const attempts = [
      await patch(`${fleet.at}/service-accounts/${strong.body.id}`, admin.token, { role: "viewer" }),
      await patch(`${fleet.at}/service-accounts/${strong.body.id}`, admin.token, { isDisabled: true }),
      await ask("DELETE", `${fleet.at}/service-accounts/${strong.body.id}`, { token: admin.token }),
      await patch(`${fleet.at}/members/${admin.memberId}`, admin.token, { role: "owner" }),
      await patch(`${fleet.at}/members/${viewer.memberId}`, admin.token, { role: "owner" }),
      await patch(`${fleet.at}/members/${ownersId}`, admin.token, { role: "viewer" }),
      await ask("DELETE", `${fleet.at}/members/${ownersId}`, { token: admin.token }),
      await ask("POST", `${fleet.at}/invitations`, {
        token: admin.token,
        body: { email: "new@example.org", role: "owner" },
      }),
      await ask("POST", `${fleet.at}/roles`, {
        token: admin.token,
        body: { name: "ender", rights: ["fleet:delete"] },
      }),
      await patch(`${fleet.at}/members/${viewer.memberId}`, viewer.token, { role: "admin" }),
    ];
    expect(attempts.map((answer) => answer.status)).toEqual(attempts.map(() => 403));
    expect(
      (await patch(`${fleet.at}/members/${viewer.memberId}`, admin.token, { role: "member" })).status,
    ).toBe(200);
  });

  it("takes a removed member's reach and keys away here and at edges; another joining does not revive them", async () => {
    const fleet = await newFleet();
    const member = await newMember(fleet.id, "member");
    const key = await ask("POST", `${fleet.at}/keys`, { token: member.token, body: { name: "ci" } });
    await ask("DELETE", `${fleet.at}/members/${member.memberId}`, { token: owner.token });
    expect(await revoked()).toEqual(expect.arrayContaining([member.memberId, key.body.id]));
    expect((await ask("GET", fleet.at, { token: member.token })).status).toBe(404);
    await fixture.addMember(fleet.id, member.accountId, "member");
    expect((await ask("GET", fleet.at, { token: key.body.secret })).body.code).toBe("token_revoked");
  });

  it("lets one of 64 acceptances of an invitation in, and only whom it is for", async () => {
    const fleet = await newFleet();
    const guest = await fixture.addAccount(`guest-${engine}`);
    const invite = (email: string) =>
      ask("POST", `${fleet.at}/invitations`, { token: owner.token, body: { email, role: "viewer" } });
    const { secret, ...invitation } = (await invite(`guest-${engine}@example.org`)).body;
    expect(invitation).toMatchObject({ state: "waiting", role: "viewer" });
    const accept = (token: string, code: string) =>
      ask("POST", "/v1/invitations/accept", { token, body: { code } });
    const stranger = await fixture.addAccount(`stranger-${engine}`);
    expect((await accept(stranger.token, secret)).status).toBe(410);
    const answers = await Promise.all(Array.from({ length: 64 }, () => accept(guest.token, secret)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(63).fill(410)]);
    expect((await ask("GET", fleet.at, { token: guest.token })).body.role).toBe("viewer");
    const other = await invite(`other-${engine}@example.org`);
    expect(
      (await ask("DELETE", `${fleet.at}/invitations/${other.body.id}`, { token: owner.token })).status,
    ).toBe(204);
    const late = await fixture.addAccount(`other-${engine}`);
    expect((await accept(late.token, other.body.secret)).status).toBe(410);
    const { body } = await ask("GET", `${fleet.at}/invitations?state=any`, { token: owner.token });
    expect(body.items.map((item: { state: string }) => item.state)).toEqual(["cancelled", "accepted"]);
    expect(JSON.stringify(body)).not.toContain(secret);
  });

  it("gives by an invitation nothing that its giver has lost meanwhile", async () => {
    const fleet = await newFleet();
    const admin = await newMember(fleet.id, "admin");
    const guest = await fixture.addAccount(`late-guest-${engine}`);
    const invited = await ask("POST", `${fleet.at}/invitations`, {
      token: admin.token,
      body: { email: `late-guest-${engine}@example.org`, role: "member" },
    });
    await patch(`${fleet.at}/members/${admin.memberId}`, owner.token, { role: "viewer" });
    const accepted = await ask("POST", "/v1/invitations/accept", {
      token: guest.token,
      body: { code: invited.body.secret },
    });
    expect(accepted.status).toBe(410);
  });

  it("lets nobody whose own membership ends give one that lasts longer", async () => {
    const fleet = await newFleet();
    const hour = (hours: number) => new Date(nowMs() + hours * 3_600_000).toISOString();
    const admin = await newMember(fleet.id, "admin");
    const atAdmin = `${fleet.at}/members/${admin.memberId}`;
    const invite = async (name: string, more: object = {}) => {
      const email = `${name}-${engine}@example.org`;
      const { token } = await fixture.addAccount(`${name}-${engine}`);
      const invited = await ask("POST", `${fleet.at}/invitations`, {
        token: admin.token,
        body: { email, role: "member", ...more },
      });
      expect(invited.status).toBe(201);
      const { secret: code } = invited.body;
      return () => ask("POST", "/v1/invitations/accept", { token, body: { code } });
    };
    const acceptEndless = await invite("endless");
    const acceptLonger = await invite("longer", { membershipExpiresAt: hour(3) });
    const acceptShorter = await invite("shorter", { membershipExpiresAt: hour(1) });
    expect((await patch(atAdmin, owner.token, { expiresAt: hour(2) })).status).toBe(200);
    // What was written while there was no end gives no more than its giver has now.
    const accepted = [await acceptEndless(), await acceptLonger(), await acceptShorter()];
    expect(accepted.map(({ status }) => status)).toEqual([410, 410, 201]);

    const atMember = `${fleet.at}/members/${accepted[2]?.body.memberId}`;
    const putOff = async (token: string, expiresAt: string | null, version: number) => {
      const { status, body } = await patch(atMember, token, { expiresAt }, version);
      return [status, body.reason];
    };
    expect([
      await putOff(admin.token, null, 1),
      await putOff(admin.token, hour(3), 1),
      await putOff(admin.token, hour(1.5), 1),
      await putOff(owner.token, hour(3), 2),
      // Earlier than it was is always theirs to say.
      await putOff(admin.token, hour(2.5), 3),
    ]).toEqual([
      [403, "outlasts_giver"],
      [403, "outlasts_giver"],
      [200, undefined],
      [200, undefined],
      [200, undefined],
    ]);
  });

  it("narrows a role of the fleet's own for whoever has it, and removes none that somebody has", async () => {
    const fleet = await newFleet();
    const made = await ask("POST", `${fleet.at}/roles`, {
      token: owner.token,
      body: { name: "deployer", rights: ["fleet:read", "sessions:operate", "sessions:open"] },
    });
    const member = await newMember(fleet.id, made.body.id);
    expect(await atTheRelay(member.token, fleet.slug)).toMatchObject({ active: true });
    const at = `${fleet.at}/roles/${made.body.id}`;
    const used = await ask("DELETE", at, { token: owner.token });
    expect([used.status, used.body.code]).toEqual([409, "conflict"]);
    const narrowed = await patch(at, owner.token, { rights: ["fleet:read"] });
    expect(narrowed.body).toMatchObject({ rights: ["fleet:read"], version: 2 });
    expect(await revoked()).toContain(member.memberId);
    expect(await atTheRelay(member.token, fleet.slug)).toMatchObject({ active: false });
    await patch(`${fleet.at}/members/${member.memberId}`, owner.token, { role: "viewer" });
    expect((await ask("DELETE", at, { token: owner.token })).status).toBe(204);
    expect(
      (await ask("POST", `${fleet.at}/roles`, { token: owner.token, body: { name: "owner" } })).status,
    ).toBe(400);
  });

  it("ends a membership at its time, in the decision at once and at edges by the sweep", async () => {
    const fleet = await newFleet();
    const member = await newMember(fleet.id, "member");
    const { unitOfWork, clock } = fixture.control.services;
    const soon = new Date(nowMs() + 3_600_000).toISOString();
    const changed = await patch(`${fleet.at}/members/${member.memberId}`, owner.token, { expiresAt: soon });
    expect(changed.body.expiresAt).toBe(soon);
    await unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, (tx) =>
      tx.db
        .updateTable("memberships")
        .set({ expires_at: new Date(tx.nowMs - 1) })
        .where("id", "=", member.memberId)
        .execute(),
    );
    const refused = await ask("GET", fleet.at, { token: member.token });
    expect([refused.status, refused.body.reason]).toEqual([403, "membership_expired"]);
    const before = (await revoked()).filter((subject) => subject === member.memberId).length;
    const sweep = startMembershipSweep({ unitOfWork, clock, failed: (cause) => expect(cause).toBe("none") });
    await sweep.run();
    await sweep.close();
    const after = (await revoked()).filter((subject) => subject === member.memberId).length;
    expect(after).toBe(before + 1);
    expect((await ask("GET", fleet.at, { token: member.token })).status).toBe(404);
  });

  it.each([
    ["machine", "machine_not_found", "machines"],
    ["member", "not_found", "memberships"],
  ] as const)("finds no %s that is removed while their access is set", async (what, code, table) => {
    const fleet = await newFleet();
    const member = await newMember(fleet.id, "member");
    const [machine = ""] = await fixture.addMachines(fleet.id, ["going"]);
    const { unitOfWork } = fixture.control.services;
    let setting: Promise<{ status: number; body: { code: string } }> | undefined;
    await unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, async ({ db }) => {
      await sql`delete from ${sql.table(table)} where id = ${what === "machine" ? machine : member.memberId}`.execute(
        db,
      );
      setting = ask("PUT", `${fleet.at}/members/${member.memberId}/machines/${machine}`, {
        token: owner.token,
        body: { level: "none" },
      });
      // It waits for this transaction; on the embedded engine before it asks anything.
      const isWaiting = async () =>
        engine === "embedded" ||
        (await sql`select from pg_locks where not granted`.execute(db)).rows.length > 0;
      await waitFor(isWaiting, { what: "the other one to wait" });
    });
    const answer = await setting;
    expect([answer?.status, answer?.body.code]).toEqual([404, code]);
  });

  it("cuts a member's access to single machines, at relays too, and passes the cut to whom they let in", async () => {
    const fleet = await newFleet();
    const admin = await newMember(fleet.id, "admin");
    const machines = await fixture.addMachines(fleet.id, ["db", "web", "lab"]);
    const [db = "", web = "", lab = ""] = machines;
    const set = (member: string, machine: string, level: string, token = owner.token) =>
      ask("PUT", `${fleet.at}/members/${member}/machines/${machine}`, { token, body: { level } });
    expect((await set(admin.memberId, "db", "none")).body).toEqual({
      machineId: db,
      machineName: "db",
      level: "none",
    });
    await set(admin.memberId, web, "view");
    const { relay } = (await atTheRelay(admin.token, fleet.slug)) as { relay: unknown };
    expect(relay).toMatchObject({ machines: [lab], observedMachines: [web] });
    expect(await revoked()).toContain(admin.memberId);
    const raised = await set(admin.memberId, db, "full", admin.token);
    expect([raised.status, raised.body.reason]).toEqual([403, "not_grantable"]);
    const service = await ask("POST", `${fleet.at}/service-accounts`, {
      token: admin.token,
      body: { name: "bot" },
    });
    const list = await ask("GET", `${fleet.at}/members/${service.body.id}/machines`, { token: owner.token });
    expect(list.body.items).toEqual([
      { machineId: db, machineName: "db", level: "none" },
      { machineId: web, machineName: "web", level: "view" },
    ]);
    // The other way round too: no key of a service account that reaches further than who makes it.
    await ask("POST", `${fleet.at}/service-accounts`, { token: owner.token, body: { name: "free" } });
    const newKey = (token: string, serviceAccount: string) =>
      ask("POST", `${fleet.at}/keys`, { token, body: { name: "k", serviceAccount } });
    expect((await newKey(admin.token, "bot")).status).toBe(201);
    const wider = await newKey(admin.token, "free");
    expect([wider.status, wider.body.reason]).toEqual([403, "not_grantable"]);
    const free = await newKey(owner.token, "free");
    const rotated = await ask("POST", `${fleet.at}/keys/${free.body.id}/rotate`, {
      token: admin.token,
      body: {},
    });
    expect([rotated.status, rotated.body.reason]).toEqual([403, "not_grantable"]);

    // Nor does any other way give somebody more than its giver has on one machine.
    const role = await ask("POST", `${fleet.at}/roles`, {
      token: owner.token,
      body: { name: "looker", rights: ["fleet:read"] },
    });
    const [looker, viewer] = [await newMember(fleet.id, role.body.id), await newMember(fleet.id, "viewer")];
    const ends = await newMember(fleet.id, "viewer");
    const atEnds = `${fleet.at}/members/${ends.memberId}`;
    const hour = (count: number) => new Date(nowMs() + count * 3_600_000).toISOString();
    expect((await patch(atEnds, admin.token, { expiresAt: hour(1) })).status).toBe(200);
    const { id: freeId } = (
      await ask("GET", `${fleet.at}/service-accounts`, { token: owner.token })
    ).body.items.find(({ name }: { name: string }) => name === "free");
    const wide = [
      await patch(`${fleet.at}/members/${viewer.memberId}`, admin.token, { role: "member" }),
      await patch(atEnds, admin.token, { expiresAt: hour(2) }, 2),
      await patch(`${fleet.at}/roles/${role.body.id}`, admin.token, {
        rights: ["fleet:read", "sessions:open"],
      }),
      await patch(`${fleet.at}/service-accounts/${freeId}`, admin.token, { role: "member" }),
    ];
    expect(wide.map(({ status, body }) => [status, body.reason])).toEqual(
      wide.map(() => [403, "not_grantable"]),
    );
    const cut = [set(looker.memberId, db, "none"), set(looker.memberId, web, "view")];
    expect((await Promise.all(cut)).map(({ status }) => status)).toEqual([200, 200]);
    const widened = await patch(`${fleet.at}/roles/${role.body.id}`, admin.token, {
      rights: ["fleet:read", "sessions:open"],
    });
    expect(widened.status).toBe(200);

    const [hidden, shown] = [await fixture.addSession(fleet.id, db), await fixture.addSession(fleet.id, web)];
    const sessions = await ask("GET", `${fleet.at}/sessions`, { token: admin.token });
    expect(sessions.body.items.map(({ id }: { id: string }) => id)).toEqual([shown]);
    const reads = [hidden, shown].map((id) =>
      ask("GET", `${fleet.at}/sessions/${id}`, { token: admin.token }),
    );
    expect((await Promise.all(reads)).map(({ status }) => status)).toEqual([403, 200]);
    await set(admin.memberId, db, "full");
    await set(admin.memberId, web, "full");
    expect(await atTheRelay(admin.token, fleet.slug)).toMatchObject({
      relay: { machines: "*", observedMachines: [] },
    });
  });

  it("offers no machine that is hidden from whoever asks as one that may be meant", async () => {
    const fleet = await newFleet();
    const member = await newMember(fleet.id, "member");
    const [, secret = ""] = await fixture.addMachines(fleet.id, ["rack-1", "rack-2", "rack-3"]);
    const candidates = async () => {
      const { body } = await ask("GET", `${fleet.at}/machines/rack`, { token: member.token });
      return body.candidates?.map(({ name }: { name: string }) => name);
    };
    const hide = (machine: string) =>
      ask("PUT", `${fleet.at}/members/${member.memberId}/machines/${machine}`, {
        token: owner.token,
        body: { level: "none" },
      });
    expect(await candidates()).toEqual(["rack-1", "rack-2", "rack-3"]);
    await hide(secret);
    expect(await candidates()).toEqual(["rack-1", "rack-3"]);
    await hide("rack-1");
    const left = await ask("GET", `${fleet.at}/machines/rack`, { token: member.token });
    expect([left.status, left.body.name]).toEqual([200, "rack-3"]);
    const named = await ask("GET", `${fleet.at}/machines/rack-2`, { token: member.token });
    expect([named.status, named.body.reason]).toEqual([403, "machine_access"]);
    await hide("rack-3");
    expect((await ask("GET", `${fleet.at}/machines/rack`, { token: member.token })).status).toBe(404);
  });
});
