import { z } from "zod";
import { hiddenMachines } from "../../core/access/memberships.ts";
import { readOperation, requireMembership } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { isBehind, searchSessions, toPrefixQuery } from "./search-sessions.ts";
import { sessionSchema, toSession } from "./session-view.ts";

const list = "sessions";

export const listSessions = readOperation({
  id: "listSessions",
  method: "GET",
  path: "/v1/fleets/{fleet}/sessions",
  tag: "Sessions",
  summary: "The catalogue of sessions, newest first",
  access: { kind: "fleet", right: "sessions:read" },
  params: z.object({ fleet: z.string().max(64) }),
  query: z.object({
    ...pageQuery,
    state: z.enum(["live", "lost", "ended"]).optional(),
    machine: z.string().max(64).optional().describe("A machine's id"),
    account: z.string().max(64).optional().describe("Who opened it"),
    /** Beginnings of words of its name, program, opener or id. */
    q: z.string().max(100).optional(),
    since: z.iso.datetime().optional(),
    until: z.iso.datetime().optional(),
  }),
  answers: { 200: pageOf(sessionSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    const hidden = hiddenMachines(membership);
    let rows = db
      .selectFrom("sessions")
      .selectAll()
      .where("fleet_id", "=", fleetId)
      .orderBy("created_at", "desc")
      .orderBy("id", "desc");
    if (hidden.length > 0) rows = rows.where("machine_id", "not in", hidden);
    if (query.state !== undefined) rows = rows.where("state", "=", query.state);
    if (query.machine !== undefined) rows = rows.where("machine_id", "=", query.machine);
    if (query.account !== undefined) rows = rows.where("opened_by_account", "=", query.account);
    if (query.since !== undefined) rows = rows.where("created_at", ">=", new Date(query.since));
    if (query.until !== undefined) rows = rows.where("created_at", "<", new Date(query.until));
    if (query.cursor !== undefined) {
      const [atMs, id] = services.pageMarks.open(list, query.cursor);
      rows = rows.where(isBehind(new Date(Number(atMs)), String(id)));
    }
    const limit = query.limit + 1;
    const words = toPrefixQuery(query.q ?? "");
    const found =
      words === ""
        ? await rows.limit(limit).execute()
        : await searchSessions(db, { page: rows, fleetId, words, limit });
    const page = toPage(found, {
      list,
      limit: query.limit,
      marks: services.pageMarks,
      positionOf: (row) => [row.created_at.getTime(), row.id],
      toItem: toSession,
    });
    return { status: 200, body: page };
  },
});
