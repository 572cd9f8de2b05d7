import { createPrivateKey25519, machineFingerprint, machineLeft, rawPublicKey } from "@cmdop/authority";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyEdgeEvents } from "../../store/edges/apply-edge-events.ts";
import { fleetSnapshot } from "../../store/edges/fleet-snapshot.ts";
import { startMachineSweep } from "../../store/machines/machine-sweep.ts";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";
import { TestMachine } from "../../testing/test-machine.ts";

let fixture: ControlFixture;
let owner: TestAccount;
const fleets: Record<string, string> = {};

beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("ada", "owner");
  for (const slug of ["main", "other"]) {
    const { body } = await fixture.ask("POST", "/v1/fleets", {
      token: owner.token,
      body: { name: slug, slug },
    });
    fleets[slug] = body.id;
  }
}, 60_000);
afterAll(() => fixture.close());

const ask = (method: "GET" | "POST" | "PATCH" | "DELETE", at: string, body?: unknown, etag?: string) =>
  fixture.ask(method, `/v1/fleets/main/${at}`, {
    token: owner.token,
    ...(body === undefined ? {} : { body }),
    ...(etag === undefined ? {} : { headers: { "if-match": etag } }),
  });

const addMachine = async (hostname: string, token: object = {}) => {
  const { body } = await ask("POST", "join-tokens", token);
  const machine = new TestMachine(fixture, hostname);
  const joined = await machine.join(body.secret);
  return { machine, id: String(joined.body.machineId), joinString: body.secret as string };
};

const revocationsOf = async (subject: string): Promise<number> => {
  const rows = await fixture.control.services.unitOfWork.read("all", (db) =>
    db.selectFrom("revocations").select("subjects").execute(),
  );
  return rows.filter(({ subjects }) => subjects.includes(subject)).length;
};

const report = (
  edge: string,
  event: { change: "online" | "offline"; atMs: number; machineId: string; facts?: object },
) =>
  fixture.control.services.unitOfWork.record({ kind: "edge", id: edge }, { requestId: "test" }, (tx) =>
    applyEdgeEvents(tx, {
      edge,
      stream: `${edge}-${event.atMs}-${event.change}`,
      first: 1,
      events: [
        { kind: "machine", fleet: fleets.main, name: "x", reason: "", facts: null, ...event } as never,
      ],
    }),
  );

describe("a machine's token", () => {
  it("is renewed by a proof of the key, and what was revoked before stays revoked", async () => {
    const { machine, id } = await addMachine("renew");
    const renewed = await machine.renew();
    expect(renewed.status).toBe(200);
    const claims = decodeJwt(renewed.body.token);
    expect(claims.sub).toBe(id);
    const head = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow(),
    );
    expect(claims.rsq).toBe(Number(head.revocation_seq));
    const stranger = await new TestMachine(fixture, "nobody").renew();
    expect([stranger.status, stranger.body.code]).toEqual([404, "machine_not_found"]);
  });

  it("comes again when its answer was lost, and is refused to a copy of the disk, which locks both", async () => {
    const { machine, id } = await addMachine("copied");
    const first = { mark: machine.mark, nextMark: "B".repeat(22) };
    const generation = (await machine.renew(first)).body.generation;
    const repeated = await machine.renew(first);
    expect([repeated.status, repeated.body.generation]).toEqual([200, generation]);
    expect((await machine.renew()).status).toBe(200);
    const copy = new TestMachine(fixture, "copied", machine.key);
    const refused = await copy.renew({ mark: first.nextMark, nextMark: "C".repeat(22) });
    expect([refused.status, refused.body.code]).toEqual([403, "machine_locked"]);
    expect((await machine.renew()).body.code).toBe("machine_locked");
    expect((await ask("GET", `machines/${id}`)).body).toMatchObject({ disabledReason: "copied" });
    expect(await revocationsOf(id)).toBe(1);
    const audit = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("audit_entries").select("action").where("target_id", "=", id).execute(),
    );
    expect(audit.map(({ action }) => action)).toContain("machine.lock");

    expect((await ask("POST", `machines/${id}/enable`)).status).toBe(200);
    expect((await machine.renew()).status).toBe(200);
    expect((await copy.renew()).body.code).toBe("machine_locked");
  });
});

