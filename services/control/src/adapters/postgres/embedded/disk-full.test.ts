import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@cmdop/testkit";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../store/database.ts";
import { openDatabase } from "../open-database.ts";

const mount = (directory: string): boolean => {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128m,mode=0700", "tmpfs", directory], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
};

const canMount = (): boolean => {
  const probe = mkdtempSync(join(tmpdir(), "cmdop-mount-"));
  const isMounted = mount(probe);
  if (isMounted) execFileSync("umount", [probe]);
  rmSync(probe, { recursive: true });
  return isMounted;
};

// Without the right to mount there is no disk that a test may fill.
describe.skipIf(!canMount())("the embedded engine on a full disk", () => {
  let disk: string;
  let database: Database<unknown>;
  let deaths: number;
  beforeEach(async () => {
    disk = mkdtempSync(join(tmpdir(), "cmdop-full-"));
    mount(disk);
    deaths = 0;
    database = await openDatabase({
      dir: join(disk, "control"),
      events: {
        onDied: () => {
          deaths += 1;
        },
      },
    });
    await sql`create table notes (n int primary key, text text)`.execute(database.kysely);
    await write(1);
  });
  afterEach(async () => {
    await database.close();
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  });

  const write = (n: number): Promise<unknown> =>
    sql`insert into notes values (${n}, 'x')`.execute(database.kysely);
  const read = async (): Promise<number> => {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from notes`.execute(database.kysely);
    return rows[0]?.n ?? 0;
  };
  const filler = (): string => join(disk, "filler");
  /** Leaves no byte free. */
  const fill = (): void => {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(filler(), Buffer.alloc(bavail * bsize));
  };
  const refusedAsFull = (): Promise<boolean> =>
    write(99).then(
      () => false,
      (error: unknown) => error instanceof Error && "code" in error && error.code === "storage_full",
    );

  it("refuses writes as storage_full, goes on reading, and writes again when there is space", async () => {
    fill();
    await waitFor(async () => (await read()) > 0 && (await refusedAsFull()), { everyMs: 50 });
    const before = await read();
    expect(await refusedAsFull()).toBe(true);
    expect(await read()).toBe(before);
    rmSync(filler());
    await waitFor(() => write(2).then(() => true), { everyMs: 50 });
    expect(await read()).toBe(before + 1);
    expect(deaths).toBe(0);
  });

  it("survives one transaction that is larger than the disk, with everything acknowledged before", async () => {
    const flood = sql`
      insert into notes select n, repeat(md5(n::text), 60) from generate_series(100, 200000) n
    `.execute(database.kysely);
    await expect(flood).rejects.toEqual(
      expect.objectContaining({ code: expect.stringMatching(/^storage_(full|unavailable)$/) }),
    );
    await waitFor(async () => (await read()) === 1, { timeoutMs: 15_000, everyMs: 100 });
  });
});
