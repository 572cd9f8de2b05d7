// Answers one search: each of its queries is asked of the first provider that answers, as the attempt plan says.
import type { Clock, Random } from "@cmdop/base";
import { AttemptPlan, type AttemptPolicy } from "../core/attempt-policy.ts";
import { type JsonObject, parseJsonText } from "../core/json-text.ts";
import type { Limits } from "../core/limits.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import { parseSearch, type SearchDialect, type SearchQuery, type SearchResult } from "../core/search.ts";
import type {
  AttemptLog,
  Caller,
  RoutingSource,
  SearchKind,
  SearchTarget,
  Upstream,
  UpstreamResponse,
  UsageSink,
} from "../ports.ts";
import { readAll } from "./answer.ts";
import { Attempt, toProviderFailure } from "./attempt.ts";
import { unreached } from "./failures.ts";
import { pause } from "./pause.ts";
import { readRefused } from "./plain-answer.ts";
import type { RingShelf } from "./ring-shelf.ts";

export interface SearchGatewayOptions {
  readonly routing: RoutingSource;
  readonly dialects: Readonly<Record<SearchKind, SearchDialect>>;
  readonly upstream: Upstream;
  readonly rings: RingShelf;
  readonly usage: UsageSink;
  readonly log: AttemptLog;
  readonly policy: AttemptPolicy;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
}

export interface SearchGatewayRequest {
  readonly requestId: string;
  readonly caller: Caller;
  readonly body: JsonObject;
  readonly signal: AbortSignal;
}

type Found = { readonly kind: "found"; readonly results: readonly SearchResult[]; readonly provider: string };
type Gone = { readonly kind: "gone" };

export type SearchAnswer = { readonly kind: "answer"; readonly body: JsonObject } | Refusal | Gone;

export interface SearchGateway {
  answer(request: SearchGatewayRequest): Promise<SearchAnswer>;
}

/** A search answers in a second or two; who waits for it is a model or a person. */
const searchMs = 10_000;
const searchTotalMs = 30_000;

export const createSearchGateway = (given: SearchGatewayOptions): SearchGateway => {
  const policy = {
    ...given.policy,
    firstContentMs: Math.min(searchMs, given.policy.firstContentMs),
    totalMs: searchTotalMs,
  };
  const options = { ...given, policy };
  const { clock } = options;
  return {
    answer: async (request) => {
      const startMs = clock.nowMs();
      const asked = { searches: 0, attempts: 0 };
      const answer = await answerAll(options, request, asked);
      options.usage.record({
        requestId: request.requestId,
        keyId: request.caller.keyId,
        endpoint: "search",
        requestedModel: undefined,
        model: undefined,
        provider: answer.kind === "answer" ? answer.provider : undefined,
        isListed: false,
        attempts: asked.attempts,
        refusal: answer.kind === "refusal" ? answer.row : undefined,
        durationMs: clock.nowMs() - startMs,
        firstContentMs: undefined,
        inputTokens: 0,
        outputTokens: 0,
        cachedInputTokens: 0,
        reasoningTokens: 0,
        cost: undefined,
        isEstimated: false,
        searches: asked.searches,
        end: answer.kind === "answer" ? "finished" : answer.kind === "gone" ? "aborted" : "failed",
      });
      return answer;
    },
  };
};

/** What was asked of providers so far, whatever comes of it. */
interface Tally {
  searches: number;
  attempts: number;
}

const answerAll = async (
  options: SearchGatewayOptions,
  request: SearchGatewayRequest,
  tally: Tally,
): Promise<
  { readonly kind: "answer"; readonly body: JsonObject; readonly provider: string } | Refusal | Gone
> => {
  const queries = parseSearch(request.body);
  if ("kind" in queries) return queries;
  const [first, ...rest] = options.routing.current().search;
  if (!first) {
    return refuse("provider_not_configured", {
      message:
        "No search provider is configured. Set SERPER_API_KEY, or add search to the router's route table.",
    });
  }
  const found = await Promise.all(
    queries.map((query) => new QueryRun(options, request, tally).run(query, [first, ...rest])),
  );
  const results: JsonObject[] = [];
  for (const [index, one] of found.entries()) {
    if (one.kind !== "found") return one;
    const query = queries.length > 1 ? { query: queries[index]?.query } : {};
    results.push(...one.results.map((result) => ({ ...result, ...query })));
  }
  const [answered] = found;
  return {
    kind: "answer",
    provider: answered?.kind === "found" ? answered.provider : first.provider.name,
    body: { object: "search", id: request.requestId, results, usage: { search_queries: tally.searches } },
  };
};

