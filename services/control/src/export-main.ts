// Writes everything in the database to standard output: node services/control/src/export-main.ts > FILE
import process from "node:process";
import { Failure } from "@cmdop/base";
import { parseConfig } from "./config.ts";
import { exportControl } from "./wiring/transfer.ts";

const exitWith = (lines: readonly string[]): never => {
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exit(1);
};

const parsed = parseConfig(process.env, process.cwd());
if (parsed.kind === "problems") exitWith(parsed.problems);
else {
  const options = { dir: parsed.config.dir, databaseUrl: process.env.CMDOP_DATABASE_URL };
  const { rows, sha256 } = await exportControl(options, process.stdout).catch((error: unknown) => {
    if (error instanceof Failure) return exitWith([`${error.code}: ${error.message}`, error.row.remedy]);
    throw error;
  });
  process.stderr.write(`Exported ${rows} rows, sha256 ${sha256}\n`);
}
