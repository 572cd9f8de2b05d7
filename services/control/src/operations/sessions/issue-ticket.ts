import { Failure } from "@cmdop/base";
import { z } from "zod";
import { requirePrincipal, writeOperation } from "../../operation.ts";
import { partyOf } from "../../store/session-parties.ts";
import { ticketSchema } from "./session-view.ts";
import { ticketMs, ticketMsMax } from "./ticket-times.ts";

export const issueTicket = writeOperation({
  id: "issueTicket",
  method: "POST",
  path: "/v1/sessions/{session}/tickets",
  tag: "Sessions",
  summary: "A ticket that attaches to one session at the relay and opens nothing else",
  access: { kind: "resolved", right: "sessions:observe" },
  hasSecret: true,
  params: z.object({ session: z.string().max(64) }),
  body: z.object({
    role: z.enum(["operator", "observer"]).default("operator"),
    validSeconds: z
      .int()
      .min(1)
      .max(ticketMsMax / 1000)
      .default(ticketMs / 1000)
      .describe("How long it may be presented"),
  }),
  answers: { 201: ticketSchema },
  prepare: async ({ params, body, services, authorize, ...call }) => {
    const principal = requirePrincipal(call);
    const session = await services.unitOfWork.read([...principal.memberships.keys()], (db) =>
      db
        .selectFrom("sessions")
        .select(["id", "fleet_id", "machine_id", "state"])
        .where("id", "=", params.session)
        .executeTakeFirst(),
    );
    const membership = session && principal.memberships.get(session.fleet_id);
    if (!session || !membership) throw new Failure("session_not_found");
    authorize(body.role === "operator" ? "sessions:operate" : "sessions:observe", {
      fleetId: session.fleet_id,
      machineId: session.machine_id,
    });
    const ticket = await services.sessionDesk.ticket(partyOf(principal, membership), {
      sessionId: session.id,
      role: body.role,
      validMs: body.validSeconds * 1000,
    });
    return { session, ticket };
  },
  handle: async ({ prepared, body, tx, services }) => {
    const { session, ticket } = prepared;
    tx.audit({
      action: "session.ticket",
      fleet: session.fleet_id,
      target: { kind: "session", id: session.id },
      body: { role: body.role, validSeconds: body.validSeconds },
    });
    return {
      status: 201,
      body: {
        sessionId: session.id,
        role: body.role,
        secret: ticket.token,
        expiresAt: new Date(ticket.expiresAtMs).toISOString(),
        relays: services.sessionDesk.relays,
        relayCaPin: services.sessionDesk.relayCaPin ?? null,
      },
    };
  },
});
