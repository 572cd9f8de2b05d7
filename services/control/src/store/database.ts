import type { IsolationLevel, Kysely, Transaction } from "kysely";

export type StorageEngine = "postgres" | "pglite";

export interface TransactionOptions {
  /** Default: read committed. */
  readonly isolation?: IsolationLevel;
  readonly isReadOnly?: boolean;
  /** Settings that hold in it alone. They travel with its beginning: no round trip of their own. */
  readonly settings?: Readonly<Record<string, string>>;
}

export type Wake = (payload: string | undefined) => void;

/** Stops listening. */
export type StopListening = () => Promise<void>;

export interface PoolStats {
  readonly connections: number;
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/** Where the facts are: one SQL dialect over PostgreSQL 15 or newer, or over the embedded engine. */
export interface Database<Schema> {
  readonly engine: StorageEngine;
  readonly pool: PoolStats;
  /** For single statements. Its own transaction() and connection() refuse: transaction() below is the one way. */
  readonly kysely: Kysely<Schema>;
  /**
   * Runs `work` in one transaction. Inside, only the transaction that is passed may be used: a statement on
   * `kysely`, or another transaction, fails at once, because on the embedded engine's one connection it would wait
   * for itself for ever.
   */
  transaction<Result>(
    work: (transaction: Transaction<Schema>) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result>;
  /**
   * Calls `wake` with what each NOTIFY on the channel carries, in the order of the commits, and with undefined once a
   * lost connection is back: something may have been missed. Resolves when the channel is listened to.
   */
  listen(channel: string, wake: Wake): Promise<StopListening>;
  /** Vacuums and analyzes the tables that need it on the embedded engine; PostgreSQL does it by itself. */
  vacuum(): Promise<void>;
  close(): Promise<void>;
}
