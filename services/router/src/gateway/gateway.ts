// Answers one call: finds the route, asks providers as the plan says, and settles what was used exactly once.
import type { Clock, Random } from "@cmdop/base";
import { type AttemptFailure, AttemptPlan, type AttemptPolicy, type Step } from "../core/attempt-policy.ts";
import type { Dialect } from "../core/dialect.ts";
import type { Limits } from "../core/limits.ts";
import type { Call } from "../core/protocol.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import { type Candidate, type ProviderEntry, type ProviderKind, resolveRoute } from "../core/route-table.ts";
import { type End, Meter } from "../core/usage.ts";
import type {
  AttemptEvent,
  AttemptLog,
  Caller,
  ProviderTarget,
  RequestTrace,
  RoutingSource,
  Upstream,
  UpstreamResponse,
  UsageEvent,
  UsageSink,
} from "../ports.ts";
import type { Asked, OnEnd, Outcome } from "./answer.ts";
import { Attempt } from "./attempt.ts";
import { toOwnFailure, unreached } from "./failures.ts";
import { pause } from "./pause.ts";
import { readPlain, readRefused } from "./plain-answer.ts";
import type { RingShelf } from "./ring-shelf.ts";
import { startStream } from "./stream-answer.ts";

export interface GatewayOptions {
  readonly routing: RoutingSource;
  readonly dialects: Readonly<Record<ProviderKind, Dialect>>;
  readonly upstreams: Readonly<Record<ProviderKind, Upstream>>;
  /** For providers that callers brought. */
  readonly guarded: Upstream;
  readonly rings: RingShelf;
  readonly usage: UsageSink;
  readonly log: AttemptLog;
  readonly policy: AttemptPolicy;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
}

export interface GatewayRequest {
  readonly requestId: string;
  readonly caller: Caller;
  readonly call: Call;
  /** Aborted when the caller leaves. */
  readonly signal: AbortSignal;
  /** The caller's own deadline for the answer to begin. */
  readonly patienceMs: number | undefined;
  /** Undefined: tracing is off. */
  readonly trace: RequestTrace | undefined;
}

/** Which model answered, for the headers of the answer. */
interface Answered {
  readonly model: string;
  readonly provider: string;
  readonly attempts: number;
}

export type GatewayAnswer =
  | (Answered & { readonly kind: "plain"; readonly body: Uint8Array })
  | (Answered & {
      readonly kind: "stream";
      /** Whole events; read only as fast as the caller takes them. */
      readonly blocks: AsyncGenerator<Uint8Array>;
      /** Ends what still runs, also when nothing was read. */
      close(): void;
    })
  | Refusal
  | { readonly kind: "gone" };

export interface Gateway {
  answer(request: GatewayRequest): Promise<GatewayAnswer>;
}

export const createGateway = (options: GatewayOptions): Gateway => ({
  answer: (request) => new Exchange(options, request).run(),
});

class Exchange {
  readonly #options: GatewayOptions;
  readonly #request: GatewayRequest;
  readonly #meter: Meter;
  readonly #startMs: number;
  #firstContentMs: number | undefined;
  #answering: Candidate | undefined;
  #attempt: Attempt | undefined;
  #attempts = 0;

  constructor(options: GatewayOptions, request: GatewayRequest) {
    this.#options = options;
    this.#request = request;
    this.#meter = new Meter(request.call.inputChars);
    this.#startMs = options.clock.nowMs();
  }

