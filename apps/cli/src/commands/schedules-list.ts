import { toDisplayText } from "@cmdop/base";
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { describeTarget } from "../options/schedule-options.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Schedule = ControlSchemas["Schedule"];

const columns: readonly Column<Schedule>[] = [
  { header: "NAME", value: (schedule) => schedule.name, isWhole: true },
  { header: "STATE", value: (schedule) => schedule.state, isWhole: true },
  timeColumn("NEXT", (schedule) => schedule.nextAt),
  { header: "LAST", value: (schedule) => schedule.lastRun?.status ?? "-", isWhole: true },
  { header: "WHEN", value: (schedule) => toDisplayText(schedule.summary, 200) },
  { header: "ON", value: (schedule) => toDisplayText(describeTarget(schedule.target), 60) },
];

export const run = async ({ control, fleet, print, signal }: Context): Promise<number> => {
  const client = await control();
  const path = { fleet: await fleet() };
  const schedules = await readAll<Schedule>((page) =>
    client.GET("/v1/fleets/{fleet}/schedules", { params: { path, query: page }, signal }),
  );
  await print.list(schedules, columns, {
    toJson: (schedule) => schedule,
    id: (schedule) => schedule.name,
    emptyNote: "There is no schedule. Type: cmdop schedules create NAME --cron … --machine … -- COMMAND",
  });
  return exitCodes.done;
};
