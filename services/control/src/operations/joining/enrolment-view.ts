import type { Selectable } from "kysely";
import { z } from "zod";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import type { EnrolmentTable } from "../../store/tables/machine-tables.ts";

export const enrolmentSchema = z
  .object({
    id: z.string(),
    fleetId: z.string(),
    name: z.string(),
    hostname: z.string(),
    keyFingerprint: z.string(),
    code: z.string().describe("The machine shows the same one"),
    joinTokenId: z.string(),
    requestedFrom: z.string().nullable(),
    requestedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    state: z.enum(["waiting", "approved", "denied"]),
    decidedAt: z.iso.datetime().nullable(),
    decidedBy: z.string().nullable(),
  })
  .meta({ id: "Enrolment" });

export const toEnrolment = (row: Selectable<EnrolmentTable>): z.input<typeof enrolmentSchema> => ({
  id: row.id,
  fleetId: row.fleet_id,
  name: row.name,
  hostname: row.hostname,
  keyFingerprint: row.key_fingerprint,
  code: row.code,
  joinTokenId: row.join_token_id,
  requestedFrom: row.requested_from,
  requestedAt: row.requested_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  state: row.state,
  decidedAt: row.decided_at?.toISOString() ?? null,
  decidedBy: row.decided_by,
});

export const enrolmentParams = fleetParams.extend({ enrolment: z.string().max(64).describe("Id") });
