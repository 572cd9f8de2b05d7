// The audit log as a file that grows: every entry once, whatever happened to the process in between.
import { createPrivateKey } from "node:crypto";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createNoteVerifier, splitLines, verifyChain } from "@cmdop/audit";
import { Scope } from "@cmdop/base";
import { FakeClock } from "@cmdop/testkit";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openGrowingFile } from "../adapters/audit-files/growing-file.ts";
import { migrate } from "../adapters/postgres/migrations.ts";
import { openDatabase } from "../adapters/postgres/open-database.ts";
import type { GrowingFile } from "../ports.ts";
import { readAuditHead } from "../store/audit/checkpoints.ts";
import type { Schema } from "../store/schema.ts";
import { UnitOfWork } from "../store/unit-of-work.ts";
import { openAuditStream } from "./audit-stream.ts";
import { type CheckpointKeeper, openCheckpointKeeper } from "./checkpoint-keeper.ts";

const name = "test.example/audit";
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, 7)]),
  format: "der",
  type: "pkcs8",
});
const trust = { origin: name, keys: [createNoteVerifier(name, privateKey)] };
const clock = new FakeClock();
const scope = new Scope();
let unitOfWork: UnitOfWork;
let keeper: CheckpointKeeper;
let dir: string;
let file: string;

beforeAll(async () => {
  const data = mkdtempSync(path.join(tmpdir(), "cmdop-stream-data-"));
  scope.add(() => rmSync(data, { recursive: true, force: true }));
  const database = await openDatabase<Schema>({ dir: data });
  scope.add(() => database.close());
  await migrate(database);
  unitOfWork = new UnitOfWork(database, clock);
  keeper = openCheckpointKeeper({ unitOfWork, clock, signer: { name, privateKey }, failed: () => undefined });
  scope.add(() => keeper.close());
}, 60_000);
afterAll(() => scope.close());
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "cmdop-stream-"));
  scope.add(() => rmSync(dir, { recursive: true, force: true }));
  file = path.join(dir, "audit.ndjson");
});

const add = (entries: number): Promise<void> =>
  unitOfWork.write("all", { kind: "system", id: "test" }, { requestId: "test" }, async (tx) => {
    for (let n = 0; n < entries; n += 1) tx.audit({ action: "test.change", body: { n } });
  });

const headSeq = async (): Promise<number> => (await unitOfWork.read("all", readAuditHead)).seq;

/** One life of the process. */
const stream = async (bytesMax = 1024 * 1024): Promise<void> => {
  const opened = openAuditStream({
    unitOfWork,
    clock,
    file: await openGrowingFile(file),
    bytesMax,
    failed: () => undefined,
  });
  try {
    await opened.run();
  } finally {
    await opened.close();
  }
};

/** Every file, the oldest first. */
const verify = () => {
  const names = readdirSync(dir)
    .filter((found) => /^audit\.ndjson(\.\d{16})?$/.test(found))
    .sort((a, b) => (a === "audit.ndjson" ? 1 : b === "audit.ndjson" ? -1 : a < b ? -1 : 1));
  const lines = async function* () {
    for (const found of names) yield* splitLines([readFileSync(path.join(dir, found))]);
  };
  return verifyChain(lines(), { trust, isWhole: true });
};

it("holds every entry once, and the signature over them, after several lives", async () => {
  await add(30);
  await stream();
  await add(30);
  await keeper.sign();
  await stream();
  await stream();
  const seq = await headSeq();
  expect(await verify()).toMatchObject({
    verdict: "intact",
    problems: [],
    entries: seq,
    fromSeq: 1,
    signedSize: seq,
  });
});

it("after a crash in the middle of a line goes on without a hole and without a double", async () => {
  await add(20);
  await stream();
  appendFileSync(file, '{"action":"test.change","actor":{"id":"te');
  await add(20);
  await keeper.sign();
  await stream();
  expect(await verify()).toMatchObject({ verdict: "intact", problems: [], entries: await headSeq() });
});

it("holds no entry twice when it could not be put aside after it was written", async () => {
  await add(20);
  await keeper.sign();
  const inner = await openGrowingFile(file);
  let failures = 0;
  const failing: GrowingFile = Object.create(inner, {
    rotate: {
      value: async (mark: string, first: string) => {
        failures += 1;
        if (failures === 1) throw new Error("no room");
        await inner.rotate(mark, first);
      },
    },
  });
  const opened = openAuditStream({
    unitOfWork,
    clock,
    file: failing,
    bytesMax: 1_000,
    failed: () => undefined,
  });
  await expect(opened.run()).rejects.toThrow("no room");
  await add(20);
  await keeper.sign();
  await opened.run();
  await opened.close();
  expect(failures).toBe(2);
  expect(await verify()).toMatchObject({ verdict: "intact", problems: [], entries: await headSeq() });
});

it("is put aside by size, and all files together are the log", async () => {
  for (let round = 0; round < 4; round += 1) {
    await add(20);
    await keeper.sign();
    await stream(4_000);
  }
  expect(readdirSync(dir).length).toBeGreaterThan(3);
  expect(await verify()).toMatchObject({ verdict: "intact", problems: [], entries: await headSeq() });
});

it("after a crash while it was put aside goes on behind what was put aside", async () => {
  await add(20);
  await keeper.sign();
  await stream(1_000);
  // What is left when the process ends between the two moves.
  rmSync(file);
  await add(20);
  await keeper.sign();
  await stream();
  const report = await verify();
  expect(report).toMatchObject({ verdict: "intact", problems: [], entries: await headSeq() });
});

it("writes nothing after what is not this log's, and says that an older database was put back", async () => {
  await add(5);
  await stream();
  const before = readFileSync(file, "utf8");
  appendFileSync(
    file,
    `${before
      .trim()
      .split("\n")
      .findLast((line) => line.includes('"seq":'))
      ?.replace(/"seq":\d+/, '"seq":999999')}\n`,
  );
  const ahead = readFileSync(file, "utf8");
  await expect(stream()).rejects.toMatchObject({
    code: "log_corrupt",
    message: /an older database was put back/,
  });
  expect(readFileSync(file, "utf8")).toBe(ahead);
});

it("is one process's", async () => {
  const first = await openGrowingFile(file);
  await expect(openGrowingFile(file)).rejects.toMatchObject({ code: "already_running" });
  await first.close();
});
