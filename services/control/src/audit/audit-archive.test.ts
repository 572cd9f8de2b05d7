// Retention of the audit log: what is sealed verifies by itself and as a whole, what is removed spoils no proof, and
// an archive that was touched, or does not fit the database, stops it.
import { createPrivateKey, type KeyObject } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  appendEntry,
  checkCheckpoint,
  createNoteVerifier,
  headRoot,
  proveConsistency,
  proveInclusion,
  readFrontier,
  splitLines,
  verifyChain,
  verifyConsistency,
} from "@cmdop/audit";
import { Scope } from "@cmdop/base";
import { FakeClock } from "@cmdop/testkit";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { createSealedFiles } from "../adapters/audit-files/sealed-files.ts";
import { describeStorage, type TestStorage } from "../adapters/postgres/testing/storage-engines.ts";
import type { Repeated } from "../repeat.ts";
import { exportLines } from "../store/audit/audit-export.ts";
import { auditHashes } from "../store/audit/audit-hashes.ts";
import { latestCheckpoint, readAuditHead } from "../store/audit/checkpoints.ts";
import type { ControlDatabase, Schema } from "../store/schema.ts";
import { UnitOfWork } from "../store/unit-of-work.ts";
import { openAuditArchive, sealedFileName } from "./audit-archive.ts";
import { type CheckpointKeeper, openCheckpointKeeper } from "./checkpoint-keeper.ts";

const dayMs = 86_400_000;
const name = "test.example/audit";
const privateKey: KeyObject = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, 7)]),
  format: "der",
  type: "pkcs8",
});
const trust = { origin: name, keys: [createNoteVerifier(name, privateKey)] };

class Log {
  readonly clock: FakeClock;
  readonly unitOfWork: UnitOfWork;
  readonly keeper: CheckpointKeeper;
  readonly archive: Repeated<void>;
  readonly dir: string;
  readonly database: ControlDatabase;

  /** `beside`: another process's, on the same database and directory. */
  constructor(database: ControlDatabase, beside?: Log) {
    this.database = database;
    this.clock = beside?.clock ?? new FakeClock();
    this.dir = beside?.dir ?? mkdtempSync(path.join(tmpdir(), "cmdop-archive-"));
    this.unitOfWork = new UnitOfWork(database, this.clock);
    // Each test asks by `run` and `sign`, which say what is wrong.
    const failed = (): void => undefined;
    this.keeper = openCheckpointKeeper({
      unitOfWork: this.unitOfWork,
      clock: this.clock,
      signer: { name, privateKey },
      failed,
    });
    this.archive = openAuditArchive({
      unitOfWork: this.unitOfWork,
      clock: this.clock,
      keeper: this.keeper,
      files: createSealedFiles(this.dir),
      keepMs: 90 * dayMs,
      failed,
    });
  }

  /** As the unit of work appends, many in one statement. */
  async add(entries: number): Promise<void> {
    const at = new Date(this.clock.wallMs());
    await this.database.transaction(async (db) => {
      let head = await readAuditHead(db);
      const rows = Array.from({ length: entries }, (_, n) => {
        const appended = appendEntry(head, {
          at: at.toISOString(),
          actor: { kind: "system", id: "test" },
          action: "test.change",
          outcome: "allowed",
          requestId: "test",
          body: { n },
        });
        head = appended.head;
        return {
          seq: head.seq,
          at,
          fleet_id: null,
          actor_kind: "system",
          actor_id: "test",
          action: "test.change",
          target_kind: null,
          target_id: null,
          outcome: "allowed",
          request_id: "test",
          fingerprint: null,
          entry: appended.canonical,
          hash: head.hash,
        };
      });
      for (let from = 0; from < rows.length; from += 500) {
        await db
          .insertInto("audit_entries")
          .values(rows.slice(from, from + 500))
          .execute();
      }
      const { seq, hash, frontier } = head;
      await db
        .updateTable("audit_head")
        .set({ seq, hash, frontier: JSON.stringify(frontier) })
        .execute();
    });
  }

  async addSigned(entries: number): Promise<void> {
    await this.add(entries);
    await this.keeper.sign();
  }

  /** The archive, and after it what the database exports. */
  async *lines(files: readonly string[] = this.files()): AsyncGenerator<string, void, undefined> {
    for (const file of files) yield* splitLines([readFileSync(path.join(this.dir, file))]);
    yield* this.exported();
  }

