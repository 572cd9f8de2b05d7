import { AsyncLocalStorage } from "node:async_hooks";
import { Failure } from "@cmdop/base";
import {
  type AbortableOperationOptions,
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresDialect,
  PostgresDriver,
  type QueryResult,
  type Transaction,
  type TransactionSettings,
} from "kysely";
import pg from "pg";
import type { TransactionOptions } from "../../store/database.ts";
import { storageLimits } from "./limits.ts";
import { toStorageError } from "./storage-failures.ts";

/** What runs inside a transaction, as its asynchronous context sees it. */
interface OpenTransaction {
  isOpen: boolean;
}

type Settings = Readonly<Record<string, string>>;

const assertOutside = (open: OpenTransaction | undefined): void => {
  if (open?.isOpen) {
    throw new Error(
      "The database was used inside an open transaction but not through it. On one connection that waits for itself " +
        "for ever: pass the transaction on and use it.",
    );
  }
};

class MappedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  isReadOnly = false;

  constructor(inner: DatabaseConnection) {
    this.inner = inner;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      return await this.inner.executeQuery<Row>(query);
    } catch (error) {
      throw toStorageError(error, this.isReadOnly);
    }
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error("Cursors are not in use: read pages by key.");
  }
}

const innerOf = (connection: DatabaseConnection): DatabaseConnection =>
  connection instanceof MappedConnection ? connection.inner : connection;

/** Kysely's driver with two additions: the guard against waiting for oneself, and errors as failures. */
class GuardedDriver implements Driver {
  readonly #driver: PostgresDriver;
  readonly #pool: pg.Pool;
  readonly #open: AsyncLocalStorage<OpenTransaction>;
  /** What the transaction that is being begun in this context sets: kysely passes nothing of ours on. */
  readonly #settings: AsyncLocalStorage<Settings | undefined>;
  // The driver below knows a connection by its identity.
  readonly #mapped = new WeakMap<DatabaseConnection, MappedConnection>();

  constructor(pool: pg.Pool, { open, settings }: Contexts) {
    this.#driver = new PostgresDriver({ pool });
    this.#pool = pool;
    this.#open = open;
    this.#settings = settings;
  }

  init(options?: AbortableOperationOptions): Promise<void> {
    return this.#driver.init(options);
  }

  async acquireConnection(options?: AbortableOperationOptions): Promise<DatabaseConnection> {
    assertOutside(this.#open.getStore());
    if (this.#pool.waitingCount >= storageLimits.waitingMax) {
      throw new Failure("storage_busy", undefined, { retryAfterMs: storageLimits.busyRetryAfterMs });
    }
    try {
      const inner = await this.#driver.acquireConnection(options);
      const mapped = this.#mapped.get(inner) ?? new MappedConnection(inner);
      this.#mapped.set(inner, mapped);
      return mapped;
    } catch (error) {
      throw toStorageError(error);
    }
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    if (connection instanceof MappedConnection) connection.isReadOnly = settings.accessMode === "read only";
    const own = this.#settings.getStore();
    if (own === undefined) return await this.#driver.beginTransaction(connection, settings);
    const modes = [
      settings.isolationLevel && `isolation level ${settings.isolationLevel}`,
      settings.accessMode,
    ].filter((mode) => mode !== undefined);
    // One message, one answer: on the embedded engine each of them wakes two threads.
    const text = `start transaction ${modes.join(", ")}; ${toSetText(own)}`;
    await connection.executeQuery(CompiledQuery.raw(text));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#driver.commitTransaction(connection);
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await this.#driver.rollbackTransaction(innerOf(connection) as never);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof MappedConnection) connection.isReadOnly = false;
    await this.#driver.releaseConnection(innerOf(connection) as never);
  }

  destroy(): Promise<void> {
    return this.#driver.destroy();
  }
}

const toSetText = (settings: Settings): string => {
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
  );
  return `select ${calls.join(", ")}`;
};

interface Contexts {
  readonly open: AsyncLocalStorage<OpenTransaction>;
  readonly settings: AsyncLocalStorage<Settings | undefined>;
}

class GuardedDialect extends PostgresDialect {
  readonly #pool: pg.Pool;
  readonly #contexts: Contexts;

  constructor(pool: pg.Pool, contexts: Contexts) {
    super({ pool });
    this.#pool = pool;
    this.#contexts = contexts;
  }

  override createDriver(): Driver {
    return new GuardedDriver(this.#pool, this.#contexts);
  }
}

const refuse = (): never => {
  throw new Error("Use the database's own transaction(): only it keeps code inside from waiting for itself.");
};

/** Kysely whose transactions are entered through `runTransaction` alone. */
export class GuardedKysely<Schema> extends Kysely<Schema> {
  readonly #contexts: Contexts;

  constructor(pool: pg.Pool) {
    const contexts: Contexts = { open: new AsyncLocalStorage(), settings: new AsyncLocalStorage() };
    super({ dialect: new GuardedDialect(pool, contexts) });
    this.#contexts = contexts;
  }

  override transaction(): never {
    return refuse();
  }

  override startTransaction(): never {
    return refuse();
  }

  override connection(): never {
    return refuse();
  }

  async runTransaction<Result>(
    work: (transaction: Transaction<Schema>) => Promise<Result>,
    options: TransactionOptions = {},
  ): Promise<Result> {
    const { open: opened, settings } = this.#contexts;
    assertOutside(opened.getStore());
    let builder = super.transaction();
    if (options.isolation !== undefined) builder = builder.setIsolationLevel(options.isolation);
    if (options.isReadOnly === true) builder = builder.setAccessMode("read only");
    const execute = (transaction: Transaction<Schema>): Promise<Result> => {
      const open: OpenTransaction = { isOpen: true };
      return opened.run(open, async () => {
        try {
          return await work(transaction);
        } finally {
          open.isOpen = false;
        }
      });
    };
    return await settings.run(options.settings, () => builder.execute(execute));
  }
}
