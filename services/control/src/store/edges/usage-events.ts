// What the router has settled: each request once, and its day's sums with it.
import type { UsageSettlement } from "@cmdop/edge";
import { sql } from "kysely";
import { alertBudgets } from "../models/budgets.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

export const applyUsageEvent = async (tx: WriteTransaction, event: UsageSettlement): Promise<void> => {
  const inserted = await tx.db
    .insertInto("usage_events")
    .values({
      request_id: event.requestId,
      fleet_id: event.fleet,
      at: new Date(event.atMs),
      token_id: event.tokenId,
      account_id: event.accountId,
      machine_id: event.machineId,
      endpoint: event.endpoint,
      model: event.model,
      provider: event.provider,
      input_tokens: event.inputTokens,
      output_tokens: event.outputTokens,
      searches: event.searches,
      cost_micros: event.costMicros,
      is_estimated: event.isEstimated,
      outcome: event.end,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("request_id")
    .executeTakeFirst();
  // The same settlement again.
  if (!inserted) return;
  await tx.db
    .insertInto("usage_days")
    .values({
      fleet_id: event.fleet,
      day: new Date(event.atMs).toISOString().slice(0, 10),
      token_id: event.tokenId,
      account_id: event.accountId ?? "",
      machine_id: event.machineId ?? "",
      model: event.model ?? "",
      requests: 1,
      input_tokens: event.inputTokens,
      output_tokens: event.outputTokens,
      searches: event.searches,
      cost_micros: event.costMicros ?? 0,
      unpriced: event.costMicros === null ? 1 : 0,
    })
    .onConflict((conflict) =>
      conflict.columns(["fleet_id", "day", "token_id", "account_id", "machine_id", "model"]).doUpdateSet({
        requests: sql`usage_days.requests + excluded.requests`,
        input_tokens: sql`usage_days.input_tokens + excluded.input_tokens`,
        output_tokens: sql`usage_days.output_tokens + excluded.output_tokens`,
        searches: sql`usage_days.searches + excluded.searches`,
        cost_micros: sql`usage_days.cost_micros + excluded.cost_micros`,
        unpriced: sql`usage_days.unpriced + excluded.unpriced`,
      }),
    )
    .execute();
  await alertBudgets(tx, {
    fleetId: event.fleet,
    tokenId: event.tokenId,
    accountId: event.accountId,
    machineId: event.machineId,
  });
};
