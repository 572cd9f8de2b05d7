import { sql } from "kysely";
import { z } from "zod";
import { runStatuses } from "../../core/schedules/run-status.ts";
import { readOperation, requireMembership } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { executionsOf, runSchema, toRun } from "./run-view.ts";

const list = "runs";

export const listRuns = readOperation({
  id: "listRuns",
  method: "GET",
  path: "/v1/fleets/{fleet}/runs",
  tag: "Schedules",
  summary: "Runs, the latest due first",
  access: { kind: "fleet", right: "schedules:read" },
  params: z.object({ fleet: z.string().max(64).describe("Id or slug") }),
  query: z.object({
    ...pageQuery,
    schedule: z.string().max(64).optional().describe("Id or name; also of one that was deleted"),
    status: z.enum(runStatuses).optional(),
    from: z.iso.datetime({ offset: true }).optional().describe("Due at or after this"),
    to: z.iso.datetime({ offset: true }).optional().describe("Due before this"),
  }),
  answers: { 200: pageOf(runSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    const marks = services.pageMarks;
    const { schedule } = query;
    let select = db
      .selectFrom("schedule_runs")
      .selectAll()
      .where("fleet_id", "=", fleetId)
      .orderBy("due_at", "desc")
      .orderBy("id", "desc")
      .limit(query.limit + 1);
    if (schedule !== undefined) {
      select = select.where((where) =>
        where.or([where("schedule_id", "=", schedule), where("schedule_name", "=", schedule)]),
      );
    }
    if (query.status) select = select.where("status", "=", query.status);
    if (query.from) select = select.where("due_at", ">=", new Date(query.from));
    if (query.to) select = select.where("due_at", "<", new Date(query.to));
    if (query.cursor !== undefined) {
      const [dueAt = 0, id = ""] = marks.open(list, query.cursor);
      select = select.where(sql<boolean>`(due_at, id) < (${new Date(Number(dueAt))}, ${String(id)})`);
    }
    const rows = await select.execute();
    const executions = await executionsOf(db, rows);
    const page = toPage(rows, {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.due_at.getTime(), row.id],
      toItem: (row) => toRun(row, executions.get(row.id) ?? []),
    });
    return { status: 200, body: page };
  },
});
