// What was spent against what may be.

import { Failure } from "@cmdop/base";
import type { Selectable } from "kysely";
import { type SqlBool, sql } from "kysely";
import {
  type BudgetPeriod,
  budgetPeriods,
  periodStart,
  reachedPercent,
} from "../../core/models/budget-periods.ts";
import { keyRows } from "../keys/keys.ts";
import type { Reader } from "../schema.ts";
import type { BudgetTable } from "../tables/model-tables.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

export type BudgetRow = Selectable<BudgetTable>;
export type BudgetSubject = "key" | "member" | "machine" | "fleet";

export const toPeriod = (text: string): BudgetPeriod =>
  budgetPeriods.find((period) => period === text) ?? "total";

/** A budget of nobody would limit nobody, and would not say so. */
export const assertSubject = async (
  db: Reader,
  fleetId: string,
  { kind, id }: { readonly kind: BudgetSubject; readonly id: string },
): Promise<void> => {
  if (kind !== "fleet" && !(await subjectRow(db, fleetId, { kind, id }))) {
    throw new Failure("not_found", `There is no ${kind} ${id} in this fleet.`);
  }
};

const subjectRow = (
  db: Reader,
  fleetId: string,
  { kind, id }: { readonly kind: Exclude<BudgetSubject, "fleet">; readonly id: string },
): Promise<unknown> => {
  switch (kind) {
    case "key":
      return keyRows(db)
        .where("credentials.id", "=", id)
        .where("credentials.fleet_id", "=", fleetId)
        .executeTakeFirst();
    case "member":
      return db
        .selectFrom("memberships")
        .select("id")
        .where("account_id", "=", id)
        .where("fleet_id", "=", fleetId)
        .executeTakeFirst();
    case "machine":
      return db
        .selectFrom("machines")
        .select("id")
        .where("id", "=", id)
        .where("fleet_id", "=", fleetId)
        .executeTakeFirst();
  }
};

const columnOf = { key: "token_id", member: "account_id", machine: "machine_id" } as const;

/** Millionths of a US dollar in the budget's present period. */
export const spentOf = async (
  db: Reader,
  budget: Pick<BudgetRow, "fleet_id" | "subject_kind" | "subject_id" | "period">,
  nowMs: number,
): Promise<number> => {
  const column =
    budget.subject_kind === "fleet" ? undefined : columnOf[budget.subject_kind as keyof typeof columnOf];
  const start = periodStart(toPeriod(budget.period), nowMs);
  let rows = db
    .selectFrom("usage_days")
    .select(sql<string>`coalesce(sum(cost_micros), 0)`.as("spent"))
    .where("fleet_id", "=", budget.fleet_id)
    .where(sql<SqlBool>`day >= ${start}::date`);
  if (column !== undefined) rows = rows.where(column, "=", budget.subject_id);
  return Number((await rows.executeTakeFirstOrThrow()).spent);
};

export interface Spender {
  readonly fleetId: string;
  readonly tokenId: string;
  readonly accountId: string | null;
  readonly machineId: string | null;
}

/** Every budget that a request of this spender counts against. */
export const budgetsOf = (db: Reader, spender: Spender): Promise<BudgetRow[]> =>
  db
    .selectFrom("budgets")
    .selectAll()
    .where("fleet_id", "=", spender.fleetId)
    .where(({ and, eb, or }) =>
      or([
        eb("subject_kind", "=", "fleet"),
        and([eb("subject_kind", "=", "key"), eb("subject_id", "=", spender.tokenId)]),
        and([eb("subject_kind", "=", "member"), eb("subject_id", "=", spender.accountId ?? "")]),
        and([eb("subject_kind", "=", "machine"), eb("subject_id", "=", spender.machineId ?? "")]),
      ]),
    )
    .orderBy("id")
    .limit(16)
    .execute();

/** Tells, once in a period, that 80, 95 or 100 percent are reached. In the turn of the fleet's usage. */
export const alertBudgets = async (tx: WriteTransaction, spender: Spender): Promise<void> => {
  for (const budget of await budgetsOf(tx.db, spender)) {
    const start = periodStart(toPeriod(budget.period), tx.nowMs);
    const spent = await spentOf(tx.db, budget, tx.nowMs);
    const percent = reachedPercent(spent, Number(budget.limit_micros));
    const told = await tx.db
      .updateTable("budgets")
      .set({ alerted_percent: percent, alerted_from: start })
      .where("id", "=", budget.id)
      .where(sql<SqlBool>`(alerted_from is distinct from ${start}::date or alerted_percent < ${percent})`)
      .returning("id")
      .executeTakeFirst();
    if (!told || percent === 0) continue;
    tx.audit({
      action: "budget.alert",
      fleet: budget.fleet_id,
      target: { kind: "budget", id: budget.id },
      body: { percent, spentMicros: spent, limitMicros: Number(budget.limit_micros) },
    });
    tx.publish("budget.alert", budget.id, budget.fleet_id);
  }
};
