import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SeededRandom, testSeed } from "@cmdop/testkit";
import { PGlite, type PGliteOptions } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareDataDirectory } from "./prepare-data-directory.ts";
import { engineStartParams } from "./start-params.ts";
import { DiskModel, type DiskOperation, RecordingFiles } from "./testing/disk-model.ts";

type WasmModule = NonNullable<PGliteOptions["pgliteWasmModule"]>;
// Node has it; its types come with the browser's library alone.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<WasmModule> };

/** CMDOP_TEST_POWER_CUTS=500 for the long run. */
const cuts = Number(process.env.CMDOP_TEST_POWER_CUTS ?? 50);
const commits = 150;

describe("the embedded engine when the power is cut", () => {
  let root: string;
  let wasm: WasmModule;
  let base: DiskModel;
  let unsynced: DiskModel;
  let operations: readonly DiskOperation[];

  const open = async (dataDir: string): Promise<{ engine: PGlite; files: RecordingFiles }> => {
    const files = new RecordingFiles(dataDir);
    const engine = await PGlite.create({
      fs: files,
      startParams: [...engineStartParams],
      pgliteWasmModule: wasm,
    });
    return { engine, files };
  };

  beforeAll(async () => {
    const engineDirectory = dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite"));
    wasm = await WebAssembly.compile(await readFile(join(engineDirectory, "pglite.wasm")));
    root = mkdtempSync(join(tmpdir(), "cmdop-power-"));
    const dataDir = join(root, "data");
    await prepareDataDirectory(dataDir);
    base = new DiskModel(dataDir);
    unsynced = new DiskModel(dataDir);
    const { engine, files } = await open(dataDir);
    await engine.exec("create table pairs (n int, half int, padding text, primary key (n, half))");
    files.operations.push({ kind: "acknowledged", n: 0 });
    for (let n = 1; n <= commits; n += 1) {
      // Tables and checkpoints come and go between, so that cuts fall into them too.
      if (n % 50 === 20) await engine.exec(`create table other_${n} as select * from pairs`);
      if (n % 50 === 35) await engine.exec(`drop table other_${n - 15}`);
      if (n % 40 === 30) await engine.exec("checkpoint");
      const padding = `repeat('x', ${(n * 7_919) % 6_000})`;
      await engine.exec(`insert into pairs values (${n}, 1, ${padding}), (${n}, 2, ${padding})`);
      files.operations.push({ kind: "acknowledged", n });
    }
    operations = [...files.operations];
    await engine.close();
  }, 120_000);
  afterAll(() => rmSync(root, { recursive: true }));

  /** What a start after the cut finds. */
  const recover = async (dataDir: string): Promise<{ newest: number; rows: number }> => {
    const { engine } = await open(dataDir);
    try {
      const { rows } = await engine.query<{ newest: number; rows: number }>(
        "select coalesce(max(n), 0)::int as newest, count(*)::int as rows from pairs",
      );
      const [found] = rows;
      if (found === undefined) throw new Error("no answer");
      // It can also go on.
      await engine.exec("insert into pairs values (1000000, 1, ''); checkpoint");
      return found;
    } finally {
      await engine.close();
    }
  };

  it("syncs at least once for every commit, so an upgrade that drops the hook fails here", () => {
    let syncs = 0;
    let unsynced = 0;
    for (const { kind } of operations) {
      if (kind === "sync") syncs += 1;
      if (kind !== "acknowledged") continue;
      if (syncs === 0) unsynced += 1;
      syncs = 0;
    }
    expect(unsynced).toBe(0);
  });

  it(
    `loses nothing that was acknowledged at ${cuts} points, and nothing is there by half`,
    async () => {
      const seed = testSeed();
      const random = new SeededRandom(seed);
      const start = operations.findIndex(({ kind }) => kind === "acknowledged");
      const points = Array.from({ length: cuts }, () => random.int(start + 1, operations.length)).sort(
        (one, other) => one - other,
      );
      let applied = 0;
      let acknowledged = 0;
      for (const [cut, point] of points.entries()) {
        for (const operation of operations.slice(applied, point)) {
          base.apply(operation);
          if (operation.kind === "acknowledged") acknowledged = operation.n;
        }
        applied = point;
        const dataDir = join(root, `cut-${cut}`);
        const survival = random.pick([0, 0.5, 0.95]);
        base.writeAfterCut(dataDir, random, survival);
        const where = `seed ${seed}, cut ${cut} at operation ${point}, survival ${survival}`;
        const found = await recover(dataDir).catch((cause: unknown) => {
          throw new Error(`not recovered: ${where}`, { cause });
        });
        // The one under way may have been committed and not yet acknowledged.
        expect([acknowledged, acknowledged + 1], where).toContain(found.newest);
        expect(found.rows, where).toBe(2 * found.newest);
        rmSync(dataDir, { recursive: true });
      }
    },
    10_000 * cuts,
  );

  it("is judged by a model that sees the loss when syncs do not arrive", async () => {
    const dataDir = join(root, "unsynced");
    for (const operation of operations) if (operation.kind !== "sync") unsynced.apply(operation);
    unsynced.writeAfterCut(dataDir, new SeededRandom(1), 0);
    await expect(recover(dataDir)).rejects.toThrow('relation "pairs" does not exist');
  });
});
