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
    items: z
      .array(sumSchema.extend({ of: z.string().describe("Empty: none") }))
      .describe(`At most ${rowsMax}: the days in their order, else those that cost most`),
    total: sumSchema.describe("Of all, listed or not"),
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
        sql<string>`coalesce(sum(requests), 0)`.as("requests"),
        sql<string>`coalesce(sum(input_tokens), 0)`.as("inputTokens"),
        sql<string>`coalesce(sum(output_tokens), 0)`.as("outputTokens"),
        sql<string>`coalesce(sum(searches), 0)`.as("searches"),
        sql<string>`coalesce(sum(cost_micros), 0)`.as("costMicros"),
        sql<string>`coalesce(sum(unpriced), 0)`.as("unpriced"),
      ])
      .where("fleet_id", "=", fleetId)
      .where(sql<SqlBool>`day between ${from}::date and ${to}::date`)
      // The total is a row of its own, first: more groups than are listed are in it too.
      .groupBy(sql`grouping sets ((${of}), ())`)
      .orderBy(sql`grouping(${of}) desc`)
      .orderBy(query.by === "day" ? sql`1` : sql`sum(cost_micros) desc, sum(requests) desc`)
      .limit(rowsMax + 1)
      .execute();
    const [total, ...groupsFound] = rows;
    if (!total) throw new Error("a query with a total gave no row");
    const items = groupsFound.map((row) => ({ of: row.of, ...toSums(row) }));
    return { status: 200, body: { by: query.by, from, to, items, total: toSums(total) } };
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

export const usageOperations: readonly Operation[] = [getUsage];
