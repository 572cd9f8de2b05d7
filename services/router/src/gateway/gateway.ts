// Answers one call: finds the route, has providers asked, makes the answer that the caller's protocol has, and settles
// what was used exactly once.
import { CapabilityMemory } from "../core/capability-memory.ts";
import { toMessage } from "../core/messages/answer.ts";
import { servesMessages } from "../core/messages/protocol.ts";
import { countedChars } from "../core/messages/request.ts";
import { refusedByList } from "../core/model-list.ts";
import type { Call } from "../core/protocol.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import { type Candidate, type Route, type RouteTable, resolveRoute } from "../core/route-table.ts";
import { type End, estimateTokens } from "../core/usage.ts";
import type { Caller, RoutingSource, SchemaValidator, Shapes, UsageSink } from "../ports.ts";
import type { AnswerShare } from "./answer-room.ts";
import { composedBlocks } from "./composed-stream.ts";
import { Conversation } from "./conversation.ts";
import { pause } from "./pause.ts";
import { type Prepared, prepare } from "./preparation.ts";
import type { Searcher } from "./searcher.ts";
import { type SettledRequest, Settlement } from "./settlement.ts";
import { type ChatShape, isComposed } from "./shaper.ts";
import { type Answered, type Gone, type TurnOptions, Turns } from "./turn.ts";

export interface GatewayOptions extends TurnOptions {
  readonly routing: RoutingSource;
  readonly usage: UsageSink;
  readonly searcher: Searcher;
  readonly validator: SchemaValidator;
  readonly shapes: Shapes;
}

export interface GatewayRequest extends SettledRequest {
  /** Aborted when the caller leaves. */
  readonly signal: AbortSignal;
  /** The caller's own deadline for the answer to begin. */
  readonly patienceMs: number | undefined;
  /** Left by whoever opened it. */
  readonly share: AnswerShare;
}

/** Which model answered and how, for the headers of the answer. */
export interface About {
  readonly model: string;
  readonly provider: string;
  readonly attempts: number;
  /** How the answer was bound to the caller's schema. */
  readonly structured?: string | undefined;
  /** What searched the web: "native", or the search provider. */
  readonly searchEngine?: string | undefined;
  /** The answer is an estimate that no provider was asked for. */
  readonly isEstimate?: boolean;
}

export type GatewayAnswer =
  | (About & { readonly kind: "plain"; readonly body: Uint8Array })
  | (About & {
      readonly kind: "stream";
      /** Whole events; read only as fast as the caller takes them. */
      readonly blocks: AsyncGenerator<Uint8Array>;
      /** Ends what still runs, also when nothing was read. */
      close(): void;
    })
  | Refusal
  | Gone;

export interface Gateway {
  answer(request: GatewayRequest): Promise<GatewayAnswer>;
}

export const createGateway = (options: GatewayOptions): Gateway => {
  const memory = new CapabilityMemory();
  return { answer: (request) => new Exchange(options, request, memory).run() };
};

const tooDeep = { message: "The body is nested too deeply." };

/** The body's own depth is more than it takes to write it again: V8's words; any other range is a fault of ours. */
const isTooDeep = (error: unknown): boolean =>
  error instanceof RangeError && error.message === "Maximum call stack size exceeded";

const encoder = new TextEncoder();

class Exchange {
  readonly #options: GatewayOptions;
  readonly #request: GatewayRequest;
  readonly #memory: CapabilityMemory;
  readonly #settlement: Settlement;
  #turns: Turns | undefined;
  /** The stream is read here and not passed on: its end is not the request's. */
  #isComposed = false;
  #streamFailure: Refusal | undefined;

  constructor(options: GatewayOptions, request: GatewayRequest, memory: CapabilityMemory) {
    this.#options = options;
    this.#request = request;
    this.#memory = memory;
    this.#settlement = new Settlement(request, options);
  }

  async run(): Promise<GatewayAnswer> {
    try {
      return await this.#run();
    } catch (error) {
      const refusal = this.#broke(error);
      if (isTooDeep(error)) return refusal;
      throw error;
    }
  }

