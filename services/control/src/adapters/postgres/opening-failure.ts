// Why a PostgreSQL could not be opened, for whoever has just written its URL: it names the server and what it said,
// and nothing else of the URL, which holds a password.
import { Failure } from "@cmdop/base";
import { DatabaseError } from "pg";
import { toStorageError } from "./storage-failures.ts";

const schemes = ["postgres:", "postgresql:", "socket:"];

export const assertPostgresUrl = (url: string): void => {
  if (URL.canParse(url) && schemes.includes(new URL(url).protocol)) return;
  throw new Failure(
    "not_configured",
    "CMDOP_DATABASE_URL is no address such as postgres://user:password@host:5432/database.",
  );
};

/** invalid_authorization_specification and its kin, and invalid_catalog_name: the URL is wrong, waiting does not help. */
const isRefusal = (code: string): boolean => code.startsWith("28") || code === "3D000";

const reasonOf = (error: Error): string => {
  const code = "code" in error ? String(error.code) : "";
  if (code === "ECONNREFUSED") return "nobody listens there";
  if (code === "ENOTFOUND") return "there is no host of that name";
  return error.message || code;
};

export const toOpeningFailure = (error: unknown, url: string): unknown => {
  const where = new URL(url).host || "its socket";
  if (error instanceof DatabaseError && isRefusal(error.code ?? "")) {
    return new Failure("not_configured", `CMDOP_DATABASE_URL: ${where} says: ${error.message}.`, {
      cause: error,
    });
  }
  const failure = toStorageError(error);
  if (!(failure instanceof Failure) || failure.code !== "storage_unavailable") return failure;
  const { cause } = failure;
  const reason = cause instanceof Error ? reasonOf(cause) : "it is not known why";
  return new Failure(failure.code, `The database at ${where} cannot be reached: ${reason}.`, { cause });
};
