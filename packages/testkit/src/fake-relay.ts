// A relay that speaks the real protocol to a real agent, with knobs for what a real one would do wrong, or would do
// only in a bad moment. It keeps every byte of every home.
import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { isLinkProof } from "@cmdop/authority";
import { Failure, newSessionId } from "@cmdop/base";
import {
  AgentService,
  decodeMessage,
  encodeFramed,
  type Fault,
  type Heartbeat,
  LinkDownSchema,
  type LinkUp,
  LinkUpSchema,
  type Register,
  SessionKind,
  type SessionReport,
  type SessionSpecSchema,
} from "@cmdop/protocol";
import {
  createGrpcServer,
  type GrpcListener,
  type GrpcServer,
  metadataText,
  type ServerCall,
  type ServerTls,
  serveStream,
} from "@cmdop/protocol/grpc";
import { FakeRelayHome } from "./fake-relay-home.ts";
import { waitFor } from "./wait-for.ts";

export interface FakeRelayKnobs {
  /** Every Link is refused with this before anything else. */
  refuses: Failure | undefined;
  /** A Register is refused with this, in a Fault, whatever its proof. */
  rejects: Failure | undefined;
  /** No challenge is sent. */
  isSilent: boolean;
  /** Sends this challenge instead of a fresh one, as an attacker who replays would. */
  nonce: Uint8Array | undefined;
  /** Homes are refused with this. */
  refusesHomes: Failure | undefined;
}

export interface FakeRelayOptions {
  /** Without it: plaintext. */
  readonly tls?: ServerTls;
  /** Default: a free one. */
  readonly port?: number;
  readonly relayId?: string;
  readonly heartbeatIntervalMs?: number;
  readonly knobs?: Partial<FakeRelayKnobs>;
}

type LinkDownBody = NonNullable<MessageInitShape<typeof LinkDownSchema>["body"]>;

export class FakeRelay {
  readonly knobs: FakeRelayKnobs;
  readonly relayId: string;
  /** Every Link call there was, in order. */
  readonly links: FakeRelayLink[] = [];
  /** Every Home call that was taken, in order. */
  readonly homes: FakeRelayHome[] = [];
  /** Tokens of orders given and not yet used up: by token, the session. */
  readonly homeTokens = new Map<string, string>();
  readonly heartbeatIntervalMs: number;
  readonly #server: GrpcServer;
  #listener: GrpcListener | undefined;

  private constructor(options: FakeRelayOptions) {
    const { relayId = `relay-${randomBytes(4).toString("hex")}`, heartbeatIntervalMs = 30_000 } = options;
    this.relayId = relayId;
    this.heartbeatIntervalMs = heartbeatIntervalMs;
    this.knobs = {
      refuses: undefined,
      rejects: undefined,
      isSilent: false,
      nonce: undefined,
      refusesHomes: undefined,
      ...options.knobs,
    };
    this.#server = createGrpcServer({
      methods: new Map([
        serveStream(AgentService.method.link, (call) => this.#link(call)),
        serveStream(AgentService.method.home, (call) => this.#home(call)),
      ]),
    });
  }

  static async start(options: FakeRelayOptions = {}): Promise<FakeRelay> {
    const relay = new FakeRelay(options);
    const { tls, port = 0 } = options;
    relay.#listener = await relay.#server.listen({ host: "127.0.0.1", port, ...(tls ? { tls } : {}) });
    return relay;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** "host:port" */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The newest link that is registered and not over. */
  get linked(): FakeRelayLink | undefined {
    return this.links.findLast((link) => link.register !== undefined && !link.isOver);
  }

  async untilLinked(timeoutMs = 10_000): Promise<FakeRelayLink> {
    return waitFor(() => this.linked, { timeoutMs, what: "a link" });
  }

  /** The newest home of a session that has said hello and is not over. */
  homeOf(sessionId: string): FakeRelayHome | undefined {
    return this.homes.findLast((home) => home.sessionId === sessionId && home.hello && !home.isOver);
  }

  async untilHome(sessionId: string, timeoutMs = 10_000): Promise<FakeRelayHome> {
    return waitFor(() => this.homeOf(sessionId), { timeoutMs, what: `a home of ${sessionId}` });
  }

  /** GOAWAY on every connection; links and homes that run go on. */
  drain(): Promise<void> {
    return this.#server.drain();
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  #link(call: ServerCall): void {
    const { refuses } = this.knobs;
    if (refuses) call.fail(refuses);
    else this.links.push(new FakeRelayLink(this, call));
  }

  #home(call: ServerCall): void {
    const token = metadataText(call.metadata, "authorization")?.slice("Bearer ".length) ?? "";
    const sessionId = metadataText(call.metadata, "cmdop-session") ?? "";
    const { refusesHomes } = this.knobs;
    if (refusesHomes) call.fail(refusesHomes);
    else if (this.homeTokens.get(token) !== sessionId) call.fail(new Failure("unauthenticated"));
    else this.homes.push(new FakeRelayHome(sessionId, token, call));
  }
}

