import { z } from "zod";
import { readOperation, requireMembership } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { bearerNames, scheduleSchema, toSchedule } from "./schedule-view.ts";

const list = "schedules";

export const listSchedules = readOperation({
  id: "listSchedules",
  method: "GET",
  path: "/v1/fleets/{fleet}/schedules",
  tag: "Schedules",
  summary: "The fleet's schedules by name",
  access: { kind: "fleet", right: "schedules:read" },
  params: z.object({ fleet: z.string().max(64).describe("Id or slug") }),
  query: z.object({ ...pageQuery, state: z.enum(["active", "paused", "ended"]).optional() }),
  answers: { 200: pageOf(scheduleSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const membership = requireMembership(call);
    const marks = services.pageMarks;
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let select = db
      .selectFrom("schedules")
      .selectAll()
      .where("fleet_id", "=", membership.fleetId)
      .where("deleted_at", "is", null)
      .orderBy("name")
      .limit(query.limit + 1);
    if (after !== undefined) select = select.where("name", ">", String(after));
    if (query.state === "paused") select = select.where("paused_at", "is not", null);
    if (query.state === "active") select = select.where("next_at", "is not", null);
    if (query.state === "ended") select = select.where("paused_at", "is", null).where("next_at", "is", null);
    const rows = await select.execute();
    const view = {
      nowMs: services.clock.wallMs(),
      isEnvShown: membership.rights.has("schedules:manage"),
      names: await bearerNames(db, rows),
    };
    const page = toPage(rows, {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.name],
      toItem: (row) => toSchedule(row, view),
    });
    return { status: 200, body: page };
  },
});
