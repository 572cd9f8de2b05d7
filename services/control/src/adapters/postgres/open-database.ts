import { Failure } from "@cmdop/base";
import { sql, type Transaction } from "kysely";
import type pg from "pg";
import type {
  Database,
  PoolStats,
  StopListening,
  StorageEngine,
  TransactionOptions,
  Wake,
} from "../../store/database.ts";
import { EmbeddedEngine, type EmbeddedEvents } from "./embedded/embedded-engine.ts";
import { EmbeddedListener } from "./embedded/embedded-listener.ts";
import { GuardedKysely } from "./guarded-kysely.ts";
import { type Listener, PostgresListener } from "./listener.ts";
import { createEmbeddedPool, createPostgresPool } from "./open-pool.ts";
import { assertPostgresUrl, toOpeningFailure } from "./opening-failure.ts";
import { toStorageError } from "./storage-failures.ts";
import { vacuumTables } from "./vacuum.ts";

export interface StorageEvents extends EmbeddedEvents {
  /** A connection was lost while nobody used it; a server that restarts does that. */
  onConnectionLost?(cause: unknown): void;
}

export interface OpenDatabaseOptions {
  /** Where PostgreSQL is; absent for the embedded engine. May hold a password: never log it. */
  readonly url?: string | undefined;
  /** The directory of the embedded engine; made when absent, readable by its owner alone. */
  readonly dir?: string | undefined;
  /** In place of the directory: an engine that was begun there, which is closed with the database. */
  readonly engine?: EmbeddedEngine | undefined;
  readonly events?: StorageEvents;
}

/** PostgreSQL 15: MERGE, NULLS NOT DISTINCT and safe default rights on the schema public. */
const minimumVersion = 150_000;

interface Connected {
  readonly engine: StorageEngine;
  readonly pool: pg.Pool;
  readonly listener: Listener;
  close(): Promise<void>;
}

const connectPostgres = (url: string, events: StorageEvents): Connected => {
  const listener = new PostgresListener(url, (cause) => events.onConnectionLost?.(cause));
  return { engine: "postgres", pool: createPostgresPool(url), listener, close: () => listener.close() };
};

const connectEmbedded = async (engine: EmbeddedEngine): Promise<Connected> => {
  await engine.opened;
  const pool = createEmbeddedPool(engine);
  return {
    engine: "pglite",
    pool,
    listener: new EmbeddedListener(engine, pool),
    close: () => engine.close(),
  };
};

class OpenDatabase<Schema> implements Database<Schema> {
  readonly #connected: Connected;
  readonly kysely: GuardedKysely<Schema>;

  constructor(connected: Connected) {
    this.#connected = connected;
    this.kysely = new GuardedKysely<Schema>(connected.pool);
  }

  get engine(): StorageEngine {
    return this.#connected.engine;
  }

  get pool(): PoolStats {
    const { totalCount, idleCount, waitingCount } = this.#connected.pool;
    return { connections: totalCount, idle: idleCount, waiting: waitingCount };
  }

  transaction<Result>(
    work: (transaction: Transaction<Schema>) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result> {
    return this.kysely.runTransaction(work, options);
  }

  listen(channel: string, wake: Wake): Promise<StopListening> {
    return this.#connected.listener.listen(channel, wake);
  }

  async vacuum(): Promise<void> {
    if (this.engine === "pglite") await vacuumTables(this.kysely);
  }

  async checkVersion(): Promise<void> {
    const { rows } = await sql<{ version: number; name: string }>`
      select current_setting('server_version_num')::int as version, current_setting('server_version') as name
    `.execute(this.kysely);
    const [server] = rows;
    if (server === undefined || server.version < minimumVersion) {
      throw new Failure(
        "storage_incompatible",
        `PostgreSQL 15 or newer is needed; the server is ${server?.name ?? "unknown"}.`,
      );
    }
  }

  async close(): Promise<void> {
    // Not kysely.destroy(): it ends a pool only once it has been used.
    await this.#connected.pool.end();
    await this.#connected.close();
  }
}

/**
 * Opens the database: PostgreSQL at `url`, else the embedded engine in `dir`. Does not migrate: see migrate().
 *
 * Fails with `storage_unavailable` (not reached), `storage_incompatible` (older than 15), `already_running` (another
 * process has the directory), `not_configured` (not one of the three is given, or the server refuses what the URL says).
 */
export const openDatabase = async <Schema>(options: OpenDatabaseOptions): Promise<Database<Schema>> => {
  const { url, dir, engine, events = {} } = options;
  if ([url, dir, engine].filter((place) => place !== undefined).length !== 1) {
    throw new Failure("not_configured", "Give the database as a URL or as a directory: one of them.");
  }
  if (url !== undefined) assertPostgresUrl(url);
  const connected =
    url !== undefined
      ? connectPostgres(url, events)
      : await connectEmbedded(engine ?? (await EmbeddedEngine.begin(dir ?? "", events)));
  // Without these, a connection that is lost ends the process: the pool speaks for idle ones, and a client in use
  // for itself. Its query fails too, so the caller knows.
  connected.pool.on("error", (cause) => events.onConnectionLost?.(cause));
  connected.pool.on("connect", (client) => client.on("error", () => {}));
  const database = new OpenDatabase<Schema>(connected);
  try {
    await database.checkVersion();
  } catch (error) {
    await database.close();
    throw url === undefined ? toStorageError(error) : toOpeningFailure(error, url);
  }
  return database;
};
