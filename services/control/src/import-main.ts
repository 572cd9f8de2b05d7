// Reads an export from standard input into an empty database: node services/control/src/import-main.ts < FILE
import process from "node:process";
import { Failure } from "@cmdop/base";
import { parseConfig } from "./config.ts";
import { importControl } from "./wiring/transfer.ts";

const exitWith = (lines: readonly string[]): never => {
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exit(1);
};

const parsed = parseConfig(process.env, process.cwd());
if (parsed.kind === "problems") exitWith(parsed.problems);
else {
  const options = { dir: parsed.config.dir, databaseUrl: process.env.CMDOP_DATABASE_URL };
  const { rows, sha256 } = await importControl(options, process.stdin).catch((error: unknown) => {
    if (error instanceof Failure) return exitWith([`${error.code}: ${error.message}`, error.row.remedy]);
    throw error;
  });
  process.stderr.write(`Imported ${rows} rows, sha256 ${sha256}\n`);
}
