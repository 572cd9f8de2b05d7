import type { Selectable } from "kysely";
import { z } from "zod";
import type { SessionAttachmentTable, SessionTable } from "../../store/tables/session-tables.ts";

/** Never the bytes, nor a file's name: they are asked for by the session's id, of a relay. */
const recordingSchema = z
  .object({
    location: z
      .enum(["machine"])
      .describe("The machine that it ran on keeps it; a relay reads it from there"),
    machineId: z.string(),
    state: z.enum(["kept", "gone"]).describe("As the machine said when it was last heard"),
    from: z.int().nullable().describe("Offset of the first byte of output that is kept"),
    to: z.int().nullable().describe("Offset after the last one; of a live session as of updatedAt"),
    until: z.iso
      .datetime()
      .nullable()
      .describe("When the machine lets it go at the latest; null: live, gone or not said"),
    goneAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "SessionRecording" });

export const sessionSchema = z
  .object({
    id: z.string(),
    machineId: z.string(),
    kind: z.string(),
    name: z.string(),
    program: z.string().describe("First word of the command line; empty: the machine's shell"),
    state: z.enum(["live", "lost", "ended"]),
    openedBy: z.string(),
    openedByAccount: z.string().nullable(),
    actor: z.string().nullable(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    exitCode: z.int().nullable(),
    exitSignal: z.string().nullable(),
    exitReason: z.string().nullable(),
    outputBytes: z.int(),
    inputBytes: z.int(),
    attachments: z.int(),
    updatedAt: z.iso.datetime(),
    recording: recordingSchema.nullable().describe("Its output; null: no relay has said where it is"),
  })
  .meta({ id: "Session" });

export const toSession = (row: Omit<Selectable<SessionTable>, "words">): z.input<typeof sessionSchema> => ({
  id: row.id,
  machineId: row.machine_id,
  kind: row.kind,
  name: row.name,
  program: row.program,
  state: row.state === "ended" || row.state === "lost" ? row.state : "live",
  openedBy: row.opened_by,
  openedByAccount: row.opened_by_account,
  actor: row.actor,
  createdAt: row.created_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
  exitCode: row.exit_code,
  exitSignal: row.exit_signal,
  exitReason: row.exit_reason,
  outputBytes: Number(row.output_bytes),
  inputBytes: Number(row.input_bytes),
  attachments: row.attachments,
  updatedAt: row.updated_at.toISOString(),
  recording: toRecording(row),
});

const toRecording = (
  row: Omit<Selectable<SessionTable>, "words">,
): z.input<typeof recordingSchema> | null => {
  const { machine_id: machineId, recording_gone_at: goneAt, recording_until: until } = row;
  if (goneAt === null && row.recording_to === null) return null;
  return {
    location: "machine",
    machineId,
    state: goneAt === null ? "kept" : "gone",
    from: row.recording_from === null ? null : Number(row.recording_from),
    to: row.recording_to === null ? null : Number(row.recording_to),
    until: until?.toISOString() ?? null,
    goneAt: goneAt?.toISOString() ?? null,
  };
};

export const attachmentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    actor: z.string().nullable(),
    accountId: z.string().nullable(),
    role: z.string(),
    attachedAt: z.iso.datetime(),
    detachedAt: z.iso.datetime().nullable(),
    reason: z.string(),
    outputBytes: z.int(),
  })
  .meta({ id: "SessionAttachment" });

export const toAttachment = (row: Selectable<SessionAttachmentTable>): z.input<typeof attachmentSchema> => ({
  id: row.id,
  name: row.name,
  actor: row.actor,
  accountId: row.account_id,
  role: row.role,
  attachedAt: row.attached_at.toISOString(),
  detachedAt: row.detached_at?.toISOString() ?? null,
  reason: row.reason,
  outputBytes: Number(row.output_bytes),
});

export const ticketSchema = z
  .object({
    sessionId: z.string(),
    role: z.enum(["operator", "observer"]),
    /** Presented to the relay; opens this session and nothing else. */
    secret: z.string(),
    expiresAt: z.iso.datetime(),
    relays: z.array(z.string()),
    relayCaPin: z.string().nullable(),
  })
  .meta({ id: "SessionTicket" });