  async *exported(): AsyncGenerator<string, void, undefined> {
    const { unitOfWork } = this;
    const { seq } = await unitOfWork.read("all", readAuditHead);
    const chunks = exportLines({ unitOfWork, scope: "all", filter: {}, upTo: seq, hasCheckpoints: true });
    for await (const chunk of chunks) yield* splitLines([Buffer.from(chunk)]);
  }

  files(): readonly string[] {
    return readdirSync(this.dir)
      .filter((file) => file.endsWith(".ndjson"))
      .sort();
  }

  rows(): Promise<number> {
    return this.unitOfWork.read("all", async (db) => {
      const { rows } = await sql<{ rows: number }>`select count(*)::int as rows from audit_entries`.execute(
        db,
      );
      return rows[0]?.rows ?? -1;
    });
  }

  async close(): Promise<void> {
    await this.archive.close();
    await this.keeper.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const found = ({ problems }: { readonly problems: readonly { kind: string; seq: number | undefined }[] }) =>
  problems.map(({ kind, seq }) => [kind, seq]);

describeStorage("the archive of the audit log", ({ open }) => {
  /** Of one test. */
  let scope: Scope;
  let storage: TestStorage;
  const databases: ControlDatabase[] = [];
  let inUse = 0;
  beforeAll(async () => {
    storage = await open();
  }, 60_000);
  afterAll(() => storage.close());
  beforeEach(() => {
    scope = new Scope();
    inUse = 0;
  });
  afterEach(() => scope.close());

  const openLog = async (): Promise<Log> => {
    const database = databases[inUse] ?? (await storage.create<Schema>());
    databases[inUse] = database;
    inUse += 1;
    await storage.renew(database);
    const log = new Log(database);
    scope.add(() => log.close());
    return log;
  };

  it("seals whole blocks that are signed, removes them after their time, and spoils no proof", async () => {
    const log = await openLog();
    await log.addSigned(1_500);
    const early = await log.unitOfWork.read("all", readAuditHead);
    await log.archive.run();
    await log.addSigned(1_000);
    await log.archive.run();
    const names = [sealedFileName(1, 1_024), sealedFileName(1_025, 2_048)];
    expect(log.files()).toEqual(names);
    expect(await log.rows()).toBe(2_502);
    for (const file of names) {
      const lines = splitLines([readFileSync(path.join(log.dir, file))]);
      expect(await verifyChain(lines, { trust })).toMatchObject({ verdict: "intact", problems: [] });
    }

    log.clock.advance(91 * dayMs);
    await log.archive.run();
    // Two notes of what was removed.
    expect(await log.rows()).toBe(2_502 - 2_048 + 2);
    await log.keeper.sign();
    const whole = await verifyChain(log.lines(), { trust, isWhole: true });
    expect(whole).toMatchObject({ verdict: "intact", problems: [], fromSeq: 1 });
    const rest = await verifyChain(log.exported(), { trust });
    expect(rest).toMatchObject({ verdict: "intact", fromSeq: 2_049, head: whole.head });

    // A witness of 1,500 entries, half of whose block is gone from the table, is still served.
    await log.unitOfWork.read("all", async (db) => {
      const newest = await latestCheckpoint(db);
      const checked = checkCheckpoint(newest?.note ?? "", trust);
      if (checked.kind !== "valid") throw new Error(checked.text);
      const { size: newSize, root: newRoot } = checked.checkpoint;
      const proof = await proveConsistency(auditHashes(db), 1_500, newSize);
      expect(verifyConsistency({ oldSize: 1_500, oldRoot: headRoot(early), newSize, newRoot, proof })).toBe(
        true,
      );
      expect(await proveInclusion(auditHashes(db), 700, newSize)).not.toEqual([]);
      expect((await readFrontier(auditHashes(db), 1_500)).hashes).toEqual(early.frontier);
    });
  });

  it("removes nothing whose file was changed or is lost, and verification names both", async () => {
    const log = await openLog();
    await log.addSigned(1_100);
    await log.archive.run();
    await log.addSigned(1_000);
    await log.archive.run();
    const [first = "", second = ""] = log.files();
    const kept = readFileSync(path.join(log.dir, first), "utf8");
    writeFileSync(path.join(log.dir, first), kept.replace('"n":200', '"n":201'));
    log.clock.advance(91 * dayMs);
    await expect(log.archive.run()).rejects.toMatchObject({
      code: "log_corrupt",
      message: /is not what was sealed/,
    });
    rmSync(path.join(log.dir, first));
    await expect(log.archive.run()).rejects.toMatchObject({ code: "log_corrupt", message: /is not there/ });
    expect(await log.rows()).toBe(2_102);

    writeFileSync(path.join(log.dir, first), kept);
    await log.archive.run();
    await log.keeper.sign();
    expect(await verifyChain(log.lines(), { trust, isWhole: true })).toMatchObject({ verdict: "intact" });
    expect(found(await verifyChain(log.lines([first]), { trust, isWhole: true }))).toEqual([
      ["segment_missing", 1_025],
    ]);
    expect(found(await verifyChain(log.lines([second]), { trust, isWhole: true }))).toEqual([
      ["segment_missing", 1],
    ]);
    writeFileSync(path.join(log.dir, first), kept.replace('"n":200', '"n":201'));
    const [problem] = (await verifyChain(log.lines(), { trust, isWhole: true })).problems;
    expect(problem?.kind).toBe("entry_altered");
  });

  it("lets nobody delete a row that is in no sealed file, nor one that is, but by retention", async () => {
    const log = await openLog();
    await log.addSigned(1_100);
    await log.archive.run();
    const remove = (seq: number, isRetention: boolean) =>
      log.database.transaction(async (db) => {
        if (isRetention) await sql`select set_config('app.audit_retention', 'on', true)`.execute(db);
        await db.deleteFrom("audit_entries").where("seq", "=", seq).execute();
      });
    await expect(remove(1_050, true)).rejects.toThrow("never changed");
    await expect(remove(5, false)).rejects.toThrow("never changed");
  });

  it("is made once by several processes that share it", async () => {
    const log = await openLog();
    const others = [new Log(log.database, log), new Log(log.database, log)];
    const all = [log, ...others];
    for (const other of others) scope.add(() => other.close());
    await log.addSigned(3_200);
    log.clock.advance(91 * dayMs);
    await Promise.all(all.map(({ archive }) => archive.run()));
    const actions = await log.unitOfWork.read("all", (db) =>
      db.selectFrom("audit_entries").select("action").where("action", "like", "audit.%").execute(),
    );
    expect(actions.map(({ action }) => action).sort()).toEqual(["audit.remove", "audit.seal"]);
    expect(log.files()).toEqual([sealedFileName(1, 3_072)]);
    expect(readdirSync(log.dir)).toHaveLength(2);
    await log.keeper.sign();
    expect(await verifyChain(log.lines(), { trust, isWhole: true })).toMatchObject({
      verdict: "intact",
      problems: [],
    });
  });

  it("goes on after a crash between the file and its row, and refuses a file of other entries", async () => {
    const log = await openLog();
    await log.addSigned(1_100);
    const spare = `${log.dir}-spare`;
    await log.archive.run();
    cpSync(log.dir, spare, { recursive: true });
    scope.add(() => rmSync(spare, { recursive: true, force: true }));

    const again = await openLog();
    await again.addSigned(1_100);
    const [file = ""] = log.files();
    // Another log's file with this name: what an older database that was written on would meet.
    cpSync(path.join(spare, file), path.join(again.dir, file));
    const other = readFileSync(path.join(spare, file), "utf8").replace('"n":200', '"n":201');
    writeFileSync(path.join(again.dir, file), other);
    await expect(again.archive.run()).rejects.toMatchObject({ code: "log_corrupt" });
    expect(readFileSync(path.join(again.dir, file), "utf8")).toBe(other);
    // The same bytes: a crash before the row was written.
    rmSync(path.join(again.dir, file));
    await again.archive.run();
    const sealed = readFileSync(path.join(again.dir, file));
    await again.archive.run();
    expect(readFileSync(path.join(again.dir, file))).toEqual(sealed);
  });

  it("an older database that was put back is named by the archive, and by what the archive holds", async () => {
    const log = await openLog();
    await log.addSigned(1_100);
    await log.archive.run();
    log.clock.advance(91 * dayMs);
    await log.archive.run();
    await log.keeper.sign();
    expect(await verifyChain(log.lines(), { trust, isWhole: true })).toMatchObject({ verdict: "intact" });

    const restored = await openLog();
    await restored.addSigned(500);
    cpSync(log.dir, restored.dir, { recursive: true });
    await expect(restored.archive.run()).rejects.toMatchObject({
      code: "log_corrupt",
      message: /an older database was put back/,
    });
    const [file = ""] = log.files();
    const checkpoint = JSON.parse(
      readFileSync(path.join(log.dir, file), "utf8").trim().split("\n").at(-1) ?? "",
    );
    const report = await verifyChain(restored.exported(), { trust, checkpoints: [checkpoint.checkpoint] });
    expect(found(report)).toEqual([["tail_cut", 1_024]]);
  });
});
