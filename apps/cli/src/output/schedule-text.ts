// One schedule, one run, a preview, as people read them.
import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { toDurationText } from "../options/duration.ts";
import { describeTarget } from "../options/schedule-options.ts";
import { machineNames } from "./machine-name.ts";
import type { Column } from "./table.ts";
import { timeColumn } from "./time-column.ts";

type Schedule = ControlSchemas["Schedule"];
type Run = ControlSchemas["Run"];

export const printSchedule = async (context: Context, schedule: Schedule): Promise<void> => {
  const { print } = context;
  if (print.isJson) return print.json(schedule);
  if (print.isQuiet) return print.line(schedule.name);
  const { command, target } = schedule;
  const rows: readonly (readonly [string, string])[] = [
    ["name", schedule.name],
    ["when", schedule.summary],
    ["state", stateOf(schedule)],
    ["next", schedule.nextAt ?? "-"],
    ["on", target.machines ? await machineNames(context, target.machines) : describeTarget(target)],
    ["runs", command.shell ?? (command.argv ?? []).join(" ")],
    ["policies", policiesText(schedule)],
    ["as", schedule.runAs.name ?? schedule.runAs.id],
    ["last run", schedule.lastRun ? `${schedule.lastRun.status} ${schedule.lastRun.finishedAt}` : "-"],
    ["id", schedule.id],
  ];
  for (const [label, value] of rows) await print.line(`${label.padEnd(9)} ${toDisplayText(value, 2_000)}`);
};

const policiesText = ({ policies: { misfire, overlap, retry, timeoutMs, jitterMs } }: Schedule): string =>
  [
    `late: ${misfire.policy} within ${toDurationText(misfire.windowMs)}`,
    `overlap: ${overlap.replaceAll("_", "-")}`,
    `retries: ${retry.max}${retry.max === 0 ? "" : retriesText(retry)}`,
    `timeout: ${toDurationText(timeoutMs)}`,
    `jitter: ${toDurationText(jitterMs)}`,
  ].join(", ");

const retriesText = ({ firstMs, maxMs, on }: Schedule["policies"]["retry"]): string =>
  ` on ${on.join(" ")} after ${toDurationText(firstMs)} to ${toDurationText(maxMs)}`;

/** `asked`: somebody paused it. */
const stateOf = ({ state, pausedReason }: Schedule): string =>
  pausedReason === null || pausedReason === "asked" ? state : `${state} (${pausedReason})`;

const runResult = (run: Run): string =>
  run.exitCode !== null
    ? String(run.exitCode)
    : run.statusReason === "no_machine"
      ? "no machine fits"
      : (run.signal ?? run.errorCode ?? "-");

export const runColumns: readonly Column<Run>[] = [
  timeColumn("DUE", (run) => run.dueAt),
  { header: "SCHEDULE", value: (run) => run.schedule.name },
  { header: "STATUS", value: (run) => run.status, isWhole: true },
  { header: "RESULT", value: (run) => toDisplayText(runResult(run), 40) },
  {
    header: "TOOK",
    value: (run) => (run.durationMs === null ? "-" : toDurationText(run.durationMs)),
    isWhole: true,
  },
  { header: "ATTEMPT", value: (run) => String(run.attempt), isWhole: true },
  { header: "SESSION", value: (run) => run.executions.at(-1)?.sessionId ?? "-", isWhole: true },
  { header: "ID", value: (run) => run.id, isWhole: true },
];

export const printRun = async ({ print }: Pick<Context, "print">, run: Run): Promise<void> => {
  if (print.isJson) return print.json(run);
  if (print.isQuiet) return print.line(run.id);
  await print.line(`${run.id}  ${run.schedule.name}  ${run.status}`);
};
