// Writes everything in the database to standard output: node services/control/src/export-main.ts > FILE
import process from "node:process";
import { configOrEnd, endOnFailure } from "@cmdop/service";
import { parseConfig } from "./config.ts";
import { exportControl } from "./wiring/transfer.ts";

const { dir } = configOrEnd(process, parseConfig);
const options = { dir, databaseUrl: process.env.CMDOP_DATABASE_URL };
const { rows, sha256 } = await exportControl(options, process.stdout).catch(endOnFailure(process));
process.stderr.write(`Exported ${rows} rows, sha256 ${sha256}\n`);
