import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { readEnrolments } from "../enrolments.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Enrolment = ControlSchemas["Enrolment"];

const columns: readonly Column<Enrolment>[] = [
  { header: "CODE", value: (enrolment) => enrolment.code, isWhole: true },
  { header: "NAME", value: (enrolment) => toDisplayText(enrolment.name, 40) },
  { header: "HOSTNAME", value: (enrolment) => toDisplayText(enrolment.hostname, 40) },
  { header: "FROM", value: (enrolment) => toDisplayText(enrolment.requestedFrom ?? "-", 64) },
  timeColumn("SINCE", (enrolment) => enrolment.requestedAt),
  { header: "KEY", value: (enrolment) => enrolment.keyFingerprint, isWhole: true },
];

export const run = async (context: Context): Promise<number> => {
  const enrolments = await readEnrolments(context);
  await context.print.list(
    enrolments.filter(({ state }) => state === "waiting"),
    columns,
    { toJson: (enrolment) => enrolment, id: (enrolment) => enrolment.id, emptyNote: "No machine waits." },
  );
  return exitCodes.done;
};
