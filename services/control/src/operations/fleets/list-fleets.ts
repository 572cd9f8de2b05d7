import { z } from "zod";
import { readOperation, requirePrincipal } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { fleetSchema, toFleet } from "./fleet-view.ts";

const list = "fleets";

export const listFleets = readOperation({
  id: "listFleets",
  method: "GET",
  path: "/v1/fleets",
  tag: "Fleets",
  summary: "The fleets that you are in",
  access: { kind: "signed_in" },
  query: z.object(pageQuery),
  answers: { 200: pageOf(fleetSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const principal = requirePrincipal(call);
    const marks = services.pageMarks;
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = db
      .selectFrom("fleets")
      .selectAll()
      .where("id", "in", [...principal.memberships.keys(), ""])
      .orderBy("slug")
      .limit(query.limit + 1);
    if (after !== undefined) rows = rows.where("slug", ">", String(after));
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.slug],
      toItem: (row) => toFleet(row, principal.memberships.get(row.id)?.role ?? null),
    });
    return { status: 200, body: page };
  },
});
