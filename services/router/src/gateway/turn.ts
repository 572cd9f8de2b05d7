// One answer of a model: providers are asked as the plan says until one of them answers. A request has one turn, or
// several when the router searches in between or asks again.
import type { Clock, Random } from "@cmdop/base";
import { AttemptPlan, type AttemptPolicy, type Step } from "../core/attempt-policy.ts";
import type { Dialect } from "../core/dialect.ts";
import type { Limits } from "../core/limits.ts";
import type { Call } from "../core/protocol.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import type { Candidate, ProviderEntry, ProviderKind } from "../core/route-table.ts";
import type { Meter } from "../core/usage.ts";
import type {
  AttemptEvent,
  AttemptLog,
  Caller,
  ProviderTarget,
  RequestTrace,
  Routing,
  Upstream,
  UpstreamResponse,
} from "../ports.ts";
import type { Asked, OnEnd, Outcome } from "./answer.ts";
import type { AnswerShare } from "./answer-room.ts";
import { Attempt } from "./attempt.ts";
import { toKeysRefused, unreached } from "./failures.ts";
import { pause } from "./pause.ts";
import { readPlain, readRefused } from "./plain-answer.ts";
import type { RingShelf } from "./ring-shelf.ts";
import { startStream, type Told, toldAtOnce } from "./stream-answer.ts";

export interface TurnOptions {
  readonly dialects: Readonly<Record<ProviderKind, Dialect>>;
  readonly upstreams: Readonly<Record<ProviderKind, Upstream>>;
  /** For providers that callers brought. */
  readonly guarded: Upstream;
  readonly rings: RingShelf;
  readonly log: AttemptLog;
  readonly policy: AttemptPolicy;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
}

/** What all turns of one request share. */
export interface TurnContext {
  readonly requestId: string;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  readonly trace: RequestTrace | undefined;
  readonly routing: Routing;
  readonly meter: Meter;
  readonly share: AnswerShare;
  /** Of the request. */
  readonly startMs: number;
  /** Until the request's first turn has answered. */
  readonly patienceMs: number;
  readonly onContent: () => void;
  /** Told once for each stream that was started. */
  readonly onEnd: OnEnd;
}

/** How one candidate is asked. */
export interface Shaper<Shape extends { readonly call: Call }> {
  /** Asked before every attempt. */
  shapeOf(candidate: Candidate): Promise<Shape | Refusal | Gone>;
  /** The provider did not take that form; whether there is another one to try. */
  stepDown(candidate: Candidate, shape: Shape, refusal: Refusal): boolean;
}

export type Gone = { readonly kind: "gone" };

export type Answered<Shape> = {
  readonly kind: "answered";
  readonly candidate: Candidate;
  readonly shape: Shape;
  readonly outcome: Exclude<Outcome, { kind: "failure" }>;
};

type Ask<Shape> = Extract<Step<Candidate>, { kind: "ask" }> & { readonly shape: Shape };

export class Turns {
  readonly #options: TurnOptions;
  readonly #context: TurnContext;
  #attempt: Attempt | undefined;
  #attempts = 0;

  constructor(options: TurnOptions, context: TurnContext) {
    this.#options = options;
    this.#context = context;
  }

  /** Requests to providers, over all turns. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Ends what runs. */
  close(): void {
    this.#attempt?.close();
  }

  async run<Shape extends { readonly call: Call }>(
    candidates: readonly [Candidate, ...Candidate[]],
    shaper: Shaper<Shape>,
    /** Of another turn than the first, whose answer the caller's patience was about. */
    isLater = false,
  ): Promise<Answered<Shape> | Refusal | Gone> {
    const { policy, random, clock, rings } = this.#options;
    const { signal, meter, startMs, patienceMs } = this.#context;
    const plan = new AttemptPlan({
      policy,
      candidates,
      ringOf: (candidate) => rings.of(this.#targetOf(candidate)),
      keysRefused: toKeysRefused,
      random,
      deadlineMs: startMs + (isLater ? policy.totalMs : patienceMs),
    });
    for (;;) {
      const step = plan.next(clock.nowMs());
      if (step.kind === "give-up") return step.refusal;
      if (step.kind === "wait") {
        await pause(clock, step.ms, signal);
        if (signal.aborted) return { kind: "gone" };
        continue;
      }
      const shape = await shaper.shapeOf(step.candidate);
      if ("kind" in shape || signal.aborted) {
        plan.abandoned();
        return "kind" in shape ? shape : { kind: "gone" };
      }
      this.#attempts += 1;
      const outcome = await this.#ask({ ...step, shape }, (refusal) =>
        shaper.stepDown(step.candidate, shape, refusal),
      ).catch((cause: unknown) => {
        // A key that was on trial would be for ever.
        plan.abandoned();
        throw cause;
      });
      if (signal.aborted) {
        plan.abandoned();
        this.#attempt?.close();
        return { kind: "gone" };
      }
      if (outcome.kind === "failure") {
        plan.failed(outcome.failure, clock.nowMs());
        meter.restart();
        continue;
      }
      plan.succeeded();
      return { kind: "answered", candidate: step.candidate, shape, outcome };
    }
  }

