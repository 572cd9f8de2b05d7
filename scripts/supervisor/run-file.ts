import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Who runs in a home: written by the supervisor, so that a second one, or one after a crash, can tell. */
export interface RunFile {
  readonly supervisorPid: number;
  /** Process name → pid. */
  readonly children: Readonly<Record<string, number>>;
}

const isRunFile = (value: unknown): value is RunFile =>
  typeof value === "object" &&
  value !== null &&
  Number.isInteger((value as RunFile).supervisorPid) &&
  typeof (value as RunFile).children === "object" &&
  (value as RunFile).children !== null;

export const readRunFile = (file: string): RunFile | undefined => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isRunFile(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

export const writeRunFile = (file: string, content: RunFile): void => {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
};

export const removeRunFile = (file: string): void => rmSync(file, { force: true });
