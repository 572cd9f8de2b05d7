import pg from "pg";
import type { EmbeddedEngine } from "./embedded/embedded-engine.ts";
import { storageLimits } from "./limits.ts";
import { PreparedClient, SharedPreparedClient } from "./prepared-client.ts";

const int8 = 20;

/** Counters and sizes are far below 2^53; one that is not may not be rounded in silence. */
const parseInt8 = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`The integer ${text} does not fit into a number.`);
  return value;
};

// `pg`'s types for a parser are overloaded by format; text is the only one in use.
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === int8
      ? parseInt8
      : pg.types.getTypeParser(oid, format as "text")) as typeof pg.types.getTypeParser,
};

export const createPostgresPool = (url: string): pg.Pool =>
  new pg.Pool({
    Client: SharedPreparedClient,
    connectionString: url,
    application_name: "cmdop-control",
    types,
    max: storageLimits.poolConnections,
    connectionTimeoutMillis: storageLimits.connectTimeoutMs,
    statement_timeout: storageLimits.statementTimeoutMs,
    idle_in_transaction_session_timeout: storageLimits.idleTransactionTimeoutMs,
  });

export const createEmbeddedPool = (engine: EmbeddedEngine): pg.Pool =>
  new pg.Pool({
    Client: PreparedClient,
    // The whole protocol stays `pg`'s own; only its socket is ours.
    stream: () => engine.connect() as never,
    user: "postgres",
    database: "postgres",
    types,
    max: 1,
    // The one session is never idle too long.
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: storageLimits.connectTimeoutMs,
  });