  #targetOf({ provider: { name, owner } }: Candidate): ProviderTarget {
    const { caller, routing } = this.#context;
    const target = owner === undefined ? routing.targets.get(name) : caller.providers.get(name);
    if (!target) throw new Error(`the route table names ${name}, which has no target`);
    return target;
  }

  async #ask<Shape extends { readonly call: Call }>(
    step: Ask<Shape>,
    stepsDown: (refusal: Refusal) => boolean,
  ): Promise<Outcome> {
    const { clock, policy, dialects, upstreams, guarded, log, rings } = this.#options;
    const { signal, requestId, trace, meter, share, startMs, onEnd } = this.#context;
    const { candidate, keyIndex } = step;
    const { call } = step.shape;
    const target = this.#targetOf(candidate);
    const key = target.keys[keyIndex];
    const deadlineMs = startMs + policy.totalMs;
    const attempt = new Attempt({
      ...{ clock, policy, signal, deadlineMs, key, headers: target.headers },
      // One that may come whole has the time of a whole one.
      isStream: call.isStream && call.protocol.toEvents === undefined,
    });
    this.#attempt = attempt;
    const { kind, owner } = candidate.provider;
    const upstream = owner === undefined ? upstreams[kind] : guarded;
    const askedMs = clock.nowMs();
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
        : await this.#read({ call, attempt, meter, share }, reply, (end, refusal) => {
            if (end === "failed") rings.of(target).failed(keyIndex, clock.nowMs());
            onEnd(end, refusal);
          });
    const outcome = read.kind === "failure" ? toShapeFailure(read, stepsDown) : read;
    if (outcome.kind === "plain") attempt.finish();
    else if (outcome.kind === "failure") attempt.close();
    const event: AttemptEvent = {
      requestId,
      provider: labelOf(candidate.provider),
      outcome: attempt.isGone ? "abandoned" : outcome.kind === "failure" ? outcome.failure.kind : "answered",
      status: reply.kind === "response" ? reply.status : undefined,
      durationMs: clock.nowMs() - askedMs,
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
    if (!asked.call.protocol.isFree) asked.meter.accepted();
    const isEvents = reply.header("content-type")?.startsWith("text/event-stream") === true;
    const told = { onContent: this.#context.onContent, onEnd };
    if (!asked.call.isStream || !isEvents) return this.#readWhole(asked, reply, told);
    return startStream(asked, reply, { clock, limits, ...told });
  }

  /** Where a provider streams, a plain answer to a call for a stream is none: it is read for the error in it. */
  async #readWhole(asked: Asked, reply: UpstreamResponse, told: Told): Promise<Outcome> {
    const outcome = await readPlain(asked, reply, this.#options.limits.responseBytes);
    if (!asked.call.isStream || outcome.kind !== "plain") return outcome;
    const events = asked.call.protocol.toEvents?.(outcome.value);
    if (events !== undefined) {
      asked.attempt.finish();
      return { kind: "stream", blocks: toldAtOnce(events, told) };
    }
    return {
      kind: "failure",
      failure: {
        kind: "provider",
        isRepeatable: false,
        retryAfterMs: undefined,
        refusal: refuse("upstream_invalid"),
      },
    };
  }
}

type Failed = Extract<Outcome, { kind: "failure" }>;

const toShapeFailure = (failed: Failed, stepsDown: (refusal: Refusal) => boolean): Failed => {
  const { failure } = failed;
  const isAboutRequest = failure.kind === "caller" || (failure.kind === "model" && !failure.isOfKey);
  return isAboutRequest && stepsDown(failure.refusal)
    ? { ...failed, failure: { kind: "shape", refusal: failure.refusal } }
    : failed;
};

/** In logs and metrics. */
export const labelOf = ({ name, owner }: ProviderEntry): string => (owner === undefined ? name : "custom");
