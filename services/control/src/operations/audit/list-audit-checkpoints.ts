import { z } from "zod";
import { readOperation } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { auditCheckpointSchema } from "./audit-view.ts";

const list = "audit-checkpoints";

export const listAuditCheckpoints = readOperation({
  id: "listAuditCheckpoints",
  method: "GET",
  path: "/v1/audit/checkpoints",
  tag: "Audit",
  summary: "What the audit log's key has signed, the newest first",
  description: "They say how many entries there are and nothing of them.",
  access: { kind: "signed_in" },
  query: z.object(pageQuery),
  answers: { 200: pageOf(auditCheckpointSchema).extend({ verifierKey: z.string() }) },
  handle: async ({ db, query, services }) => {
    const marks = services.pageMarks;
    const [before] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = db
      .selectFrom("audit_checkpoints")
      .selectAll()
      .orderBy("size", "desc")
      .limit(query.limit + 1);
    if (before !== undefined) rows = rows.where("size", "<", Number(before));
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.size],
      toItem: (row) => ({ size: row.size, at: row.at.toISOString(), checkpoint: row.note }),
    });
    return { status: 200, body: { ...page, verifierKey: services.auditLog.verifierKey } };
  },
});
