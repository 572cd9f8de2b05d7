import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/**
 * Puts the embedded engine's database, migrated and empty, where a control plane with this directory looks for it,
 * unless there is one. Outside a test run that has prepared it, the control plane makes its own.
 */
export const placePreparedDatabase = (controlDirectory: string): void => {
  const prepared = process.env.CMDOP_TEST_DATABASE;
  const target = path.join(controlDirectory, "data");
  if (prepared === undefined || existsSync(target)) return;
  mkdirSync(controlDirectory, { recursive: true, mode: 0o700 });
  cpSync(prepared, target, { recursive: true });
};

/** Whether this file of a control plane's directory is as it was placed: older than every secret of its home. */
export const isAsPlaced = (controlDirectory: string, file: string): boolean => {
  const prepared = process.env.CMDOP_TEST_DATABASE;
  if (prepared === undefined) return false;
  const placed = path.join(prepared, path.relative(path.join(controlDirectory, "data"), file));
  const bytes = statSync(placed, { throwIfNoEntry: false })?.size;
  return bytes === statSync(file).size && readFileSync(placed).equals(readFileSync(file));
};
