// Reads an export from standard input into an empty database: node services/control/src/import-main.ts < FILE
import process from "node:process";
import { configOrEnd, endOnFailure } from "@cmdop/service";
import { parseConfig } from "./config.ts";
import { importControl } from "./wiring/transfer.ts";

const { dir } = configOrEnd(process, parseConfig);
const options = { dir, databaseUrl: process.env.CMDOP_DATABASE_URL };
const { rows, sha256 } = await importControl(options, process.stdin).catch(endOnFailure(process));
process.stderr.write(`Imported ${rows} rows, sha256 ${sha256}\n`);
