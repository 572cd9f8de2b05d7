import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { type GrantRole, type OperatorGrant, ticketValidMsDefault } from "@cmdop/authority";
import { Failure, toFailure } from "@cmdop/base";
import { limits, OperatorService, type TicketSchema, type Role as WireRole } from "@cmdop/protocol";
import { type Method, metadataText, type ServerCall, serveUnary } from "@cmdop/protocol/grpc";
import type { SessionInfo } from "../../core/parties.ts";
import type { SessionResult } from "../../core/requests.ts";
import { addressOf, type RelayContext } from "../../relay-context.ts";
import { roles } from "../../wire/enums.ts";
import { fromSessionSpec, toMachine, toSessionInfo } from "../../wire/parties.ts";
import { toPrincipal } from "../../wire/principals.ts";
import { bearerToken } from "./bearer.ts";

/** A request names a session, a machine, a spec with its environment: nothing of it is large. */
const requestBytesMax = 512 * 1024;
const { method } = OperatorService;

/** The unary methods of OperatorService. Each takes an operator token, which is verified before the request is read. */
export const serveOperatorMethods = (context: RelayContext): [path: string, method: Method][] => {
  const { core, authority } = context;

  const unary = <Input extends DescMessage, Output extends DescMessage>(
    description: DescMethodUnary<Input, Output>,
    answer: (
      request: MessageShape<Input>,
      grant: OperatorGrant,
      signal: AbortSignal,
    ) => Promise<MessageInitShape<Output>>,
  ): [path: string, method: Method] => {
    const grants = new WeakMap<ServerCall, OperatorGrant>();
    const [path, served] = serveUnary(description, async (request, call) => {
      const grant = grants.get(call);
      if (!grant) throw new Failure("unauthenticated");
      try {
        return await answer(request, grant, call.signal);
      } catch (cause) {
        context.counters.fault(toFailure(cause).code);
        throw cause;
      }
    });
    const handler = async (call: ServerCall): Promise<void> => {
      try {
        const fleet = metadataText(call.metadata, "x-cmdop-fleet");
        const peer = addressOf(call.peer.address);
        grants.set(call, await authority.verify("operator", bearerToken(call.metadata), { fleet, peer }));
      } catch (cause) {
        const failure = toFailure(cause);
        context.log.refused(description.localName, call.peer.address, failure);
        context.counters.fault(failure.code);
        call.fail(failure);
        return;
      }
      if (call.signal.aborted) return;
      call.authenticated();
      await served.handler(call);
    };
    const bounds = {
      messageBytesMax: requestBytesMax,
      unauthenticatedBytesMax: limits.unauthenticatedBytesMax,
    };
    return [path, { ...bounds, handler }];
  };

  const issue = async (
    grant: OperatorGrant,
    session: SessionInfo,
    wanted: { readonly role?: GrantRole | undefined; readonly validMs?: number } = {},
  ): Promise<MessageInitShape<typeof TicketSchema>> => {
    const { sessionId } = session;
    // Where it may observe only, the ticket says so: the attachment is judged by it alone.
    const role = core.roleIn(toPrincipal(grant), session);
    const ticket = await authority.issueTicket({
      grant: { ...grant, role },
      sessionId,
      role: wanted.role,
      validMs: wanted.validMs ?? ticketValidMsDefault,
    });
    return {
      token: ticket.token,
      sessionId,
      role: roles.toWire(ticket.role),
      expiresAtMs: BigInt(ticket.expiresAtMs),
    };
  };

  return [
    unary(method.openSession, async (request, grant, signal) => {
      if (request.spec === undefined) throw new Failure("invalid_argument", "spec is missing.");
      const wish = {
        machine: request.machine,
        spec: fromSessionSpec(request.spec),
        idempotencyKey: request.idempotencyKey,
        isGone: () => signal.aborted,
      };
      const session = await settle((done) => core.openSession(toPrincipal(grant), wish, done));
      return { session: toSessionInfo(session), ticket: await issue(grant, session) };
    }),
    unary(method.closeSession, async ({ session, graceMs, forget }, grant) => {
      const closed = await settle((done) =>
        core.closeSession(toPrincipal(grant), { session, graceMs, forget }, done),
      );
      return { session: toSessionInfo(closed) };
    }),
    unary(method.listSessions, async (request, grant) => {
      const page = assertDone(core.listSessions(toPrincipal(grant), request));
      return { sessions: page.items.map(toSessionInfo), nextPageToken: page.nextPageToken };
    }),
    unary(method.listMachines, async (request, grant) => {
      const page = assertDone(core.listMachines(toPrincipal(grant), request));
      return { machines: page.items.map(toMachine), nextPageToken: page.nextPageToken };
    }),
    unary(method.issueTicket, async (request, grant) => {
      const session = assertDone(core.findSession(toPrincipal(grant), request.session));
      const ticket = await issue(grant, session, {
        role: toRole(request.role),
        ...(request.validMs === 0 ? {} : { validMs: request.validMs }),
      });
      return { ticket, session: toSessionInfo(session) };
    }),
  ];
};

const toRole = (role: WireRole): GrantRole | undefined =>
  role === 0 ? undefined : roles.require(role, "role");

const assertDone = <Value>(result: Value | Failure): Value => {
  if (result instanceof Failure) throw result;
  return result;
};

const settle = (start: (done: SessionResult) => void): Promise<SessionInfo> =>
  new Promise((resolve, reject) => {
    start((result) => (result instanceof Failure ? reject(result) : resolve(result)));
  });
