import { z } from "zod";
import { readOperation } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { edgeSchema, toEdge } from "./edge-view.ts";

const list = "edges";

export const listEdges = readOperation({
  id: "listEdges",
  method: "GET",
  path: "/v1/edges",
  tag: "Edges",
  summary: "Relays and routers that have a credential, revoked ones too",
  access: { kind: "installation", right: "edges:read" },
  query: z.object(pageQuery),
  answers: { 200: pageOf(edgeSchema) },
  handle: async ({ db, query, services }) => {
    const marks = services.pageMarks;
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = db
      .selectFrom("credentials")
      .selectAll()
      .where("kind", "=", "edg")
      .orderBy("id")
      .limit(query.limit + 1);
    if (after !== undefined) rows = rows.where("id", ">", String(after));
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.id],
      toItem: toEdge,
    });
    return { status: 200, body: page };
  },
});