describe("a new key", () => {
  const fingerprintOf = (key: ReturnType<typeof createPrivateKey25519>) =>
    machineFingerprint(rawPublicKey(key));

  it("takes over when it is first used; until then the old one holds, whatever answer was lost", async () => {
    const { machine, id } = await addMachine("rotates");
    expect((await ask("POST", `machines/${id}/rotate-key`)).body.isRotationWanted).toBe(true);
    expect(await revocationsOf(id)).toBe(1);
    const told = await machine.renew();
    expect(told.body.rotateKey).toBe(true);
    const lost = createPrivateKey25519();
    const next = createPrivateKey25519();
    for (const key of [lost, next]) expect((await machine.propose(key)).status).toBe(200);
    expect((await machine.renew()).status).toBe(200);
    const shown = await ask("GET", `machines/${id}`);
    expect(shown.body.proposedKeyFingerprint).toBe(fingerprintOf(next));

    const old = machine.fingerprint;
    const first = await machine.renew(undefined, next);
    expect(decodeJwt(first.body.token).cnf).toEqual({ kid: fingerprintOf(next) });
    expect(first.body.rotateKey).toBe(false);
    expect(await revocationsOf(old)).toBe(1);
    expect((await machine.renew()).body.code).toBe("machine_not_found");
    const after = await ask("GET", `machines/${id}`);
    expect(after.body).toMatchObject({
      keyFingerprint: fingerprintOf(next),
      proposedKeyFingerprint: null,
      isRotationWanted: false,
    });
  });
});