  async run(): Promise<GatewayAnswer> {
    const { routing, policy, random, clock } = this.#options;
    const { call, caller, signal } = this.#request;
    const { table, targets } = routing.current();
    if (!isAllowed(caller, call.model)) {
      return this.#refused(refuse("model_not_allowed", { param: "model" }));
    }
    const route = resolveRoute(table, call.model, entriesOf(caller));
    if (route.kind === "refusal") return this.#refused(route);
    const [first, ...rest] = route.candidates.filter(
      ({ provider }) => !call.protocol.refusedBy(call, provider),
    );
    if (!first) {
      const [{ provider }] = route.candidates;
      return this.#refused(call.protocol.refusedBy(call, provider) ?? refuse("internal"));
    }
    const targetOf = ({ provider: { name, owner } }: Candidate): ProviderTarget => {
      const target = owner === undefined ? targets.get(name) : caller.providers.get(name);
      if (!target) throw new Error(`the route table names ${name}, which has no target`);
      return target;
    };
    const patienceMs = Math.min(policy.totalMs, this.#request.patienceMs ?? policy.totalMs);
    const plan = new AttemptPlan({
      policy,
      candidates: [first, ...rest],
      ringOf: (candidate) => this.#options.rings.of(targetOf(candidate)),
      random,
      deadlineMs: this.#startMs + patienceMs,
    });
    for (;;) {
      const step = plan.next(clock.nowMs());
      if (step.kind === "give-up") return this.#refused(step.refusal);
      if (step.kind === "wait") {
        await pause(clock, step.ms, signal);
        if (signal.aborted) return this.#gone();
        continue;
      }
      this.#attempts = plan.attempts;
      const outcome = await this.#ask(step, targetOf(step.candidate));
      if (signal.aborted) {
        plan.abandoned();
        this.#attempt?.close();
        return this.#gone();
      }
      if (outcome.kind === "failure") {
        plan.failed(outcome.failure, clock.nowMs());
        this.#meter.restart();
        continue;
      }
      plan.succeeded();
      return this.#answered(outcome, step.candidate);
    }
  }

  async #ask(step: Extract<Step<Candidate>, { kind: "ask" }>, target: ProviderTarget): Promise<Outcome> {
    const { clock, policy, dialects, upstreams, guarded, log } = this.#options;
    const { call, signal, requestId, trace } = this.#request;
    const { candidate, keyIndex } = step;
    const key = target.keys[keyIndex];
    const deadlineMs = this.#startMs + policy.totalMs;
    const attempt = new Attempt({ clock, policy, signal, deadlineMs, key });
    this.#attempt = attempt;
    const { kind, name, owner } = candidate.provider;
    const upstream = owner === undefined ? upstreams[kind] : guarded;
    const startMs = clock.nowMs();
    const traced = trace?.attempt({
      provider: labelOf(candidate.provider),
      model: candidate.upstreamId,
      isOwn: owner !== undefined,
    });
    const reply = await upstream.send({
      baseUrl: target.baseUrl,
      method: "POST",
      path: call.protocol.path,
      headers: {
        "content-type": call.contentType,
        accept: call.isStream ? "text/event-stream" : "application/json",
        "user-agent": "cmdop-router",
        ...traced?.headers,
        ...call.headers,
        ...target.headers,
        ...dialects[kind].headers(key),
      },
      body: call.toBody({ model: candidate.upstreamId, ...call.protocol.members(call) }),
      signal: attempt.signal,
    });
    const read: Outcome =
      reply.kind === "failed"
        ? { kind: "failure", failure: unreached(reply.phase, attempt) }
        : await this.#read({ call, attempt, meter: this.#meter }, reply, (end, refusal) => {
            if (end === "failed") this.#options.rings.of(target).failed(keyIndex, clock.nowMs());
            this.#settle(end, refusal);
          });
    const outcome: Outcome =
      owner !== undefined && read.kind === "failure"
        ? { ...read, failure: toOwnFailure(read.failure, name) }
        : read;
    if (outcome.kind === "plain") attempt.finish();
    else if (outcome.kind === "failure") attempt.close();
    const event: AttemptEvent = {
      requestId,
      provider: labelOf(candidate.provider),
      outcome: attempt.isGone ? "abandoned" : outcome.kind === "failure" ? outcome.failure.kind : "answered",
      status: reply.kind === "response" ? reply.status : undefined,
      durationMs: clock.nowMs() - startMs,
    };
    log.attempted(event);
    traced?.ended(event);
    return outcome;
  }

  #read(asked: Asked, reply: UpstreamResponse, onEnd: OnEnd): Promise<Outcome> {
    const { limits, clock } = this.#options;
    if (reply.status < 200 || reply.status > 299) {
      return readRefused(asked.attempt, reply, { bytesMax: limits.errorBytes, wallMs: clock.wallMs() });
    }
    if (!asked.call.protocol.isFree) this.#meter.accepted();
    const isEvents = reply.header("content-type")?.startsWith("text/event-stream") === true;
    if (!asked.call.isStream || !isEvents) return this.#readWhole(asked, reply);
    return startStream(asked, reply, {
      clock,
      limits,
      onContent: () => {
        this.#firstContentMs = clock.nowMs() - this.#startMs;
      },
      onEnd,
    });
  }

  /** A plain answer to a call for a stream is none: it is read for the error in it. */
  async #readWhole(asked: Asked, reply: UpstreamResponse): Promise<Outcome> {
    const outcome = await readPlain(asked, reply, this.#options.limits.responseBytes);
    if (!asked.call.isStream || outcome.kind !== "plain") return outcome;
    const failure: AttemptFailure = {
      kind: "provider",
      isRepeatable: false,
      retryAfterMs: undefined,
      refusal: refuse("upstream_invalid"),
    };
    return { kind: "failure", failure };
  }

  #answered(outcome: Exclude<Outcome, { kind: "failure" }>, candidate: Candidate): GatewayAnswer {
    this.#answering = candidate;
    const answered = {
      model: candidate.modelId,
      provider: candidate.provider.name,
      attempts: this.#attempts,
    };
    if (outcome.kind === "stream") return { ...answered, ...outcome, close: () => this.#close() };
    this.#firstContentMs = this.#options.clock.nowMs() - this.#startMs;
    this.#settle("finished", undefined);
    return { ...answered, ...outcome };
  }

  /** After the end of a stream there is nothing left to do here. */
  #close(): void {
    if (this.#settle("aborted", undefined)) this.#attempt?.close();
  }

  #refused(refusal: Refusal): Refusal {
    this.#settle("failed", refusal);
    return refusal;
  }

  #gone(): GatewayAnswer {
    this.#settle("aborted", undefined);
    return { kind: "gone" };
  }

  /** Whether it was not settled before. */
  #settle(end: End, refusal: Refusal | undefined): boolean {
    const { call, caller, requestId } = this.#request;
    const used = this.#meter.settle(end, this.#answering?.price);
    if (!used) return false;
    const event: UsageEvent = {
      ...used,
      requestId,
      keyId: caller.keyId,
      endpoint: call.protocol.name,
      requestedModel: call.model,
      searches: 0,
      model: this.#answering?.modelId,
      provider: this.#answering && labelOf(this.#answering.provider),
      isListed: this.#answering?.isListed ?? false,
      attempts: this.#attempts,
      refusal: refusal?.row,
      durationMs: this.#options.clock.nowMs() - this.#startMs,
      firstContentMs: this.#firstContentMs,
    };
    this.#options.usage.record(event);
    this.#request.trace?.settled(event);
    return true;
  }
}

const entriesOf = ({ providers }: Caller): ReadonlyMap<string, ProviderEntry> =>
  new Map([...providers].map(([name, { provider }]) => [name, provider]));

/** In logs and metrics. */
const labelOf = ({ name, owner }: ProviderEntry): string => (owner === undefined ? name : "custom");

/** An alias on the list stands for itself with any modifiers: they only narrow it. */
const isAllowed = ({ models }: Caller, model: string): boolean =>
  models === undefined ||
  models.includes(model.startsWith("@") ? model.replace(/\+.*$/, "") : model) ||
  models.includes(model);
