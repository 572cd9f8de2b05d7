import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import {
  createPrivateKey25519,
  type MintedOpaqueToken,
  mintMachineToken,
  mintOpaqueToken,
  mintSessionToken,
  type OpaqueTokenKind,
  type TokenSigner,
  toPublicJwk,
} from "@cmdop/authority";
import { systemClock } from "@cmdop/base";
import { createTestCertificates, type TestCertificates } from "@cmdop/testkit";
import {
  type ActiveAnswer,
  createControlClient,
  type EdgeEvent,
  eventBatchSchema,
  type FleetSnapshot,
  type IntrospectAnswer,
  internalLimits,
  internalPaths,
  introspectRequestSchema,
  type LatestCheckpoint,
  type OutagePolicy,
  parseEdgeEvent,
  type RevocationRow,
} from "../src/index.ts";

/** What a test may do to the control plane. */
export interface FakeControlKnobs {
  /** Every answer but the feed's is late by this. */
  delayMs: number;
  /** Introspections answer with what was true when they were asked, and only after this resolves. */
  hold: Promise<void> | undefined;
  /** The feed stays open and says nothing. */
  isFeedStalled: boolean;
  /** Revocations with these numbers are not sent, until they are asked for again (`once`) or ever. */
  readonly unsent: Map<number, "once" | "always">;
  /** Numbers at or below this are not kept. */
  compactedTo: number;
  /** Events are refused with 503. */
  isIntakeDown: boolean;
}

interface FakeToken {
  readonly minted: MintedOpaqueToken;
  answer: Omit<ActiveAnswer, "revSeq" | "active">;
  isRevoked: boolean;
}

/** The control plane's internal API over real TLS, held in memory. */
export class FakeControl {
  readonly knobs: FakeControlKnobs = {
    delayMs: 0,
    hold: undefined,
    isFeedStalled: false,
    unsent: new Map(),
    compactedTo: 0,
    isIntakeDown: false,
  };
  readonly edgeToken = mintOpaqueToken("edg").token;
  readonly certificates: TestCertificates;
  readonly signer: TokenSigner = { keyId: "control-1", privateKey: createPrivateKey25519() };
  readonly revocations: RevocationRow[] = [];
  readonly events: EdgeEvent[] = [];
  /** By edge and stream. */
  readonly acked = new Map<string, number>();
  readonly calls = { introspect: 0, revocations: 0, keySet: 0, fleets: 0, events: 0, checkpoint: 0 };
  checkpoint: LatestCheckpoint | undefined;
  fleets: FleetSnapshot["fleets"] = [];
  readonly #tokens = new Map<string, FakeToken>();
  readonly #feeds = new Set<Feed>();
  readonly #sockets = new Set<Duplex>();
  #server: Server | undefined;
  #port = 0;
  #keys: TokenSigner[] = [this.signer];
  readonly withdrawnKeys: string[] = [];
  readonly #heart: NodeJS.Timeout;

