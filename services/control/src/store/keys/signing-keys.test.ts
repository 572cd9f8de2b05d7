import {
  createPrivateKey25519,
  machineFingerprint,
  mintMachineToken,
  parseKeySet,
  rawPublicKey,
  verifyToken,
} from "@cmdop/authority";
import { newMachineId, systemRandom } from "@cmdop/base";
import { FakeClock, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { describeStorage, type TestStorage } from "../../adapters/postgres/testing/storage-engines.ts";
import { createAesSealer } from "../../adapters/sealing/aes-sealer.ts";
import { openRevocationLog, type RevocationLog } from "../edges/revocation-log.ts";
import type { ControlDatabase, Schema } from "../schema.ts";
import { UnitOfWork } from "../unit-of-work.ts";
import { addNextSigningKey, openSigningKeys, type SigningKeys, withdrawSigningKeys } from "./signing-keys.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describeStorage("signing keys", ({ open }) => {
  const first = createPrivateKey25519();
  const sealer = createAesSealer([systemRandom.bytes(32)], systemRandom);
  const fail = (cause: unknown): void => {
    throw cause;
  };
  let storage: TestStorage;
  let clock: FakeClock;
  let database: ControlDatabase;
  let unitOfWork: UnitOfWork;
  let revocations: RevocationLog;
  let opened: SigningKeys[];

  beforeAll(async () => {
    storage = await open();
    database = await storage.create<Schema>();
  }, 60_000);
  afterAll(() => storage.close());
  beforeEach(async () => {
    clock = new FakeClock();
    await storage.renew(database);
    unitOfWork = new UnitOfWork(database, clock);
    revocations = await openRevocationLog({ database, clock, failed: fail });
    opened = [];
  }, 60_000);
  afterEach(async () => {
    for (const keys of opened) await keys.close();
    await revocations.close();
  });

  /** As one process of the control plane has them. */
  const openKeys = async (key = first, opener = sealer): Promise<SigningKeys> => {
    const keys = await openSigningKeys({
      database,
      unitOfWork,
      sealer: opener,
      clock,
      first: key,
      revocations,
      failed: fail,
    });
    opened.push(keys);
    return keys;
  };
  const rotate = () =>
    unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, (tx) =>
      addNextSigningKey(tx, sealer),
    );
  const publishedBy = async (keys: SigningKeys): Promise<readonly string[]> =>
    (await keys.published()).keys.map(({ kid }) => kid);
  const keepUp = async (): Promise<void> => {
    for (const keys of opened) await keys.keepUp();
  };
  const auditedActions = async (): Promise<readonly string[]> => {
    const rows = await database.transaction((db) =>
      db.selectFrom("audit_entries").select("action").orderBy("seq").execute(),
    );
    return rows.map(({ action }) => action);
  };

  it("begin with the control plane's own, the same for every process that starts", async () => {
    const [one, two] = await Promise.all([openKeys(), openKeys()]);
    expect(await publishedBy(one)).toEqual([one.current().keyId]);
    expect(await publishedBy(two)).toEqual(await publishedBy(one));
    // The key of another directory does not come in between.
    const other = await openKeys(createPrivateKey25519());
    expect(other.current().keyId).toBe(one.current().keyId);
  });

  it("of two processes that rotate at once, one makes the next key and both have it", async () => {
    const [one, two] = [await openKeys(), await openKeys()];
    const old = one.current().keyId;
    const made = await Promise.all([rotate(), rotate(), rotate()]);
    expect(made.map(({ kind }) => kind).toSorted()).toEqual(["made", "waiting", "waiting"]);
    expect(new Set(made.map(({ row }) => row.id)).size).toBe(1);
    await keepUp();
    const next = made[0]?.row.id ?? "";
    expect([await publishedBy(one), await publishedBy(two)]).toEqual([
      [old, next],
      [old, next],
    ]);
    clock.advance(92 * dayMs);
    await Promise.all([one.keepUp(), two.keepUp()]);
    await keepUp();
    expect(await publishedBy(one)).toHaveLength(2);
    expect(await publishedBy(two)).toEqual(await publishedBy(one));
    expect(await auditedActions()).toEqual([
      "signing_key.create",
      "signing_key.create",
      "signing_key.remove",
    ]);
  });

  it("are published a day before they sign, sign at one moment everywhere, and stay until all they signed is over", async () => {
    const [one, two] = [await openKeys(), await openKeys()];
    const old = one.current();
    const context = { signer: old, clock };
    const machine = {
      machineId: newMachineId(),
      machineName: "box",
      keyFingerprint: machineFingerprint(rawPublicKey(createPrivateKey25519())),
      fleet: "flt",
      fence: { subjects: ["flt"], revSeq: 0 },
      validMs: dayMs,
    };
    clock.advance(90 * dayMs - 1);
    await keepUp();
    expect(await publishedBy(one)).toEqual([old.keyId]);
    clock.advance(1);
    await keepUp();
    const [, next = ""] = await publishedBy(two);
    expect(await publishedBy(one)).toEqual([old.keyId, next]);

    clock.advance(24 * hourMs);
    expect([one.current().keyId, two.current().keyId]).toEqual([old.keyId, old.keyId]);
    clock.advance(hourMs - 1);
    const last = await mintMachineToken(context, machine);
    // What an edge that heard nothing since has on its disk.
    const copy = parseKeySet(JSON.stringify(await one.published()));
    clock.advance(1);
    expect([one.current().keyId, two.current().keyId]).toEqual([next, next]);
    const fresh = await mintMachineToken({ signer: two.current(), clock }, machine);
    await expect(verifyToken({ keys: copy, clock }, "machine", fresh.token)).resolves.toBeDefined();
    await expect(verifyToken({ keys: copy, clock }, "machine", last.token)).resolves.toBeDefined();

    clock.advance(47 * hourMs);
    await keepUp();
    const keys = parseKeySet(JSON.stringify(await one.published()));
    const graceMs = 24 * hourMs;
    await expect(verifyToken({ keys, clock, graceMs }, "machine", last.token)).resolves.toBeDefined();
    clock.advance(25 * hourMs);
    await keepUp();
    expect([await publishedBy(one), await publishedBy(two)]).toEqual([[next], [next]]);
  });

  it("that a process cannot open are published still, and it makes one of its own that signs at once", async () => {
    const one = await openKeys();
    await rotate();
    clock.advance(26 * hourMs);
    await keepUp();
    const before = await publishedBy(one);
    // The database with another sealing.key, and the old signing.key or another.
    const other = createAesSealer([systemRandom.bytes(32)], systemRandom);
    const openAs = (key: typeof first) => openKeys(key, other);
    const same = await openAs(first);
    expect(before).not.toContain(same.current().keyId);
    expect(await publishedBy(same)).toEqual([...before, same.current().keyId]);
    const again = await openAs(createPrivateKey25519());
    expect(again.current().keyId).toBe(same.current().keyId);
  });

  it("whose sealing.key was lost before any rotation go on from signing.key", async () => {
    const one = await openKeys();
    const other = createAesSealer([systemRandom.bytes(32)], systemRandom);
    const same = await openKeys(first, other);
    expect(same.current().keyId).toBe(one.current().keyId);
    expect(await publishedBy(same)).toEqual(await publishedBy(one));
  });

  const withdraw = () =>
    unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, (tx) =>
      withdrawSigningKeys(tx, sealer),
    );

  it("that are withdrawn sign nothing from that moment on, in no process, and none of them comes back", async () => {
    const [one, two] = [await openKeys(), await openKeys()];
    const old = one.current().keyId;
    const next = (await rotate()).row.id;
    await keepUp();
    const { row, withdrawn } = await withdraw();
    expect(withdrawn).toEqual([old, next]);
    // Without a look of theirs: the revocation tells them.
    await waitFor(() => [one, two].every((keys) => keys.current().keyId === row.id), { what: "the new key" });
    expect(await one.published()).toMatchObject({
      keys: [{ kid: row.id }],
      withdrawn: expect.arrayContaining([old, next]),
    });
    const [revocation] = await revocations.read(0, 10);
    expect(revocation?.subjects).toEqual([old, next]);
    expect(await auditedActions()).toEqual([
      "signing_key.create",
      "signing_key.withdraw",
      "signing_key.withdraw",
      "signing_key.create",
    ]);

    // The first one still lies in its file, and what is in the database cannot be opened.
    const other = createAesSealer([systemRandom.bytes(32)], systemRandom);
    const third = await openKeys(first, other);
    expect([old, next, row.id]).not.toContain(third.current().keyId);
    clock.advance(200 * dayMs);
    await keepUp();
    const published = await third.published();
    expect(published.keys.map(({ kid }) => kid)).not.toContain(old);
    expect(published.withdrawn).toContain(old);
  });

  it("that are withdrawn by several at once, while others rotate, leave one that signs at once", async () => {
    const one = await openKeys();
    await Promise.all([withdraw(), rotate(), withdraw(), rotate(), withdraw()]);
    await one.refresh();
    const { keys, withdrawn } = await one.published();
    const signing = one.current().keyId;
    expect(keys.map(({ kid }) => kid)).toContain(signing);
    expect(withdrawn).not.toContain(signing);
    // The one that signs, and at the most one that waits.
    expect(keys.length).toBeLessThanOrEqual(2);
    expect(withdrawn.length).toBeGreaterThanOrEqual(3);
  });

  it("that replace withdrawn ones sign in a process whose clock is behind, too", async () => {
    const one = await openKeys();
    clock.advance(hourMs);
    const { row } = await withdraw();
    clock.jumpWall(-hourMs / 2);
    await one.keepUp();
    expect(one.current().keyId).toBe(row.id);
  });
});