describe("machines of a fleet", () => {
  it("are shut out and let in: no token, a revocation, and every edge is told in the snapshot", async () => {
    const { machine, id, joinString } = await addMachine("shut");
    await ask("POST", "machines/shut/disable");
    expect((await machine.renew()).body.code).toBe("permission_denied");
    expect((await machine.join(joinString)).body.code).toBe("permission_denied");
    expect(await revocationsOf(id)).toBe(1);
    const listed = async () =>
      (await fixture.control.services.unitOfWork.read("all", (db) => fleetSnapshot(db, 0))).fleets
        .filter((fleet) => fleet.slug === "main")
        .flatMap((fleet) => fleet.disabledMachines);
    expect(await listed()).toContain(id);
    await ask("POST", "machines/shut/enable");
    expect(await listed()).not.toContain(id);
    expect((await machine.renew()).status).toBe(200);
  });

  it("are renamed with the version that was read, to a name that is free", async () => {
    const { id } = await addMachine("before");
    await addMachine("occupied");
    const etag = String((await ask("GET", `machines/${id}`)).headers.etag);
    expect((await ask("PATCH", `machines/${id}`, { name: "Occupied" }, etag)).body.code).toBe("name_taken");
    const renamed = await ask("PATCH", `machines/${id}`, { name: "after", tags: ["db", "db"] }, etag);
    expect(renamed.body).toMatchObject({ name: "after", tags: ["db"] });
    expect((await ask("PATCH", `machines/${id}`, { name: "late" }, etag)).status).toBe(412);
    expect((await ask("GET", "machines?tag=db")).body.items.map((one: { id: string }) => one.id)).toEqual([
      id,
    ]);
  });

  it("are found by hostname without .local and by the only beginning; several are candidates", async () => {
    const { id } = await addMachine("zebra-1.local");
    await addMachine("zebra-22");
    expect((await ask("GET", "machines/zebra-1")).body.id).toBe(id);
    const several = await ask("GET", "machines/ze");
    expect([several.status, several.body.code]).toEqual([409, "ambiguous_name"]);
    expect(several.body.candidates.map((one: { name: string }) => one.name)).toEqual([
      "zebra-1.local",
      "zebra-22",
    ]);
    expect((await ask("GET", "machines/z")).status).toBe(404);
    expect((await ask("GET", "machines?q=EBRA&limit=1")).body.items).toHaveLength(1);
  });

  it("move to a fleet where one may let machines join, and their tokens are of that fleet from then on", async () => {
    const { machine, id } = await addMachine("moves");
    expect((await ask("POST", `machines/${id}/move`, { fleet: "nowhere" })).status).toBe(404);
    const moved = await ask("POST", `machines/${id}/move`, { fleet: "other" });
    expect(moved.body.fleetId).toBe(fleets.other);
    expect((await ask("GET", `machines/${id}`)).status).toBe(404);
    expect(decodeJwt((await machine.renew()).body.token).flt).toBe(fleets.other);
    expect(await revocationsOf(id)).toBe(1);
    expect(await revocationsOf(machineLeft(fleets.main ?? "", id))).toBe(1);
  });

  it("are gone when they are removed, key and all", async () => {
    const { machine, id } = await addMachine("goes");
    expect((await ask("DELETE", `machines/${id}`)).status).toBe(204);
    expect((await machine.renew()).body.code).toBe("machine_not_found");
    expect(await revocationsOf(id)).toBe(1);
    // A relay forgets it by this.
    expect(await revocationsOf(machineLeft(fleets.main ?? "", id))).toBe(1);
    const { body } = await ask("POST", "join-tokens", {});
    const anew = await machine.join(body.secret);
    expect(anew.status).toBe(201);
    expect(anew.body.machineId).not.toBe(id);
  });

  it("are online while the relay that has their link says so, in the order of its clock", async () => {
    const { id } = await addMachine("present");
    const presence = async () => (await ask("GET", `machines/${id}`)).body.presence;
    const nowMs = Date.now();
    expect(await presence()).toBe("offline");
    await report("edg_a", { change: "online", atMs: nowMs, machineId: id });
    expect(await presence()).toBe("online");
    await report("edg_b", { change: "online", atMs: nowMs + 10, machineId: id });
    await report("edg_a", { change: "offline", atMs: nowMs + 20, machineId: id });
    expect(await presence()).toBe("online");
    await report("edg_b", { change: "offline", atMs: nowMs + 5, machineId: id });
    expect(await presence()).toBe("online");
    await report("edg_b", { change: "offline", atMs: nowMs + 30, machineId: id });
    expect(await presence()).toBe("offline");
  });

  it("show what they told of themselves", async () => {
    const { id } = await addMachine("told");
    const shown = {
      ...{ platform: "linux", arch: "arm64", osVersion: "6.1", agentVersion: "1.0.0", username: "ada" },
      ...{ isRoot: false, shell: "/bin/sh", cpus: 4, cpuModel: "M1", memoryBytes: 8e9 },
    };
    const facts = { hostname: "told", ...shown };
    await report("edg_facts", { change: "online", atMs: Date.now(), machineId: id, facts });
    const { status, body } = await ask("GET", `machines/${id}`);
    expect([status, body.facts]).toEqual([200, shown]);
  });

  it("vanish by themselves when they were to, and not while they have a link", async () => {
    const brief = await addMachine("brief", { ephemeral: true, ephemeralAfterMinutes: 1 });
    const linked = await addMachine("linked", { ephemeral: true, ephemeralAfterMinutes: 1 });
    const lasting = await addMachine("lasting");
    await report("edg_a", { change: "online", atMs: Date.now(), machineId: linked.id });
    const { unitOfWork, clock } = fixture.control.services;
    const longAgo = new Date(Date.now() - 61_000);
    await unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, (tx) =>
      tx.db
        .updateTable("machines")
        .set({ last_contact_at: longAgo })
        .where("id", "in", [brief.id, linked.id, lasting.id])
        .execute(),
    );
    const sweep = startMachineSweep({
      unitOfWork,
      clock,
      tokenMs: 3_600_000,
      failed: (cause) => {
        throw cause;
      },
    });
    expect(await sweep.run()).toBe(1);
    expect(await sweep.run()).toBe(0);
    await sweep.close();
    const left = (await ask("GET", "machines?q=l")).body.items.map((one: { id: string }) => one.id);
    expect(left).toEqual(expect.arrayContaining([linked.id, lasting.id]));
    expect((await ask("GET", `machines/${brief.id}`)).status).toBe(404);
    expect(await revocationsOf(brief.id)).toBe(1);
  });
});
