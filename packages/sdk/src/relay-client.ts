import { type Clock, Failure, type Random, randomBase62 } from "@cmdop/base";
import {
  type IssueTicketResponse,
  type ListMachinesResponse,
  type ListSessionsResponse,
  OperatorService,
  type SessionInfo as WireSessionInfo,
  type Ticket as WireTicket,
} from "@cmdop/protocol";
import type { Attachment, AttachOptions } from "./attachment.ts";
import type { CallOptions, Client, OpenedSession, SessionReference } from "./client.ts";
import { type ChannelPool, createGrpcDial } from "./grpc-transport.ts";
import { LiveAttachment } from "./live-attachment.ts";
import type { Machine } from "./machine.ts";
import type { RelayCalls } from "./relay-calls.ts";
import { type RunOptions, type RunResult, runCommand } from "./run.ts";
import type { Role, SessionInfo, Ticket } from "./session.ts";
import { toSessionSpec } from "./session-spec.ts";
import type { StartOptions } from "./start-options.ts";
import { TicketSource } from "./ticket-source.ts";
import { fromMachine, fromSessionInfo, fromTicket, toRole } from "./wire-facts.ts";

const pageSize = 500;
const pagesMax = 200;
const connectTimeoutMs = 10_000;
const methods = OperatorService.method;

const requireInfo = (info: WireSessionInfo | undefined): SessionInfo => {
  if (!info) throw new Failure("malformed_message", "The relay's answer names no session.");
  return fromSessionInfo(info);
};

const requireTicket = (ticket: WireTicket | undefined): Ticket => {
  if (!ticket) throw new Failure("malformed_message", "The relay's answer holds no ticket.");
  return fromTicket(ticket);
};

/** What a reference says by itself: the ticket, or at least by what name to ask for one. */
const readReference = (reference: SessionReference): { readonly name: string; readonly ticket?: Ticket } => {
  if (typeof reference === "string") return { name: reference };
  if ("ticket" in reference) return { name: reference.session.id, ticket: reference.ticket };
  if ("token" in reference) return { name: reference.sessionId, ticket: reference };
  return { name: reference.id };
};

export interface RelayClientOptions {
  readonly relays: readonly string[];
  readonly pool: ChannelPool;
  readonly calls: RelayCalls;
  readonly clock: Clock;
  readonly random: Random;
}

/** The client over gRPC. */
export class RelayClient implements Client {
  readonly machines: Client["machines"];
  readonly sessions: Client["sessions"];
  readonly #relays: readonly string[];
  readonly #pool: ChannelPool;
  readonly #calls: RelayCalls;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #attachments = new Set<LiveAttachment>();

  constructor(options: RelayClientOptions) {
    this.#relays = options.relays;
    this.#pool = options.pool;
    this.#calls = options.calls;
    this.#clock = options.clock;
    this.#random = options.random;
    this.machines = { list: (call) => this.#listMachines(call) };
    this.sessions = {
      list: (call) => this.#listSessions(call),
      get: async (session, call) => requireInfo((await this.#issue(session, "observer", call)).session),
    };
  }

  async open(options: StartOptions): Promise<OpenedSession> {
    const response = await this.#calls.call(
      methods.openSession,
      {
        machine: options.machine ?? "",
        spec: toSessionSpec(options),
        idempotencyKey: options.idempotencyKey ?? randomBase62(22, this.#random),
      },
      { signal: options.signal },
    );
    return { session: requireInfo(response.session), ticket: requireTicket(response.ticket) };
  }

  async start(options: StartOptions, attach: AttachOptions = {}): Promise<Attachment> {
    return this.attach(await this.open(options), { from: 0, ...attach });
  }

  run(options: RunOptions): Promise<RunResult> {
    return runCommand({ start: (spec, attach) => this.start(spec, attach), clock: this.#clock }, options);
  }

  async attach(reference: SessionReference, options: AttachOptions = {}): Promise<Attachment> {
    options.signal?.throwIfAborted();
    const startMs = this.#clock.nowMs();
    const timeoutMs = options.connectTimeoutMs ?? connectTimeoutMs;
    const { name, ticket: given } = readReference(reference);
    const ticket =
      given ??
      requireTicket(
        (await this.#issue(name, options.role, { timeoutMs, signal: options.signal }, timeoutMs)).ticket,
      );
    const tickets = new TicketSource({
      ticket,
      clock: this.#clock,
      issue: async (relay) =>
        requireTicket(
          (
            await this.#calls.callAt(relay, methods.issueTicket, {
              session: ticket.sessionId,
              role: toRole(options.role ?? ticket.role),
            })
          ).ticket,
        ),
    });
    const attachment = new LiveAttachment({
      ...options,
      connectTimeoutMs: Math.max(0, timeoutMs - (this.#clock.nowMs() - startMs)),
      sessionId: ticket.sessionId,
      relays: this.#relays,
      dial: createGrpcDial(this.#pool, (relay, isExpired) => tickets.token(relay, isExpired)),
      clock: this.#clock,
      random: this.#random,
      onOver: (over) => this.#attachments.delete(over),
    });
    this.#attachments.add(attachment);
    await attachment.attached;
    return attachment;
  }

  async close(
    session: string,
    options: CallOptions & { readonly forget?: boolean; readonly graceMs?: number } = {},
  ): Promise<SessionInfo> {
    const { forget = false, graceMs = 0 } = options;
    const response = await this.#calls.call(methods.closeSession, { session, forget, graceMs }, options);
    return requireInfo(response.session);
  }

  async ticket(
    session: string,
    role: Role,
    options: CallOptions & { readonly validMs?: number } = {},
  ): Promise<Ticket> {
    const request = { session, role: toRole(role), validMs: options.validMs ?? 0 };
    return requireTicket((await this.#calls.call(methods.issueTicket, request, options)).ticket);
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#attachments].map((attachment) => attachment.detach()));
    await this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #issue(
    session: string,
    role: Role | undefined,
    call: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number } = {},
    retryForMs?: number,
  ): Promise<IssueTicketResponse> {
    return this.#calls.call(methods.issueTicket, { session, role: toRole(role) }, { ...call, retryForMs });
  }

  async #listMachines(options: CallOptions = {}): Promise<readonly Machine[]> {
    const machines: Machine[] = [];
    let pageToken = "";
    for (let page = 0; page < pagesMax; page += 1) {
      const response: ListMachinesResponse = await this.#calls.call(
        methods.listMachines,
        { pageSize, pageToken },
        options,
      );
      machines.push(...response.machines.map(fromMachine));
      pageToken = response.nextPageToken;
      if (pageToken === "") break;
    }
    return machines;
  }

  async #listSessions(
    options: CallOptions & { readonly ended?: boolean; readonly machine?: string } = {},
  ): Promise<readonly SessionInfo[]> {
    const sessions: SessionInfo[] = [];
    const { ended: includeEnded = false, machine = "" } = options;
    let pageToken = "";
    for (let page = 0; page < pagesMax; page += 1) {
      const response: ListSessionsResponse = await this.#calls.call(
        methods.listSessions,
        { includeEnded, machine, pageSize, pageToken },
        options,
      );
      sessions.push(...response.sessions.map(fromSessionInfo));
      pageToken = response.nextPageToken;
      if (pageToken === "") break;
    }
    return sessions;
  }
}