  private constructor(certificates: TestCertificates) {
    this.certificates = certificates;
    this.#heart = setInterval(() => {
      for (const feed of this.#feeds) this.#advance(feed, true);
    }, internalLimits.heartbeatMs);
  }

  static async open(): Promise<FakeControl> {
    const control = new FakeControl(await createTestCertificates());
    control.setFleet("flt_main", { slug: "main" });
    await control.up();
    return control;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get head(): number {
    return this.revocations.at(-1)?.seq ?? 0;
  }

  client(token = this.edgeToken): ReturnType<typeof createControlClient> {
    return createControlClient({ url: this.url, token, caPin: this.certificates.caPin });
  }

  /** Listens, on the port of the first time. */
  async up(): Promise<void> {
    if (this.#server) return;
    const server = createServer(
      { cert: this.certificates.cert, key: this.certificates.key },
      (request, response) => {
        this.#answer(request, response).catch(() => response.destroy());
      },
    );
    // Before the handshake too: a half-made connection would hold close() up.
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => {
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** As if it were killed. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    clearInterval(this.#heart);
    await this.down();
  }

  setFleet(
    id: string,
    settings: {
      slug?: string;
      outage?: OutagePolicy;
      isDisabled?: boolean;
      disabledMachines?: string[];
    } = {},
  ): void {
    const { slug = id, outage = "best_effort", isDisabled = false, disabledMachines = [] } = settings;
    this.fleets = [
      ...this.fleets.filter((fleet) => fleet.id !== id),
      { id, slug, outage, isDisabled, disabledMachines },
    ];
  }

  addKey(signer: TokenSigner): void {
    this.#keys = [...this.#keys, signer];
  }

  /** As an operator who shuts a stolen key out. */
  withdraw({ keyId }: TokenSigner): void {
    this.#keys = this.#keys.filter((signer) => signer.keyId !== keyId);
    this.withdrawnKeys.unshift(keyId);
    this.revoke([keyId]);
  }

  /** A token that is good; `part` changes its answer. */
  issue(
    kind: OpaqueTokenKind = "api",
    part: Partial<FakeToken["answer"]> = {},
  ): { readonly token: string; readonly id: string } {
    const minted = mintOpaqueToken(kind);
    const fleet = this.fleets[0] ?? { id: "flt_main", slug: "main", outage: "best_effort" as const };
    this.#tokens.set(minted.token, {
      minted,
      isRevoked: false,
      answer: {
        subject: { kind: "account", id: "acc_ann", name: "ann" },
        tokenId: minted.id,
        kind,
        fingerprint: minted.fingerprint,
        fleet: { id: fleet.id, slug: fleet.slug, outage: fleet.outage },
        revocationSubjects: [minted.id, "acc_ann", "mem_ann", fleet.id],
        rights: ["session:attach", "session:open"],
        relay: { role: "operator", actor: "human", machines: "*", observedMachines: [] },
        router: {
          models: "*",
          limits: { requestsPerMinute: null, tokensPerMinute: null, concurrent: null },
          budgets: [],
          providers: [],
        },
        notAfterMs: null,
        limitMs: null,
        freshForMs: internalLimits.freshForMs,
        usableForMs: internalLimits.usableForMs,
        ...part,
      },
    });
    return { token: minted.token, id: minted.id };
  }

  /** What is answered of a token from now on. */
  change(token: string, part: Partial<FakeToken["answer"]>): void {
    const known = this.#tokens.get(token);
    if (known) known.answer = { ...known.answer, ...part };
  }

  /** A revocation takes its number, and answers change, in one step. */
  revoke(subjects: readonly string[], options: { skip?: number } = {}): RevocationRow {
    const row: RevocationRow = {
      seq: this.head + 1 + (options.skip ?? 0),
      previousSeq: this.head,
      subjects: [...subjects],
      reason: "test",
      atMs: Date.now(),
    };
    this.revocations.push(row);
    for (const token of this.#tokens.values()) if (subjects.includes(token.minted.id)) token.isRevoked = true;
    for (const feed of this.#feeds) this.#advance(feed, false);
    return row;
  }

  mintMachine(machine: {
    machineId: string;
    keyFingerprint: string;
    fleet?: string;
    validMs?: number;
    nowMs?: number;
  }): Promise<string> {
    const { machineId, keyFingerprint, fleet = "flt_main", validMs = 3_600_000 } = machine;
    const wallMs = (): number => machine.nowMs ?? systemClock.wallMs();
    return mintMachineToken(
      { signer: this.signer, clock: { wallMs } },
      {
        machineId,
        machineName: "box",
        keyFingerprint,
        fleet,
        validMs,
        fence: { subjects: [machineId, fleet], revSeq: this.head },
      },
    ).then(({ token }) => token);
  }

  mintTicket(ticket: { sessionId: string; fleet?: string; revSeq?: number }): Promise<string> {
    const { sessionId, fleet = "flt_main", revSeq = this.head } = ticket;
    return mintSessionToken(
      { signer: this.signer, clock: systemClock },
      {
        operator: "ann",
        role: "operator",
        actor: "human",
        sessionId,
        fleet,
        accountId: "acc_ann",
        fence: { subjects: ["acc_ann", "mem_ann", fleet], revSeq },
        validMs: 600_000,
      },
    ).then(({ token }) => token);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${this.edgeToken}`)
      return problem(response, 401, { code: "unauthenticated" });
    const url = new URL(request.url ?? "/", "https://control");
    switch (`${request.method} ${url.pathname}`) {
      case `POST ${internalPaths.introspect}`:
        this.calls.introspect += 1;
        return this.#introspect(response, await readJson(request));
      case `GET ${internalPaths.revocations}`:
        this.calls.revocations += 1;
        return this.#openFeed(response, url.searchParams.get("after"));
      case `GET ${internalPaths.keySet}`: {
        this.calls.keySet += 1;
        return this.#snapshot(request, response, {
          keys: this.#keys.map(toPublicJwk),
          withdrawn: this.withdrawnKeys,
        });
      }
      case `GET ${internalPaths.fleets}`:
        this.calls.fleets += 1;
        return this.#snapshot(request, response, {
          revSeq: this.head,
          atMs: Date.now(),
          fleets: this.fleets,
        } satisfies FleetSnapshot);
      case `GET ${internalPaths.checkpoint}`:
        this.calls.checkpoint += 1;
        return this.checkpoint
          ? json(response, 200, this.checkpoint)
          : problem(response, 404, { code: "unimplemented" });
      case `POST ${internalPaths.events}`:
        this.calls.events += 1;
        return this.#takeEvents(response, await readJson(request));
      default:
        return problem(response, 404, { code: "unimplemented" });
    }
  }

  async #introspect(response: ServerResponse, body: unknown): Promise<void> {
    const { token, fleet, need } = introspectRequestSchema.parse(body);
    const answer = this.#verdict(token, fleet, need);
    await this.knobs.hold;
    await this.#delay();
    json(response, 200, answer);
  }

  #verdict(token: string, fleet: string | undefined, need: "relay" | "router"): IntrospectAnswer {
    const revSeq = this.head;
    const known = this.#tokens.get(token);
    if (!known) return { active: false, code: "unknown", revSeq };
    if (known.isRevoked) return { active: false, code: "revoked", revSeq };
    const { relay, router, ...rest } = known.answer;
    if (rest.notAfterMs !== null && rest.notAfterMs <= Date.now())
      return { active: false, code: "expired", revSeq };
    if (fleet !== undefined && fleet !== rest.fleet.id && fleet !== rest.fleet.slug)
      return { active: false, code: "forbidden", revSeq };
    const part = need === "relay" ? { relay } : { router };
    return { active: true, ...rest, ...part, revSeq } as ActiveAnswer;
  }

  #openFeed(response: ServerResponse, after: string | null): void {
    const from = after === null ? this.knobs.compactedTo : Number(after);
    if (from < this.knobs.compactedTo) {
      const { compactedTo: oldest } = this.knobs;
      problem(response, 410, { code: "log_compacted", head: this.head, oldest });
      return;
    }
    response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
    response.flushHeaders();
    const feed: Feed = { response, sent: from };
    this.#feeds.add(feed);
    response.on("close", () => this.#feeds.delete(feed));
    this.#advance(feed, true);
  }

  #advance(feed: Feed, withHeartbeat: boolean): void {
    if (this.knobs.isFeedStalled) return;
    for (const row of this.revocations) {
      if (row.seq <= feed.sent) continue;
      feed.sent = row.seq;
      const unsent = this.knobs.unsent.get(row.seq);
      if (unsent === "once") this.knobs.unsent.delete(row.seq);
      if (unsent === undefined) feed.response.write(`${JSON.stringify(row)}\n`);
    }
    if (withHeartbeat) feed.response.write(`${JSON.stringify({ head: this.head, nowMs: Date.now() })}\n`);
  }

  async #snapshot(request: IncomingMessage, response: ServerResponse, value: object): Promise<void> {
    await this.#delay();
    const { atMs: _, ...rest } = value as { atMs?: number };
    const etag = `"${Buffer.from(JSON.stringify(rest)).toString("base64url").slice(-200)}"`;
    if (request.headers["if-none-match"] === etag) {
      response.writeHead(304, { etag }).end();
      return;
    }
    json(response, 200, value, { etag });
  }

  async #takeEvents(response: ServerResponse, body: unknown): Promise<void> {
    await this.#delay();
    if (this.knobs.isIntakeDown) {
      problem(response, 503, { code: "unavailable" });
      return;
    }
    const { edge, stream, first, events } = eventBatchSchema.parse(body);
    const key = `${edge} ${stream}`;
    const refused: number[] = [];
    let acked = this.acked.get(key) ?? 0;
    events.forEach((value, index) => {
      const number = first + index;
      if (number <= acked) return;
      acked = number;
      const event = parseEdgeEvent(value);
      if (event) this.events.push(event);
      else refused.push(number);
    });
    this.acked.set(key, acked);
    json(response, 200, { acked, refused });
  }

  #delay(): Promise<void> {
    const { delayMs } = this.knobs;
    return delayMs === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, delayMs).unref());
  }
}

interface Feed {
  readonly response: ServerResponse;
  sent: number;
}

const readJson = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
};

const json = (
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  response.end(JSON.stringify(value));
};

const problem = (response: ServerResponse, status: number, members: object): void => {
  response.writeHead(status, { "content-type": "application/problem+json" });
  response.end(JSON.stringify({ type: "about:blank", status, ...members }));
};
