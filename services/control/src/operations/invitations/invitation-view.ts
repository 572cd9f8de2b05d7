import type { Selectable } from "kysely";
import { z } from "zod";
import type { InvitationTable } from "../../store/tables/membership-tables.ts";

export const invitationSchema = z
  .object({
    id: z.string(),
    fleetId: z.string(),
    email: z.string(),
    role: z.string(),
    state: z.enum(["waiting", "accepted", "cancelled", "expired"]),
    membershipExpiresAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    expiresAt: z.iso.datetime(),
    acceptedAt: z.iso.datetime().nullable(),
    acceptedBy: z.string().nullable(),
  })
  .meta({ id: "Invitation" });

export const toInvitation = (
  row: Selectable<InvitationTable>,
  nowMs: number,
): z.input<typeof invitationSchema> => ({
  id: row.id,
  fleetId: row.fleet_id,
  email: row.email,
  role: row.role,
  state: row.accepted_at
    ? "accepted"
    : row.cancelled_at
      ? "cancelled"
      : row.expires_at.getTime() <= nowMs
        ? "expired"
        : "waiting",
  membershipExpiresAt: row.membership_expires_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  expiresAt: row.expires_at.toISOString(),
  acceptedAt: row.accepted_at?.toISOString() ?? null,
  acceptedBy: row.accepted_by,
});
