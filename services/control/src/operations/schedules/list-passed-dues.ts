import { z } from "zod";
import { readOperation, requireMembership } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { findSchedule } from "../../store/schedules/schedules.ts";
import { scheduleParams } from "./schedule-view.ts";

const list = "passed-dues";

const passedSchema = z
  .object({
    dueAt: z.iso.datetime().describe("The last one, where an entry stands for several"),
    firstDueAt: z.iso.datetime(),
    count: z.number().int(),
    reason: z.enum(["missed", "overlap", "too_many"]),
  })
  .meta({ id: "PassedDue" });

export const listPassedDues = readOperation({
  id: "listPassedDues",
  method: "GET",
  path: "/v1/fleets/{fleet}/schedules/{schedule}/passed",
  tag: "Schedules",
  summary: "Dues that gave no run, and why; the latest first",
  access: { kind: "fleet", right: "schedules:read" },
  params: scheduleParams,
  query: z.object(pageQuery),
  answers: { 200: pageOf(passedSchema) },
  handle: async ({ db, params, query, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    const marks = services.pageMarks;
    const schedule = await findSchedule(db, fleetId, params.schedule);
    const [before] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let select = db
      .selectFrom("passed_dues")
      .selectAll()
      .where("schedule_id", "=", schedule.id)
      .orderBy("due_at", "desc")
      .limit(query.limit + 1);
    if (before !== undefined) select = select.where("due_at", "<", new Date(Number(before)));
    const page = toPage(await select.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.due_at.getTime()],
      toItem: (row) => ({
        dueAt: row.due_at.toISOString(),
        firstDueAt: row.first_due_at.toISOString(),
        count: row.count,
        reason: row.reason,
      }),
    });
    return { status: 200, body: page };
  },
});
