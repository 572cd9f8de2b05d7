import { z } from "zod";
import { readOperation, requireMembership } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { enrolmentSchema, toEnrolment } from "./enrolment-view.ts";

const list = "enrolments";

export const listEnrolments = readOperation({
  id: "listEnrolments",
  method: "GET",
  path: "/v1/fleets/{fleet}/enrolments",
  tag: "Machines",
  summary: "Machines that wait to be let in",
  access: { kind: "fleet", right: "machines:approve" },
  params: fleetParams,
  query: z.object(pageQuery),
  answers: { 200: pageOf(enrolmentSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const marks = services.pageMarks;
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = db
      .selectFrom("enrolments")
      .selectAll()
      .where("fleet_id", "=", requireMembership(call).fleetId)
      .where("expires_at", ">", new Date(services.clock.wallMs()))
      .orderBy("id")
      .limit(query.limit + 1);
    if (after !== undefined) rows = rows.where("id", ">", String(after));
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.id],
      toItem: toEnrolment,
    });
    return { status: 200, body: page };
  },
});
