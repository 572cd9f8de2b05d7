import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readUpTo } from "../find/read-up-to.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Passed = ControlSchemas["PassedDue"];

const columns: readonly Column<Passed>[] = [
  timeColumn("DUE", (passed) => passed.dueAt),
  { header: "WHY", value: ({ reason }) => reason.replaceAll("_", "-"), isWhole: true },
  { header: "DUES", value: (passed) => String(passed.count), isWhole: true },
  timeColumn("FIRST", (passed) => passed.firstDueAt),
];

const countDefault = 20;

export const run = async ({
  arguments: [schedule = ""],
  control,
  fleet,
  options,
  print,
  signal,
}: Context): Promise<number> => {
  const client = await control();
  const path = { fleet: await fleet(), schedule };
  const passed = await readUpTo<Passed>(options.number("count") ?? countDefault, (query) =>
    client.GET("/v1/fleets/{fleet}/schedules/{schedule}/passed", { params: { path, query }, signal }),
  );
  await print.list(passed, columns, {
    toJson: (due) => due,
    id: (due) => due.dueAt,
    emptyNote: "Every due has given a run.",
  });
  return exitCodes.done;
};
