// Budgets: how much a key, a member, a machine or the fleet may spend on models.
import { Failure, newId } from "@cmdop/base";
import { z } from "zod";
import { budgetPeriods, periodEndMs, reachedPercent } from "../../core/models/budget-periods.ts";
import {
  assertVersion,
  type Operation,
  readOperation,
  requireMembership,
  writeOperation,
} from "../../operation.ts";
import { assertSubject, type BudgetRow, spentOf, toPeriod } from "../../store/models/budgets.ts";
import { assertRoom, reportsTurn, takeTurns } from "../../store/turns.ts";
import { isUniqueViolation } from "../../store/violations.ts";

const tag = "Models";
const fleetParams = z.object({ fleet: z.string().max(64) });
const subjects = ["key", "member", "machine", "fleet"] as const;
const budgetParams = fleetParams.extend({ budget: z.string().max(64) });
const limitMicros = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const budgetsMax = 256;

const budgetSchema = z
  .object({
    id: z.string(),
    subject: z.enum(subjects),
    subjectId: z.string().describe("Empty: the fleet itself"),
    limitMicros: z.int(),
    spentMicros: z.int(),
    period: z.enum(budgetPeriods),
    isHard: z
      .boolean()
      .describe("Over it requests are refused; otherwise it only alerts, as that of a machine always does"),
    resetsAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    version: z.int(),
  })
  .meta({ id: "Budget" });

/** A request's machine is its client's word: nothing is refused by it. */
const isOfMachine = (subject: string): boolean => subject === "machine";
const machineAlertsOnly =
  "For which machine a request is made is its client's word: such a budget alerts and refuses nothing.";

const toBudget = (row: BudgetRow, spentMicros: number, nowMs: number): z.input<typeof budgetSchema> => {
  const endMs = periodEndMs(toPeriod(row.period), nowMs);
  return {
    id: row.id,
    subject: subjects.find((subject) => subject === row.subject_kind) ?? "fleet",
    subjectId: row.subject_id,
    limitMicros: Number(row.limit_micros),
    spentMicros,
    period: toPeriod(row.period),
    isHard: row.is_hard && !isOfMachine(row.subject_kind),
    resetsAt: endMs === undefined ? null : new Date(endMs).toISOString(),
    createdAt: row.created_at.toISOString(),
    version: row.version,
  };
};

