// A process with a scheduler of its own, to be killed. What its machines are asked to start is appended to a file, and
// nothing that is started ends. Arguments: where the database is (JSON), and the file.
import { appendFileSync, writeSync } from "node:fs";
import { newId, systemClock, systemRandom } from "@cmdop/base";
import { openDatabase } from "../../adapters/postgres/open-database.ts";
import type { CommandRunner } from "../../ports.ts";
import type { Schema } from "../../store/schema.ts";
import { UnitOfWork } from "../../store/unit-of-work.ts";
import { Scheduler } from "../scheduler.ts";

const [place = "{}", file = ""] = process.argv.slice(2);

const runner: CommandRunner = {
  start: async ({ sessionName }) => {
    appendFileSync(file, `${sessionName}\n`);
    return { kind: "started", sessionId: `ses_${sessionName}` };
  },
  find: async () => undefined,
  outcome: () => new Promise(() => {}),
  cancel: async () => undefined,
};

const database = await openDatabase<Schema>(JSON.parse(place));
const scheduler = new Scheduler({
  database,
  unitOfWork: new UnitOfWork(database, systemClock),
  runner,
  clock: systemClock,
  random: systemRandom,
  holder: newId("prc"),
  tzData: "",
  failed: (cause) => writeSync(2, `${String(cause)}\n`),
});
await scheduler.start();
writeSync(1, "ready\n");
