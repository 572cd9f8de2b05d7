// Everything in the database, out and in, by processes that serve nothing (export-main.ts, import-main.ts).
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { makePrivateDirectory } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { exportDatabase } from "../adapters/postgres/export-database.ts";
import { importDatabase } from "../adapters/postgres/import-database.ts";
import { migrate } from "../adapters/postgres/migrations.ts";
import { openDatabase } from "../adapters/postgres/open-database.ts";
import { controlPaths } from "../control-paths.ts";
import type { Database } from "../store/database.ts";

export interface TransferOptions {
  /** The control plane's directory. */
  readonly dir: string;
  /** PostgreSQL; undefined: the embedded database. */
  readonly databaseUrl: string | undefined;
}

export interface Transferred {
  readonly rows: number;
  readonly sha256: string;
}

/** Fails with `already_running` while a control plane has the embedded database. */
export const exportControl = (options: TransferOptions, out: Writable): Promise<Transferred> =>
  withDatabase(options, async (database) => {
    const manifest = await exportDatabase(database, async (line) => {
      if (!out.write(`${line}\n`)) await once(out, "drain");
    });
    return manifest;
  });

/** Into an empty database; what this version's migrations add comes last. All or nothing, but for those. */
export const importControl = (options: TransferOptions, input: Readable): Promise<Transferred> =>
  withDatabase(options, async (database) => {
    const manifest = await importDatabase(database, linesOf(input));
    await migrate(database);
    return manifest;
  });

/** Begins to read when the first line is asked for: what an interface says before is lost. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}

const withDatabase = async <Result>(
  { dir, databaseUrl }: TransferOptions,
  work: (database: Database<unknown>) => Promise<Result>,
): Promise<Result> => {
  await makePrivateDirectory(dir);
  const database = await openDatabase<unknown>(
    databaseUrl ? { url: databaseUrl } : { dir: controlPaths(dir).dataDir },
  ).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.code !== "already_running") throw error;
    throw new Failure(
      "already_running",
      "A control plane, or another export or import, has the embedded database open. Stop it first: ^C where npm start " +
        "runs, or systemctl stop cmdop-control.",
      { cause: error },
    );
  });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
};
