import { Failure } from "@cmdop/base";
import { z } from "zod";
import { writeOperation } from "../../operation.ts";

export const revokeEdge = writeOperation({
  id: "revokeEdge",
  method: "DELETE",
  path: "/v1/edges/{edge}",
  tag: "Edges",
  summary: "Revoke the credential of a relay or a router",
  access: { kind: "installation", right: "edges:manage" },
  params: z.object({ edge: z.string().max(64).describe("Id") }),
  answers: { 204: null },
  handle: async ({ params, tx }) => {
    const row = await tx.db
      .updateTable("credentials")
      .set((set) => ({ revoked_at: tx.now, revoked_reason: "revoked", version: set("version", "+", 1) }))
      .where("id", "=", params.edge)
      .where("kind", "=", "edg")
      .where("revoked_at", "is", null)
      .returning(["id", "fingerprint"])
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such relay or router, or it is revoked.");
    tx.audit({
      action: "edge.revoke",
      target: { kind: "edge", id: row.id },
      body: { fingerprint: row.fingerprint },
    });
    tx.revoke([row.id], "edge revoked");
    return { status: 204 };
  },
});