/** One Link call as the relay sees it. */
export class FakeRelayLink {
  readonly token: string;
  readonly heartbeats: Heartbeat[] = [];
  readonly reports: SessionReport[] = [];
  /** By order id; undefined: done. */
  readonly results = new Map<number, Fault | undefined>();
  register: Register | undefined;
  isProven = false;
  goodbye: string | undefined;
  isOver = false;
  readonly #relay: FakeRelay;
  readonly #call: ServerCall;
  readonly #nonce: Uint8Array;
  #orders = 0;

  constructor(relay: FakeRelay, call: ServerCall) {
    this.#relay = relay;
    this.#call = call;
    this.token = metadataText(call.metadata, "authorization")?.slice("Bearer ".length) ?? "";
    this.#nonce = relay.knobs.nonce ?? randomBytes(32);
    call.handle({
      message: (message) => this.#take(decodeMessage(LinkUpSchema, message).body),
      end: () => call.finish(),
      close: () => {
        this.isOver = true;
      },
    });
    if (!relay.knobs.isSilent) {
      this.send({ case: "challenge", value: { nonce: this.#nonce, relayId: relay.relayId } });
    }
  }

  send(body: LinkDownBody): void {
    if (!this.isOver) this.#call.sendFramed(encodeFramed(LinkDownSchema, { body }));
  }

  /** Bytes as they are, prefix included: for what no relay should send. */
  sendRaw(bytes: Uint8Array): void {
    this.#call.sendFramed(bytes);
  }

  /** Orders a session and waits until the agent has answered and its home has said hello. */
  async open(spec: MessageInitShape<typeof SessionSpecSchema> = {}): Promise<FakeRelayHome> {
    const sessionId = newSessionId();
    const home = { kind: SessionKind.TERMINAL, cols: 80, rows: 24, ...spec };
    await this.order("open", { sessionId, spec: home, homeToken: this.homeToken(sessionId) });
    return this.#relay.untilHome(sessionId);
  }

  /** Orders the home of a session that the host holds. */
  async orderHome(sessionId: string): Promise<FakeRelayHome> {
    await this.order("home", { sessionId, homeToken: this.homeToken(sessionId) });
    return this.#relay.untilHome(sessionId);
  }

  homeToken(sessionId: string): string {
    const token = randomBytes(32).toString("base64url");
    this.#relay.homeTokens.set(token, sessionId);
    return token;
  }

  /** Gives an order; resolves when it was carried out, rejects with the agent's fault. */
  async order<Case extends "open" | "home" | "close">(
    kind: Case,
    value: Extract<LinkDownBody, { case: Case }>["value"],
  ): Promise<void> {
    this.#orders += 1;
    const orderId = this.#orders;
    this.send({ case: kind, value: { ...value, orderId: BigInt(orderId) } } as LinkDownBody);
    await waitFor(() => this.results.has(orderId), { timeoutMs: 15_000, what: `the answer to ${kind}` });
    const fault = this.results.get(orderId);
    if (fault) throw new Error(`${fault.code}: ${fault.text}`);
  }

  /** Asks the agent to dial elsewhere; the link runs on. */
  move(withinMs: number, relays: readonly string[] = []): void {
    this.send({ case: "move", value: { relays: [...relays], withinMs } });
  }

  /** As when another link of the same machine came. */
  supersede(): void {
    this.fail(new Failure("superseded"));
  }

  fail(failure: Failure): void {
    this.send({ case: "fault", value: { code: failure.code, text: failure.message } });
    this.#call.fail(failure);
  }

  /** The status of a session by the last that the agent said of it. */
  reported(sessionId: string): SessionReport["sessions"][number] | undefined {
    const known = [...(this.register?.sessions ?? []), ...this.reports.flatMap(({ sessions }) => sessions)];
    return known.findLast((session) => session.sessionId === sessionId);
  }

  #take(body: LinkUp["body"]): void {
    switch (body.case) {
      case "register":
        this.#registered(body.value);
        return;
      case "heartbeat":
        this.heartbeats.push(body.value);
        return;
      case "sessionReport":
        this.reports.push(body.value);
        return;
      case "orderResult":
        this.results.set(Number(body.value.orderId), body.value.fault);
        return;
      case "goodbye":
        this.goodbye = body.value.reason;
        return;
      default:
    }
  }

  #registered(register: Register): void {
    const { publicKey, signature } = register;
    const { relayId, knobs, heartbeatIntervalMs } = this.#relay;
    this.isProven = isLinkProof({ publicKey, signature, relayId, nonce: this.#nonce });
    if (knobs.rejects) this.fail(knobs.rejects);
    else if (!this.isProven) this.fail(new Failure("identity_unproven"));
    else {
      this.register = register;
      const value = { machineId: "mch_fake", machineName: "fake", heartbeatIntervalMs, relayId };
      this.send({ case: "registered", value });
    }
  }
}
