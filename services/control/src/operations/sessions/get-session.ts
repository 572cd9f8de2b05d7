import { Failure } from "@cmdop/base";
import { z } from "zod";
import { readOperation, requireMembership } from "../../operation.ts";
import { attachmentSchema, sessionSchema, toAttachment, toSession } from "./session-view.ts";

const attachmentsShown = 200;

export const getSession = readOperation({
  id: "getSession",
  method: "GET",
  path: "/v1/fleets/{fleet}/sessions/{session}",
  tag: "Sessions",
  summary: "One session, with who was attached",
  access: { kind: "fleet", right: "sessions:read" },
  params: z.object({ fleet: z.string().max(64), session: z.string().max(64) }),
  answers: { 200: z.object({ session: sessionSchema, attachments: z.array(attachmentSchema) }) },
  handle: async ({ db, params, authorize, ...call }) => {
    const { fleetId } = requireMembership(call);
    const row = await db
      .selectFrom("sessions")
      .selectAll()
      .where("id", "=", params.session)
      .where("fleet_id", "=", fleetId)
      .executeTakeFirst();
    if (!row) throw new Failure("session_not_found");
    authorize("sessions:read", { fleetId, machineId: row.machine_id });
    const attachments = await db
      .selectFrom("session_attachments")
      .selectAll()
      .where("session_id", "=", row.id)
      .orderBy("attached_at", "desc")
      .limit(attachmentsShown)
      .execute();
    return { status: 200, body: { session: toSession(row), attachments: attachments.map(toAttachment) } };
  },
});
