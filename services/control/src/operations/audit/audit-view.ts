import type { AuditEntry } from "@cmdop/audit";
import { z } from "zod";
import type { StoredEntry } from "../../store/audit/audit-entries.ts";

const text = z.string().min(1).max(256);

export const auditFilterQuery = {
  actor: text.optional().describe("Whoever did it, by id"),
  action: z
    .string()
    .regex(/^[a-z][a-z0-9_.]{0,127}$/, "an action or its beginning is expected, such as key. or key.revoke")
    .optional()
    .describe("An action, or what it begins with: `key.`"),
  target: text.optional().describe("What it was done to, by id"),
  outcome: z.enum(["allowed", "denied", "failed"]).optional(),
  requestId: text.optional(),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{16}$/, "16 hexadecimal digits are expected")
    .optional()
    .describe("Of the credential that was used"),
  since: z.iso.datetime({ offset: true }).optional().describe("Not before"),
  until: z.iso.datetime({ offset: true }).optional().describe("Before"),
} as const;

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** Members that an entry has not are absent, as they are in its canonical form. */
export const auditEntrySchema = z
  .object({
    seq: z.number().int(),
    at: z.iso.datetime(),
    actor: z.object({
      kind: z.string(),
      id: z.string(),
      fingerprint: z.string().optional(),
      name: z.string().optional(),
    }),
    action: z.string(),
    target: z.object({ kind: z.string(), id: z.string() }).optional(),
    fleet: z.string().optional(),
    outcome: z.enum(["allowed", "denied", "failed"]),
    requestId: z.string(),
    ip: z.string().optional(),
    client: z.string().optional(),
    reason: z.string().optional(),
    before: digest.optional(),
    after: digest.optional(),
    body: z.record(z.string(), z.unknown()),
    hash: digest.describe("SHA-256 of the hash before it and of the entry's canonical JSON"),
  })
  .meta({ id: "AuditEntry" });

/** From the text that was hashed: the columns beside it are there to search by alone. */
export const toAuditEntry = ({ canonical, hash }: StoredEntry): z.input<typeof auditEntrySchema> => ({
  ...(JSON.parse(canonical) as AuditEntry),
  hash,
});

export const auditCheckpointSchema = z
  .object({
    size: z.number().int().describe("Entries that it covers"),
    at: z.iso.datetime(),
    checkpoint: z.string().describe("C2SP signed note"),
  })
  .meta({ id: "AuditCheckpoint" });

const signed = {
  size: z.number().int().describe("Entries that the checkpoint covers"),
  checkpoint: z.string().describe("C2SP signed note"),
  verifierKey: z.string().describe("The log's public key (C2SP signed-note)"),
} as const;

export const auditConsistencySchema = z
  .object({
    from: z.number().int().describe("Entries that the kept checkpoint covers"),
    ...signed,
    proof: z.array(digest).describe("RFC 9162 2.1.4: from the smaller size to the greater"),
  })
  .meta({ id: "AuditConsistency" });

export const auditProofSchema = z
  .object({
    entry: auditEntrySchema,
    previousHash: digest.describe("Hash of the entry before it; zeros before the first"),
    ...signed,
    proof: z.array(digest).describe("RFC 9162 2.1.3: from leaf seq - 1 to the checkpoint's root"),
  })
  .meta({ id: "AuditProof" });
