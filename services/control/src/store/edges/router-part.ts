// What a token may do at the router: which models, how often, for how much, and with which providers of its own.
import type { RouterPart } from "@cmdop/edge";
import { z } from "zod";
import type { Principal } from "../../core/access/principal.ts";
import { periodEndMs } from "../../core/models/budget-periods.ts";
import type { Sealer } from "../../ports.ts";
import { type BudgetSubject, budgetsOf, spentOf, toPeriod } from "../models/budgets.ts";
import { ownProviders } from "../models/own-providers.ts";
import type { Reader } from "../schema.ts";

/** What `credentials.limits` holds for an API or service key. */
export const keyLimitsSchema = z.object({
  models: z.array(z.string().min(1).max(256)).max(1024).optional(),
  requestsPerMinute: z.int().min(0).optional(),
  tokensPerMinute: z.int().min(0).optional(),
  concurrent: z.int().min(0).optional(),
  requestBytes: z.int().min(0).optional().describe("Of one request's body, at the router"),
});

export const routerPartOf = async (
  db: Reader,
  sealer: Sealer,
  principal: Principal,
  fleetId: string,
  nowMs: number,
): Promise<RouterPart> => {
  const row = await db
    .selectFrom("credentials")
    .select("limits")
    .where("id", "=", principal.credential.id)
    .executeTakeFirst();
  const accountId = principal.kind === "account" ? principal.id : null;
  const limits = keyLimitsSchema.parse(row?.limits ?? {});
  return {
    models: limits.models ?? "*",
    limits: {
      requestsPerMinute: limits.requestsPerMinute ?? null,
      tokensPerMinute: limits.tokensPerMinute ?? null,
      concurrent: limits.concurrent ?? null,
      requestBytes: limits.requestBytes ?? null,
    },
    budgets: await budgetStates(db, principal, fleetId, nowMs),
    providers: await ownProviders(db, sealer, { accountId, fleetId }),
  };
};

const budgetStates = async (
  db: Reader,
  principal: Principal,
  fleetId: string,
  nowMs: number,
): Promise<RouterPart["budgets"]> => {
  const states: RouterPart["budgets"] = [];
  const spender = {
    fleetId,
    tokenId: principal.credential.id,
    accountId: principal.kind === "account" ? principal.id : null,
    machineId: null,
  };
  for (const budget of await budgetsOf(db, spender)) {
    states.push({
      id: budget.id,
      of: budget.subject_kind as BudgetSubject,
      limitMicros: Number(budget.limit_micros),
      spentMicros: await spentOf(db, budget, nowMs),
      period: toPeriod(budget.period),
      resetsAtMs: periodEndMs(toPeriod(budget.period), nowMs) ?? null,
      isHard: budget.is_hard,
    });
  }
  return states;
};