  #broke(error: unknown): Refusal {
    this.#turns?.close();
    return this.#refused(isTooDeep(error) ? refuse("invalid_value", tooDeep) : refuse("internal"));
  }

  async #run(): Promise<GatewayAnswer> {
    const { routing: source, policy, clock } = this.#options;
    const { call, caller, signal, requestId } = this.#request;
    const settlement = this.#settlement;
    const routing = source.current();
    const notListed = refusedByList(caller.models, call);
    if (notListed) return this.#refused(notListed);
    const route = routeOf(routing.table, call.model, caller.providers);
    if (route.kind === "refusal") return this.#refused(route);
    const [first, ...rest] = route.candidates.filter(
      ({ provider }) => !call.protocol.refusedBy(call, provider),
    );
    if (!first) {
      const [{ provider }] = route.candidates;
      return this.#refused(call.protocol.refusedBy(call, provider) ?? refuse("internal"));
    }
    const prepared = await prepare(this.#request, {
      ...this.#options,
      memory: this.#memory,
      tally: settlement.tally,
    });
    if (prepared.kind !== "prepared") return this.#refused(prepared);
    const turns = new Turns(this.#options, {
      requestId,
      caller,
      signal,
      trace: this.#request.trace,
      routing,
      meter: settlement.meter,
      share: this.#request.share,
      startMs: settlement.startMs,
      patienceMs: Math.min(policy.totalMs, this.#request.patienceMs ?? policy.totalMs),
      onContent: () => settlement.contentBegan(),
      onEnd: (end, refusal) => {
        if (this.#isComposed) this.#streamFailure = end === "failed" ? refusal : undefined;
        else this.#settle(end, refusal);
      },
    });
    this.#turns = turns;
    this.#options.shapes.keep(call.isStream ? "streamed" : "plain", [this, prepared]);
    if (call.protocol.name === "count_tokens" && !takesCount(first)) return this.#estimate(first);
    const answered = this.#answer([first, ...rest], prepared, turns);
    const searches = call.isStream && prepared.search(first.isOnline === true) !== undefined;
    if (!searches) return answered;
    // It is awaited below, or by the stream; a stream that nobody reads must not let it go unhandled.
    answered.catch(() => {});
    // A search before the answer may take its time, in which whoever waits for a stream must see that it lives.
    const settled = new AbortController();
    const early = pause(clock, this.#options.limits.startupMs, settled.signal);
    const inTime = await Promise.race([answered, early]);
    settled.abort();
    return (
      inTime ?? {
        ...this.#about(first),
        kind: "stream",
        blocks: this.#late(answered),
        close: () => this.#close(),
      }
    );
  }

  /** An answer whose stream has begun before it is known. */
  async *#late(answered: Promise<GatewayAnswer>): AsyncGenerator<Uint8Array> {
    const { toErrorEvent } = this.#request.call.protocol;
    let answer: GatewayAnswer;
    try {
      answer = await answered;
    } catch (error) {
      yield encoder.encode(toErrorEvent(this.#broke(error)));
      if (isTooDeep(error)) return;
      throw error;
    }
    if (answer.kind === "refusal") yield encoder.encode(toErrorEvent(answer));
    if (answer.kind === "stream") yield* answer.blocks;
  }

  async #answer(
    [first, ...rest]: readonly [Candidate, ...Candidate[]],
    prepared: Prepared,
    turns: Turns,
  ): Promise<GatewayAnswer> {
    const { call } = this.#request;
    const { shaper } = prepared;
    const result = await turns.run([first, ...rest], shaper);
    if (result.kind === "gone") return this.#gone();
    if (result.kind === "refusal") {
      const isUncounted = call.protocol.name === "count_tokens" && result.status === 404;
      return isUncounted ? this.#estimate(first) : this.#refused(result);
    }
    this.#settlement.answering = result.candidate;
    shaper.accepted(result.candidate);
    return isComposed(result.shape) ? this.#compose(result, prepared) : this.#passed(result);
  }

  /** The answer is what came. */
  #passed({ outcome, candidate, shape }: Answered<ChatShape>): GatewayAnswer {
    const about = { ...this.#about(candidate), ...(shape.search ? { searchEngine: shape.search } : {}) };
    if (outcome.kind === "stream") {
      const structured = shape.rung === undefined ? {} : { structured: "native" };
      return { ...about, ...structured, ...outcome, close: () => this.#close() };
    }
    this.#settlement.contentBegan();
    this.#settle("finished", undefined);
    return { ...about, kind: "plain", body: outcome.body };
  }

  async #compose(answered: Answered<ChatShape>, prepared: Prepared): Promise<GatewayAnswer> {
    this.#isComposed = true;
    const { shape, candidate, outcome } = answered;
    const { limits, validator, clock } = this.#options;
    const search = shape.search === "native" ? undefined : prepared.search(candidate.isOnline === true);
    const conversation = new Conversation({
      shape,
      structured: prepared.structured,
      validate: (schema, instance) => validator.validate(this.#request.caller.keyId, schema, instance),
      search: search && "maxResults" in search ? { search, ...prepared.looping } : undefined,
      eventBytesMax: limits.eventBytes,
      keptBytesMax: limits.responseBytes,
      share: this.#request.share,
      ask: (call) => this.#askAgain(call, candidate),
      failure: () => this.#streamFailure,
      isGone: () => this.#request.signal.aborted,
      clock,
    });
    const engine = (): string | undefined =>
      shape.search === "native" ? "native" : (conversation.engine ?? prepared.shaper.engine);
    if (outcome.kind === "stream") {
      const configured =
        shape.search === "loop" ? this.#options.searcher.providerOf(this.#request.caller) : engine();
      return {
        ...this.#about(candidate),
        kind: "stream",
        structured: conversation.way,
        searchEngine: configured,
        blocks: composedBlocks({
          call: this.#request.call,
          conversation,
          from: outcome.blocks,
          isTranslated: shape.isTranslated,
          signal: this.#request.signal,
          over: (end, refusal) => {
            this.#settle(end, refusal);
            this.#turns?.close();
          },
        }),
        close: () => this.#close(),
      };
    }
    const made = await conversation.plain(outcome.value);
    if (made.kind === "gone" || this.#request.signal.aborted) return this.#gone();
    if (made.kind === "refusal") return this.#refused(made);
    const { call } = this.#request;
    const value = shape.isTranslated ? toMessage(made.value, call.model, conversation.searches) : made.value;
    if (!value) return this.#refused(refuse("upstream_invalid"));
    this.#settlement.contentBegan();
    this.#settle("finished", undefined);
    return {
      ...this.#about(candidate),
      kind: "plain",
      structured: conversation.way,
      searchEngine: engine(),
      body: made.isChanged || shape.isTranslated ? encoder.encode(JSON.stringify(value)) : outcome.body,
    };
  }

  /** A further answer of the model that answered first. */
  #askAgain(call: Call, candidate: Candidate): Promise<Answered<{ readonly call: Call }> | Refusal | Gone> {
    const body = call.toBody({});
    this.#settlement.meter.fold(candidate.price, body.length);
    this.#streamFailure = undefined;
    const shaper = { shapeOf: async () => ({ call }), stepDown: () => false };
    return this.#turns?.run([candidate], shaper, true) ?? Promise.resolve({ kind: "gone" });
  }

  /** No provider counts for this model. */
  #estimate(candidate: Candidate): GatewayAnswer {
    this.#settlement.answering = candidate;
    this.#settle("finished", undefined);
    const count = { input_tokens: estimateTokens(countedChars(this.#request.call.body)), estimated: true };
    return {
      ...this.#about(candidate),
      kind: "plain",
      isEstimate: true,
      body: encoder.encode(JSON.stringify(count)),
    };
  }

  #about(candidate: Candidate): About {
    return {
      model: candidate.modelId,
      provider: candidate.provider.name,
      attempts: this.#turns?.attempts ?? 0,
    };
  }

  /** After the end of a stream there is nothing left to do here. */
  #close(): void {
    if (this.#settle("aborted", undefined)) this.#turns?.close();
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
    return this.#settlement.settle(end, refusal, this.#turns?.attempts ?? 0);
  }
}

/** The routes of listed models, which are the same for everybody who brought nothing. */
const routes = new WeakMap<RouteTable, Map<string, Route>>();

const routeOf = (table: RouteTable, model: string, own: Caller["providers"]): Route | Refusal => {
  if (own.size > 0 || !table.models.has(model)) return resolveRoute(table, model, own);
  const known = routes.get(table) ?? new Map<string, Route>();
  if (known.size === 0) routes.set(table, known);
  const found = known.get(model) ?? resolveRoute(table, model);
  if (found.kind === "route") known.set(model, found);
  return found;
};

const takesCount = ({ provider }: Candidate): boolean => servesMessages(provider);
