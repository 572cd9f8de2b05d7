import { Failure, newId } from "@cmdop/base";
import { z } from "zod";
import { can } from "../../core/access/can.ts";
import { chooseFleet } from "../../core/access/memberships.ts";
import { requirePrincipal, writeOperation } from "../../operation.ts";
import { relayPartOf } from "../../store/edges/relay-part.ts";
import { partyOf } from "../../store/session-parties.ts";
import { ticketSchema } from "./session-view.ts";
import { ticketMs } from "./ticket-times.ts";

export const openSession = writeOperation({
  id: "openSession",
  method: "POST",
  path: "/v1/sessions",
  tag: "Sessions",
  summary: "Open a session on a machine; answers with a ticket for the relay",
  description: "From there on the client talks to the relay alone.",
  access: { kind: "resolved", right: "sessions:open" },
  hasSecret: true,
  body: z.object({
    fleet: z.string().max(64).optional().describe("Id or slug; unset: your only one"),
    machine: z
      .string()
      .max(256)
      .optional()
      .describe("Id, name, hostname or unique prefix; unset: the only one"),
    kind: z.enum(["terminal", "command"]).default("terminal"),
    argv: z.array(z.string().max(32_768)).min(1).max(1_024).optional(),
    shell: z.string().min(1).max(32_768).optional().describe("A line for /bin/sh -c, in place of argv"),
    cwd: z.string().max(4_096).optional(),
    env: z.record(z.string().max(256), z.string().max(32_768)).default({}),
    cols: z.int().min(1).max(1_000).optional(),
    rows: z.int().min(1).max(1_000).optional(),
    name: z.string().min(1).max(128).optional(),
    timeoutMs: z.int().min(1_000).optional(),
  }),
  answers: {
    201: ticketSchema.extend({ machineId: z.string(), name: z.string() }).meta({ id: "OpenedSession" }),
  },
  prepare: async ({ body, headers, services, authorize, ...call }) => {
    const principal = requirePrincipal(call);
    const membership = chooseFleet(principal, body.fleet);
    if (membership === "several") throw new Failure("fleet_required");
    if (!membership) throw new Failure("not_found", "There is no such fleet, or you are not in it.");
    const { fleetId } = membership;
    authorize("sessions:open", { fleetId });
    const nowMs = services.clock.wallMs();
    const party = partyOf(principal, membership);
    const reach = await services.unitOfWork.read([fleetId], (db) =>
      relayPartOf(
        db,
        principal,
        membership,
        (right) => can(principal, right, { fleetId }, nowMs).kind === "allow",
      ),
    );
    const { fleet: _fleet, ...wish } = body;
    const opened = await services.sessionDesk.open(party, {
      machine: wish.machine,
      machines: reach?.machines ?? [],
      kind: wish.kind,
      argv: wish.argv,
      shell: wish.shell,
      cwd: wish.cwd,
      env: wish.env,
      cols: wish.cols,
      rows: wish.rows,
      name: wish.name,
      timeoutMs: wish.timeoutMs,
      // The relay keeps one session for one key: a repeated request finds the first one's.
      idempotencyKey: headers["idempotency-key"] ?? newId("idk", services.random),
    });
    const role = "operator" as const;
    const ticket = await services.sessionDesk.ticket(party, {
      sessionId: opened.sessionId,
      role,
      validMs: ticketMs,
    });
    return { fleetId, opened, role, ticket };
  },
  handle: async ({ prepared, tx, services }) => {
    const { fleetId, opened, role, ticket } = prepared;
    tx.audit({
      action: "session.request",
      fleet: fleetId,
      target: { kind: "session", id: opened.sessionId },
      body: { machine: opened.machineId },
    });
    return {
      status: 201,
      body: {
        sessionId: opened.sessionId,
        machineId: opened.machineId,
        name: opened.name,
        role,
        secret: ticket.token,
        expiresAt: new Date(ticket.expiresAtMs).toISOString(),
        relays: services.sessionDesk.relays,
        relayCaPin: services.sessionDesk.relayCaPin ?? null,
      },
    };
  },
});
