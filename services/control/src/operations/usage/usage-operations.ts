// What was used of models, as the router settled it.
import { Failure } from "@cmdop/base";
import { type SqlBool, sql } from "kysely";
import { z } from "zod";
import { type Operation, readOperation, requireMembership } from "../../operation.ts";

const groups = {
  key: "token_id",
  member: "account_id",
  machine: "machine_id",
  model: "model",
  day: "day",
} as const;
const daysMax = 366;
const rowsMax = 1_000;

const sumSchema = z.object({
  requests: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  searches: z.int(),
  costMicros: z.int().describe("Millionths of a US dollar"),
  unpriced: z.int().describe("Requests whose price is not known: they are not in costMicros"),
});

const usageSchema = z
  .object({
    by: z.enum(["key", "member", "machine", "model", "day"]),
    from: z.iso.date(),
    to: z.iso.date(),
    items: z.array(sumSchema.extend({ of: z.string().describe("Empty: none") })),
    total: sumSchema,
  })
  .meta({ id: "Usage" });

const getUsage = readOperation({
  id: "getUsage",
  method: "GET",
  path: "/v1/fleets/{fleet}/usage",
  tag: "Models",
  summary: "What was used and what it cost, by key, member, machine, model or day",
  access: { kind: "fleet", right: "usage:read" },
  params: z.object({ fleet: z.string().max(64) }),
  query: z.object({
    by: z.enum(["key", "member", "machine", "model", "day"]).default("model"),
    /** UTC days, both included. */
    from: z.iso.date().optional(),
    to: z.iso.date().optional(),
  }),
  answers: { 200: usageSchema },
  handle: async ({ db, query, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    const to = query.to ?? new Date(services.clock.wallMs()).toISOString().slice(0, 10);
    const from = query.from ?? `${to.slice(0, 8)}01`;
    const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
    if (days < 1 || days > daysMax) {
      throw new Failure("invalid_argument", `from to to is 1 to ${daysMax} days.`);
    }
    const of = query.by === "day" ? sql<string>`day::text` : sql<string>`${sql.ref(groups[query.by])}`;
    const rows = await db
      .selectFrom("usage_days")
      .select([
        of.as("of"),
        sql<string>`sum(requests)`.as("requests"),
        sql<string>`sum(input_tokens)`.as("inputTokens"),
        sql<string>`sum(output_tokens)`.as("outputTokens"),
        sql<string>`sum(searches)`.as("searches"),
        sql<string>`sum(cost_micros)`.as("costMicros"),
        sql<string>`sum(unpriced)`.as("unpriced"),
      ])
      .where("fleet_id", "=", fleetId)
      .where(sql<SqlBool>`day between ${from}::date and ${to}::date`)
      .groupBy(of)
      .orderBy(query.by === "day" ? sql`1` : sql`sum(cost_micros) desc, sum(requests) desc`)
      .limit(rowsMax)
      .execute();
    const items = rows.map(({ of: name, ...sums }) => ({ of: name, ...toSums(sums) }));
    return { status: 200, body: { by: query.by, from, to, items, total: totalOf(items) } };
  },
});

type Sums = z.output<typeof sumSchema>;

const toSums = (row: Record<keyof Sums, string>): Sums => ({
  requests: Number(row.requests),
  inputTokens: Number(row.inputTokens),
  outputTokens: Number(row.outputTokens),
  searches: Number(row.searches),
  costMicros: Number(row.costMicros),
  unpriced: Number(row.unpriced),
});

const nothing: Sums = {
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  searches: 0,
  costMicros: 0,
  unpriced: 0,
};

const totalOf = (items: readonly Sums[]): Sums =>
  items.reduce(
    (total, item) => ({
      requests: total.requests + item.requests,
      inputTokens: total.inputTokens + item.inputTokens,
      outputTokens: total.outputTokens + item.outputTokens,
      searches: total.searches + item.searches,
      costMicros: total.costMicros + item.costMicros,
      unpriced: total.unpriced + item.unpriced,
    }),
    nothing,
  );

export const usageOperations: readonly Operation[] = [getUsage];
