// Used by the two ways to ask for it: as an owner, and on the control plane's own machine.
import type { Random } from "@cmdop/base";
import type { z } from "zod";
import type { Answer } from "../../operation.ts";
import { addEdgeCredential } from "../../store/keys/new-credentials.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { type edgeBodySchema, type newEdgeSchema, toEdge } from "./edge-view.ts";

export const addEdge = async (
  tx: WriteTransaction,
  random: Random,
  wanted: z.output<typeof edgeBodySchema>,
): Promise<Answer<z.input<typeof newEdgeSchema>>> => {
  const credential = await addEdgeCredential(tx, random, { ...wanted, createdBy: tx.actor.id });
  const row = await tx.db
    .selectFrom("credentials")
    .selectAll()
    .where("id", "=", credential.id)
    .executeTakeFirstOrThrow();
  tx.audit({
    action: "edge.create",
    target: { kind: "edge", id: credential.id },
    body: { name: wanted.name, kind: wanted.kind, fingerprint: credential.fingerprint },
  });
  return { status: 201, body: { ...toEdge(row), secret: credential.secret }, version: row.version };
};
