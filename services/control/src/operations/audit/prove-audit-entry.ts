import { proveInclusion } from "@cmdop/audit";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import { type Answer, readOperation, requireMembership } from "../../operation.ts";
import { entriesAfter } from "../../store/audit/audit-entries.ts";
import { auditHashes, entryHashes } from "../../store/audit/audit-hashes.ts";
import { segmentOf } from "../../store/audit/audit-segments.ts";
import { latestCheckpoint } from "../../store/audit/checkpoints.ts";
import type { Reader } from "../../store/schema.ts";
import { auditProofSchema, toAuditEntry } from "./audit-view.ts";

const zeroHash = "0".repeat(64);
const seq = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const summary = "Proof that an entry is in the log that was signed";

const proveEntry = async (
  db: Reader,
  wanted: { readonly seq: number; readonly fleetId?: string },
  verifierKey: string,
): Promise<Answer> => {
  const { fleetId } = wanted;
  const [entry] = await entriesAfter(db, {}, { after: wanted.seq - 1, upTo: wanted.seq, limit: 1 });
  if (!entry) {
    // Whose entry it was stands in the file alone, so a fleet is not told that there was one.
    const segment = fleetId === undefined ? await segmentOf(db, wanted.seq) : undefined;
    if (segment) throw new Failure("audit_archived", `Entry ${wanted.seq} is in ${segment.file}.`);
  }
  const isTheirs = fleetId === undefined || entryFleet(entry?.canonical) === fleetId;
  if (!entry || !isTheirs) throw new Failure("not_found", `There is no entry ${wanted.seq} in this log.`);
  const previous = entry.seq === 1 ? [zeroHash] : await entryHashes(db, entry.seq - 2, entry.seq - 1);
  const checkpoint = await latestCheckpoint(db);
  if (!checkpoint || checkpoint.size < entry.seq) {
    throw new Failure(
      "not_found",
      `Entry ${entry.seq} is not under a signed checkpoint yet: one is signed within a minute.`,
    );
  }
  return {
    status: 200,
    body: {
      entry: toAuditEntry(entry),
      previousHash: previous?.[0] ?? zeroHash,
      size: checkpoint.size,
      proof: await proveInclusion(auditHashes(db), entry.seq - 1, checkpoint.size),
      checkpoint: checkpoint.note,
      verifierKey,
    },
  };
};

const entryFleet = (canonical: string | undefined): string | undefined =>
  canonical === undefined ? undefined : (JSON.parse(canonical) as { readonly fleet?: string }).fleet;

export const proveFleetAuditEntry = readOperation({
  id: "proveFleetAuditEntry",
  method: "GET",
  path: "/v1/fleets/{fleet}/audit/{seq}/proof",
  tag: "Audit",
  summary,
  access: { kind: "fleet", right: "audit:read" },
  // The hashes of other fleets' entries are part of the proof; nothing else of them is.
  rows: "all",
  params: z.object({ fleet: z.string().max(64), seq }),
  answers: { 200: auditProofSchema },
  perMinute: 60,
  handle: ({ db, params, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    return proveEntry(db, { seq: params.seq, fleetId }, services.auditLog.verifierKey);
  },
});

export const proveAuditEntry = readOperation({
  id: "proveAuditEntry",
  method: "GET",
  path: "/v1/audit/{seq}/proof",
  tag: "Audit",
  summary,
  access: { kind: "installation", right: "installation:audit" },
  params: z.object({ seq }),
  answers: { 200: auditProofSchema },
  perMinute: 60,
  handle: ({ db, params, services }) => proveEntry(db, params, services.auditLog.verifierKey),
});
