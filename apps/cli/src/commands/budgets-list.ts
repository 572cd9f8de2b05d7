import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { toDollarText } from "../output/money.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Budget = ControlSchemas["Budget"];

const budgetSubject = ({ subject, subjectId }: Budget): string =>
  subjectId === "" ? "the fleet" : `${subject} ${subjectId}`;

const columns: readonly Column<Budget>[] = [
  { header: "OF", value: budgetSubject },
  { header: "SPENT", value: (budget) => toDollarText(budget.spentMicros), isWhole: true },
  { header: "LIMIT", value: (budget) => toDollarText(budget.limitMicros), isWhole: true },
  { header: "PERIOD", value: (budget) => budget.period, isWhole: true },
  { header: "OVER IT", value: (budget) => (budget.isHard ? "refused" : "alert"), isWhole: true },
  timeColumn("RESETS", (budget) => budget.resetsAt),
  { header: "ID", value: (budget) => budget.id, isWhole: true },
];

export const run = async ({ control, fleet, print, signal }: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.GET("/v1/fleets/{fleet}/budgets", {
    params: { path: { fleet: await fleet() } },
    signal,
  });
  await print.list(data?.items ?? [], columns, {
    toJson: (budget) => budget,
    id: (budget) => budget.id,
    emptyNote: "There is no budget. Type: cmdop budgets set DOLLARS",
  });
  return exitCodes.done;
};