const listBudgets = readOperation({
  id: "listBudgets",
  method: "GET",
  path: "/v1/fleets/{fleet}/budgets",
  tag,
  summary: "Budgets, with what is spent of each",
  access: { kind: "fleet", right: "usage:read" },
  params: fleetParams,
  answers: { 200: z.object({ items: z.array(budgetSchema) }) },
  handle: async ({ db, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    const nowMs = services.clock.wallMs();
    const rows = await db
      .selectFrom("budgets")
      .selectAll()
      .where("fleet_id", "=", fleetId)
      .orderBy("created_at")
      .limit(budgetsMax)
      .execute();
    const items = [];
    for (const row of rows) items.push(toBudget(row, await spentOf(db, row, nowMs), nowMs));
    return { status: 200, body: { items } };
  },
});

const createBudget = writeOperation({
  id: "createBudget",
  method: "POST",
  path: "/v1/fleets/{fleet}/budgets",
  tag,
  summary: "Set a budget; alerts come at 80, 95 and 100 percent",
  access: { kind: "fleet", right: "budgets:manage" },
  params: fleetParams,
  body: z
    .object({
      subject: z.enum(subjects),
      subjectId: z.string().max(64).default(""),
      limitMicros,
      period: z.enum(budgetPeriods).default("month"),
      isHard: z.boolean().optional().describe("Default: true, of a machine false"),
    })
    .refine(({ subject, subjectId }) => (subject === "fleet") === (subjectId === ""), {
      path: ["subjectId"],
      message: "named for a key, a member or a machine, and for the fleet not",
    })
    .refine(({ subject, isHard }) => !(isOfMachine(subject) && isHard), {
      path: ["isHard"],
      message: machineAlertsOnly,
    }),
  answers: { 201: budgetSchema },
  handle: async ({ body, tx, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    await assertRoom(tx.db, {
      turn: `budgets of ${fleetId}`,
      rows: tx.db
        .selectFrom("budgets")
        .select(({ fn }) => fn.countAll<string>().as("count"))
        .where("fleet_id", "=", fleetId),
      max: budgetsMax,
      full: `A fleet has at most ${budgetsMax} budgets.`,
    });
    await assertSubject(tx.db, fleetId, { kind: body.subject, id: body.subjectId });
    const row = await tx.db
      .insertInto("budgets")
      .values({
        id: newId("bud", services.random),
        fleet_id: fleetId,
        subject_kind: body.subject,
        subject_id: body.subjectId,
        limit_micros: body.limitMicros,
        period: body.period,
        is_hard: body.isHard ?? !isOfMachine(body.subject),
        created_at: tx.now,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("conflict", "There is a budget of that kind for it.");
        throw error;
      });
    tx.audit({
      action: "budget.create",
      fleet: fleetId,
      target: { kind: "budget", id: row.id },
      body: { ...body },
    });
    return {
      status: 201,
      body: toBudget(row, await spentOf(tx.db, row, tx.nowMs), tx.nowMs),
      version: row.version,
    };
  },
});

const updateBudget = writeOperation({
  id: "updateBudget",
  method: "PATCH",
  path: "/v1/fleets/{fleet}/budgets/{budget}",
  tag,
  summary: "Change how much a budget allows, and whether it refuses",
  description:
    "What is spent in its period counts on. An alert that was told is told again only when the new limit has put it " +
    "out of reach and spending reaches it anew.",
  access: { kind: "fleet", right: "budgets:manage" },
  params: budgetParams,
  body: z.object({ limitMicros, isHard: z.boolean() }).partial(),
  answers: { 200: budgetSchema },
  handle: async ({ params, body, tx, ifMatch, ...call }) => {
    const { fleetId } = requireMembership(call);
    // Settlements write what was told into this row: one after the other.
    await takeTurns(tx.db, [reportsTurn(fleetId)]);
    const before = await tx.db
      .selectFrom("budgets")
      .selectAll()
      .where("fleet_id", "=", fleetId)
      .where("id", "=", params.budget)
      .forUpdate()
      .executeTakeFirst();
    if (!before) throw new Failure("not_found");
    assertVersion(before, ifMatch);
    if (body.isHard && isOfMachine(before.subject_kind))
      throw new Failure("invalid_argument", machineAlertsOnly);
    const limit = body.limitMicros ?? Number(before.limit_micros);
    const spent = await spentOf(tx.db, before, tx.nowMs);
    const row = await tx.db
      .updateTable("budgets")
      .set((set) => ({
        limit_micros: limit,
        is_hard: body.isHard ?? before.is_hard,
        alerted_percent: Math.min(before.alerted_percent, reachedPercent(spent, limit)),
        version: set("version", "+", 1),
      }))
      .where("id", "=", before.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    tx.audit({
      action: "budget.update",
      fleet: fleetId,
      target: { kind: "budget", id: row.id },
      body: {
        before: { limitMicros: Number(before.limit_micros), isHard: before.is_hard },
        after: { limitMicros: limit, isHard: row.is_hard },
      },
    });
    return { status: 200, body: toBudget(row, spent, tx.nowMs), version: row.version };
  },
});

const deleteBudget = writeOperation({
  id: "deleteBudget",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/budgets/{budget}",
  tag,
  summary: "Take a budget away",
  access: { kind: "fleet", right: "budgets:manage" },
  params: budgetParams,
  answers: { 204: null },
  handle: async ({ params, tx, ...call }) => {
    const { fleetId } = requireMembership(call);
    const gone = await tx.db
      .deleteFrom("budgets")
      .where("fleet_id", "=", fleetId)
      .where("id", "=", params.budget)
      .returning("id")
      .executeTakeFirst();
    if (!gone) throw new Failure("not_found");
    tx.audit({ action: "budget.delete", fleet: fleetId, target: { kind: "budget", id: gone.id }, body: {} });
    return { status: 204 };
  },
});

export const budgetOperations: readonly Operation[] = [listBudgets, createBudget, updateBudget, deleteBudget];