class QueryRun {
  readonly #options: SearchGatewayOptions;
  readonly #request: SearchGatewayRequest;
  readonly #tally: Tally;

  constructor(options: SearchGatewayOptions, request: SearchGatewayRequest, tally: Tally) {
    this.#options = options;
    this.#request = request;
    this.#tally = tally;
  }

  async run(
    query: SearchQuery,
    targets: readonly [SearchTarget, ...SearchTarget[]],
  ): Promise<Found | Refusal | Gone> {
    const { clock, policy, random, rings } = this.#options;
    const { signal } = this.#request;
    const deadlineMs = clock.nowMs() + policy.totalMs;
    const plan = new AttemptPlan<SearchTarget>({
      policy,
      candidates: targets,
      ringOf: (target) => rings.of(target),
      random,
      deadlineMs,
    });
    while (!signal.aborted) {
      const step = plan.next(clock.nowMs());
      if (step.kind === "give-up") return step.refusal;
      if (step.kind === "wait") {
        await pause(clock, step.ms, signal);
        continue;
      }
      const outcome = await this.#ask(query, step.candidate, { keyIndex: step.keyIndex, deadlineMs });
      if (signal.aborted) plan.abandoned();
      else if (outcome.kind === "failure") plan.failed(outcome.failure, clock.nowMs());
      else {
        plan.succeeded();
        return { kind: "found", results: outcome.results, provider: step.candidate.provider.name };
      }
    }
    return { kind: "gone" };
  }

  async #ask(
    query: SearchQuery,
    target: SearchTarget,
    { keyIndex, deadlineMs }: { readonly keyIndex: number; readonly deadlineMs: number },
  ): Promise<SearchOutcome> {
    const { clock, policy, dialects, upstream, log } = this.#options;
    const { signal, requestId } = this.#request;
    const key = target.keys[keyIndex];
    const attempt = new Attempt({ clock, policy, signal, deadlineMs, key });
    const dialect = dialects[target.provider.kind];
    const startMs = clock.nowMs();
    this.#tally.attempts += 1;
    try {
      const reply = await upstream.send({
        ...dialect.toRequest(query, key?.reveal()),
        baseUrl: target.baseUrl,
        signal: attempt.signal,
      });
      const outcome: SearchOutcome =
        reply.kind === "failed"
          ? { kind: "failure", failure: unreached(reply.phase, attempt) }
          : await this.#read(query, dialect, { attempt, reply });
      log.attempted({
        requestId,
        provider: target.provider.name,
        outcome: attempt.isGone
          ? "abandoned"
          : outcome.kind === "failure"
            ? outcome.failure.kind
            : "answered",
        status: reply.kind === "response" ? reply.status : undefined,
        durationMs: clock.nowMs() - startMs,
      });
      return outcome;
    } finally {
      attempt.close();
    }
  }

  async #read(
    query: SearchQuery,
    dialect: SearchDialect,
    { attempt, reply }: { readonly attempt: Attempt; readonly reply: UpstreamResponse },
  ): Promise<SearchOutcome> {
    const { limits, clock } = this.#options;
    if (reply.status < 200 || reply.status > 299) {
      return readRefused(attempt, reply, { bytesMax: limits.errorBytes, wallMs: clock.wallMs() });
    }
    let body: Uint8Array | undefined;
    try {
      body = await readAll(attempt, reply, limits.searchBytes);
    } catch {
      return { kind: "failure", failure: toProviderFailure(attempt.readFailure()) };
    }
    const parsed = parseJsonText(new TextDecoder().decode(body));
    const results = parsed.kind === "object" ? dialect.fromAnswer(query, parsed.value) : undefined;
    if (!results) return { kind: "failure", failure: toProviderFailure("too-large") };
    this.#tally.searches += 1;
    return { kind: "results", results };
  }
}

type SearchOutcome =
  | { readonly kind: "results"; readonly results: readonly SearchResult[] }
  | Awaited<ReturnType<typeof readRefused>>;
