import { z } from "zod";
import { readOperation, requireMembership } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { joinTokenSchema, toJoinToken } from "./join-token-view.ts";

const list = "join-tokens";

export const listJoinTokens = readOperation({
  id: "listJoinTokens",
  method: "GET",
  path: "/v1/fleets/{fleet}/join-tokens",
  tag: "Machines",
  summary: "Join tokens, the newest first",
  access: { kind: "fleet", right: "machines:join" },
  params: fleetParams,
  query: z.object(pageQuery),
  answers: { 200: pageOf(joinTokenSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const marks = services.pageMarks;
    const [atMs, id] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = db
      .selectFrom("join_tokens")
      .selectAll()
      .where("fleet_id", "=", requireMembership(call).fleetId)
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(query.limit + 1);
    if (atMs !== undefined && id !== undefined) {
      rows = rows.where((where) =>
        where(where.refTuple("created_at", "id"), "<", where.tuple(new Date(Number(atMs)), String(id))),
      );
    }
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.created_at.getTime(), row.id],
      toItem: (row) => toJoinToken(row, services.clock.wallMs()),
    });
    return { status: 200, body: page };
  },
});
