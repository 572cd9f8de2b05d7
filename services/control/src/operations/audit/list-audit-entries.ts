import { z } from "zod";
import { type Answer, readOperation, requireMembership } from "../../operation.ts";
import { type AuditFilter, newestEntries } from "../../store/audit/audit-entries.ts";
import { type PageMarks, type PageQuery, pageOf, pageQuery, toPage } from "../../store/pages.ts";
import type { Reader } from "../../store/schema.ts";
import { auditEntrySchema, auditFilterQuery, toAuditEntry } from "./audit-view.ts";

const list = "audit";
const query = z.object({ ...pageQuery, ...auditFilterQuery });
const answers = { 200: pageOf(auditEntrySchema) };

const listEntries = async (
  db: Reader,
  filter: AuditFilter,
  { limit, cursor }: PageQuery,
  marks: PageMarks,
): Promise<Answer> => {
  const [before] = cursor === undefined ? [] : marks.open(list, cursor);
  const rows = await newestEntries(db, filter, {
    before: before === undefined ? undefined : Number(before),
    limit: limit + 1,
  });
  const page = toPage(rows, {
    list,
    limit,
    marks,
    positionOf: (row) => [row.seq],
    toItem: toAuditEntry,
  });
  return { status: 200, body: page };
};

export const listFleetAudit = readOperation({
  id: "listFleetAudit",
  method: "GET",
  path: "/v1/fleets/{fleet}/audit",
  tag: "Audit",
  summary: "What was done in the fleet, the newest first",
  access: { kind: "fleet", right: "audit:read" },
  params: z.object({ fleet: z.string().max(64) }),
  query,
  answers,
  handle: ({ db, query: asked, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    return listEntries(db, { ...asked, fleetId }, asked, services.pageMarks);
  },
});

export const listAudit = readOperation({
  id: "listAudit",
  method: "GET",
  path: "/v1/audit",
  tag: "Audit",
  summary: "What was done in the installation, the newest first",
  access: { kind: "installation", right: "installation:audit" },
  query: query.extend({ fleet: z.string().min(1).max(64).optional().describe("In one fleet, by id") }),
  answers,
  handle: ({ db, query: { fleet, ...asked }, services }) =>
    listEntries(db, { ...asked, fleetId: fleet }, asked, services.pageMarks),
});
