import { Failure } from "@cmdop/base";
import { z } from "zod";
import { readOperation } from "../../operation.ts";
import { auditHashes } from "../../store/audit/audit-hashes.ts";
import { checkpointWithProof } from "../../store/audit/checkpoints.ts";
import { auditConsistencySchema } from "./audit-view.ts";

export const proveAuditConsistency = readOperation({
  id: "proveAuditConsistency",
  method: "GET",
  path: "/v1/audit/consistency",
  tag: "Audit",
  summary: "Proof that the log continues one that was signed before",
  description:
    "For whoever kept a checkpoint. A newest checkpoint that is smaller comes with the proof from it to the kept one, " +
    "where there is one. It says how many entries there are and nothing of them.",
  access: { kind: "signed_in" },
  // The proof is of every fleet's entries; nothing but hashes of them is in it.
  rows: "all",
  query: z.object({
    from: z.coerce
      .number()
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .describe("Entries that the kept checkpoint covers"),
  }),
  answers: { 200: auditConsistencySchema },
  perMinute: 60,
  handle: async ({ db, query: { from }, services }) => {
    const found = await checkpointWithProof(db, auditHashes(db), from);
    if (!found) throw new Failure("not_found", "Nothing is signed yet: it is done within a minute.");
    const { checkpoint, proof } = found;
    return {
      status: 200,
      body: {
        from,
        size: checkpoint.size,
        proof: [...proof],
        checkpoint: checkpoint.note,
        verifierKey: services.auditLog.verifierKey,
      },
    };
  },
});
