import { Failure, type FailureCode } from "@cmdop/base";
import { DatabaseError } from "pg";

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const failureBySqlState: Readonly<Record<string, FailureCode>> = {
  "40001": "storage_conflict", // serialization_failure
  "40P01": "storage_conflict", // deadlock_detected
  "53100": "storage_full", // disk_full
  "53300": "storage_busy", // too_many_connections
  "57014": "timed_out", // query_canceled: the statement timeout
  "57P01": "storage_unavailable", // admin_shutdown
  "57P02": "storage_unavailable", // crash_shutdown
  "57P03": "storage_unavailable", // cannot_connect_now
  "57P05": "storage_unavailable", // idle_session_timeout
};

const readOnlyTransaction = "25006";
const connectionException = /^08/;
const socketErrors = /^(ECONN|EPIPE|ENOENT|EHOST|ENET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/;
/** `pg` and its pool have no codes for these. */
const connectionTexts =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|Cannot use a pool after calling end)/;

const codeOf = (error: Error): FailureCode | undefined => {
  if (error instanceof DatabaseError) {
    const { code = "" } = error;
    return connectionException.test(code) ? "storage_unavailable" : failureBySqlState[code];
  }
  const code = "code" in error ? String(error.code) : "";
  return socketErrors.test(code) || connectionTexts.test(error.message) ? "storage_unavailable" : undefined;
};

/**
 * The failure that a caller can act on, when the database itself could not do its work; any other error as it came,
 * so that a broken constraint keeps its `code` (23505 and the like).
 *
 * @param isReadOnly whether the caller asked for a transaction that only reads; one that did not ask finds the
 * database read-only because its disk is nearly full.
 */
export const toStorageError = (error: unknown, isReadOnly = false): unknown => {
  if (!(error instanceof Error) || error instanceof Failure) return error;
  if (!isReadOnly && error instanceof DatabaseError && error.code === readOnlyTransaction) {
    return new Failure("storage_full", undefined, { cause: error });
  }
  const code = codeOf(error);
  return code === undefined ? error : new Failure(code, undefined, { cause: error });
};
