import { z } from "zod";
import { readOperation, requireMembership } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { invitationSchema, toInvitation } from "./invitation-view.ts";

const list = "invitations";

export const listInvitations = readOperation({
  id: "listInvitations",
  method: "GET",
  path: "/v1/fleets/{fleet}/invitations",
  tag: "Invitations",
  summary: "Invitations into a fleet, newest first",
  access: { kind: "fleet", right: "members:invite" },
  params: fleetParams,
  query: z.object({ ...pageQuery, state: z.enum(["waiting", "any"]).default("waiting") }),
  answers: { 200: pageOf(invitationSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const marks = services.pageMarks;
    const nowMs = services.clock.wallMs();
    let rows = db
      .selectFrom("invitations")
      .selectAll()
      .where("fleet_id", "=", requireMembership(call).fleetId)
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(query.limit + 1);
    if (query.state === "waiting") {
      rows = rows
        .where("accepted_at", "is", null)
        .where("cancelled_at", "is", null)
        .where("expires_at", ">", new Date(nowMs));
    }
    if (query.cursor !== undefined) {
      const [at = 0, id = ""] = marks.open(list, query.cursor);
      const before = new Date(Number(at));
      rows = rows.where((is) =>
        is.or([
          is("created_at", "<", before),
          is.and([is("created_at", "=", before), is("id", "<", String(id))]),
        ]),
      );
    }
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.created_at.getTime(), row.id],
      toItem: (row) => toInvitation(row, nowMs),
    });
    return { status: 200, body: page };
  },
});
