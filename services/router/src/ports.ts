// What the gateway needs of the world outside, in its own words.
import type { Budget } from "./core/budgets.ts";
import type { KeyLimits } from "./core/key-limits.ts";
import type { Refusal, RefusalCode } from "./core/refusals.ts";
import type { ProviderEntry, RouteTable } from "./core/route-table.ts";
import type { Secret } from "./core/secret.ts";
import type { Usage } from "./core/usage.ts";

/** Who asks. */
export interface Caller {
  /** Stands in usage and logs; never the key itself. */
  readonly keyId: string;
  /** Models and aliases the key may use; undefined: all. */
  readonly models: readonly string[] | undefined;
  /** Undefined: none of its own. */
  readonly limits: KeyLimits | undefined;
  /** Providers that the caller brought, by name: theirs alone. */
  readonly providers: ReadonlyMap<string, ProviderTarget>;
  /** Search providers that the caller brought; empty: the operator's. */
  readonly search: readonly SearchTarget[];
  readonly budgets: readonly Budget[];
  /** As the control plane knows the key; undefined: it stands in the route table or the environment. */
  readonly account: CallerAccount | undefined;
}

export interface CallerAccount {
  readonly tokenId: string;
  /** Of the key: its name in lists and logs. */
  readonly fingerprint: string;
  readonly fleetId: string;
  /** Undefined: a service's key. */
  readonly accountId: string | undefined;
}

export type Verdict =
  | { readonly kind: "caller"; readonly caller: Caller }
  | { readonly kind: "unknown" }
  | { readonly kind: "unavailable" }
  /** The key is good, and not for this. */
  | Refusal;

export interface KeyValidation {
  /** `fleet`: the one that the caller means, by id or slug. `peer`: the caller's address. */
  validate(key: Secret, fleet: string | undefined, peer: string): Promise<Verdict>;
}

/** What callers may spend. */
export interface Budgets {
  /** Asked once for a request, before its body is read; undefined: it may go on. */
  check(caller: Caller): Refusal | undefined;
}

export type LimiterEntry =
  | { readonly kind: "admitted"; readonly headers: Readonly<Record<string, string>>; leave(): void }
  | {
      readonly kind: "refused";
      readonly headers: Readonly<Record<string, string>>;
      readonly refusal: Refusal;
    };

/** Counts what each key uses. */
export interface Limiter {
  /** Asked once for a request, before its body is read. */
  enter(caller: Caller): Promise<LimiterEntry>;
}

export interface UpstreamRequest {
  readonly baseUrl: string;
  readonly method: "GET" | "POST";
  /** Behind the base URL, with its query string. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  /** Ends the request in whatever phase it is. */
  readonly signal: AbortSignal;
}

export interface UpstreamResponse {
  readonly kind: "response";
  readonly status: number;
  header(name: string): string | undefined;
  /** Read with back-pressure; ends with an error when the connection does. */
  readonly body: AsyncIterable<Uint8Array>;
}

export type UpstreamReply = UpstreamResponse | { readonly kind: "failed"; readonly phase: UnansweredPhase };

/** `refused`: the address may not be dialed. `connect`: nothing was sent. `answer`: it ended before an answer came. */
export type UnansweredPhase = "refused" | "connect" | "answer";

export interface Upstream {
  /** Never rejects. */
  send(request: UpstreamRequest): Promise<UpstreamReply>;
}

/** A provider with what is needed to ask it. */
export interface ProviderTarget {
  readonly provider: ProviderEntry;
  readonly baseUrl: string;
  /** Empty: it wants none. */
  readonly keys: readonly Secret[];
  /** Sent with every request to it. */
  readonly headers: Readonly<Record<string, string>>;
}

export type SearchKind = "serper" | "searxng";

export interface SearchTarget {
  readonly provider: {
    readonly name: string;
    readonly kind: SearchKind;
    /** The key id of the caller who brought it; undefined: the operator's. */
    readonly owner?: string;
  };
  readonly baseUrl: string;
  readonly keys: readonly Secret[];
}

/** What is configured now; replaced as a whole when the file changes. */
export interface Routing {
  readonly table: RouteTable;
  readonly targets: ReadonlyMap<string, ProviderTarget>;
  /** In the order in which they are asked. */
  readonly search: readonly SearchTarget[];
  /** Where providers that callers brought may be beside the public internet. */
  readonly allowedRanges: readonly string[];
}

export interface RoutingSource {
  current(): Routing;
}

/** What came of a caller's schema, alone or with an answer. */
export type Validation =
  | { readonly kind: "valid" }
  /** Each names a place in the answer. */
  | { readonly kind: "invalid"; readonly problems: readonly string[] }
  | { readonly kind: "unusable"; readonly reason: string }
  /** It takes longer, or more memory, than a schema may. */
  | { readonly kind: "too-slow" }
  | { readonly kind: "busy" };

/** Uses callers' schemas. Never rejects, and never holds the process. */
export interface SchemaValidator {
  /** `owner`: who waits, so that nobody delays others by many schemas. */
  check(owner: string, schemaText: string): Promise<Validation>;
  validate(owner: string, schemaText: string, instanceText: string): Promise<Validation>;
}

/** One request's settlement. Holds no prompt, no answer, no key. */
export interface UsageEvent extends Usage {
  readonly requestId: string;
  readonly keyId: string;
  /** The machine that the caller says it asks for. */
  readonly machineId: string | undefined;
  readonly endpoint: string;
  /** As the caller wrote it, as far as a name may be long; undefined: the endpoint has none. */
  readonly requestedModel: string | undefined;
  /** What answered; undefined: nothing did. */
  readonly model: string | undefined;
  readonly provider: string | undefined;
  readonly isListed: boolean;
  readonly attempts: number;
  /** Queries that a search provider answered. */
  readonly searches: number;
  readonly refusal: RefusalCode | undefined;
  readonly durationMs: number;
  /** From the request's start to its first content. */
  readonly firstContentMs: number | undefined;
}

export interface UsageSink {
  /** Called once for each request. */
  record(event: UsageEvent, caller: Caller): void;
}

/** One request to a provider. */
export interface AttemptEvent {
  readonly requestId: string;
  /** "custom" for one that a caller brought: its name is the caller's. */
  readonly provider: string;
  readonly outcome:
    | "answered"
    | "abandoned"
    | "caller"
    | "model"
    | "shape"
    | "credential"
    | "rate"
    | "provider";
  readonly status: number | undefined;
  readonly durationMs: number;
}

/** A request as tracing sees it. */
export interface TracedRequest {
  readonly requestId: string;
  readonly endpoint: string;
  /** As the caller wrote it. */
  readonly model: string;
  /** The caller's place in its trace (W3C Trace Context), as the headers came. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

export interface TracedAttempt {
  readonly provider: string;
  readonly model: string;
  /** The caller brought the provider: it is told nothing of our traces. */
  readonly isOwn: boolean;
}

/** One request followed through its attempts. */
export interface RequestTrace {
  attempt(attempt: TracedAttempt): {
    /** For the provider. */
    readonly headers: Readonly<Record<string, string>>;
    ended(event: AttemptEvent): void;
  };
  settled(event: UsageEvent): void;
}

export interface Tracing {
  begin(request: TracedRequest): RequestTrace;
}

/** Keeps objects of the latest requests for 140 s at the most, so that a collection finds their shapes in use. */
export interface Shapes {
  /** In place of what was kept there before. */
  keep(place: string, objects: unknown): void;
}

export interface AttemptLog {
  attempted(attempt: AttemptEvent): void;
}
