import { sql } from "kysely";
import { z } from "zod";
import { hiddenMachines } from "../../core/access/memberships.ts";
import { oldestContactMs } from "../../core/machines/presence.ts";
import { readOperation, requireMembership } from "../../operation.ts";
import { tagSchema } from "../../store/machines/machine-schemas.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { machineSchema, toMachines } from "./machine-view.ts";

const list = "machines";

export const listMachines = readOperation({
  id: "listMachines",
  method: "GET",
  path: "/v1/fleets/{fleet}/machines",
  tag: "Machines",
  summary: "Machines by name",
  access: { kind: "fleet", right: "machines:read" },
  params: fleetParams,
  query: z.object({
    ...pageQuery,
    q: z.string().max(128).optional().describe("Somewhere in the name, the hostname or the id"),
    tag: tagSchema.optional(),
    presence: z.enum(["online", "offline"]).optional(),
  }),
  answers: { 200: pageOf(machineSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const membership = requireMembership(call);
    const marks = services.pageMarks;
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    const hidden = hiddenMachines(membership);
    let rows = db
      .selectFrom("machines")
      .selectAll()
      .where("fleet_id", "=", membership.fleetId)
      .where("id", "not in", [...hidden, ""])
      .orderBy(sql`lower(name)`)
      .limit(query.limit + 1);
    if (after !== undefined) rows = rows.where(sql<string>`lower(name)`, ">", String(after));
    if (query.tag !== undefined) rows = rows.where(sql<boolean>`${query.tag} = any (tags)`);
    if (query.q !== undefined && query.q !== "") {
      const text = query.q.toLowerCase();
      rows = rows.where(
        sql<boolean>`(position(${text} in lower(name)) > 0 or position(${text} in lower(hostname)) > 0 or id = ${query.q})`,
      );
    }
    if (query.presence !== undefined) {
      const oldest = new Date(
        oldestContactMs({ nowMs: services.clock.wallMs(), tokenMs: services.machineTokens.validMs }),
      );
      const online = sql<boolean>`(online_edge is not null and last_contact_at >= ${oldest})`;
      rows = rows.where(query.presence === "online" ? online : sql<boolean>`not ${online}`);
    }
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.name.toLowerCase()],
      toItem: (row) => row,
    });
    return {
      status: 200,
      body: { items: await toMachines(db, services, page.items), nextCursor: page.nextCursor },
    };
  },
});
