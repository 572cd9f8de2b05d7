// Asks search providers: each query of the first one that answers, as the attempt plan says.
import type { Clock, Random } from "@cmdop/base";
import { AttemptPlan, type AttemptPolicy } from "../core/attempt-policy.ts";
import { parseJsonText } from "../core/json-text.ts";
import type { Limits } from "../core/limits.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import type { SearchDialect, SearchQuery, SearchResult } from "../core/search.ts";
import type {
  AttemptLog,
  Caller,
  RoutingSource,
  SearchKind,
  SearchTarget,
  Upstream,
  UpstreamResponse,
} from "../ports.ts";
import { readAll } from "./answer.ts";
import { Attempt, toProviderFailure } from "./attempt.ts";
import { toKeysRefused, unreached } from "./failures.ts";
import { pause } from "./pause.ts";
import { readRefused } from "./plain-answer.ts";
import type { RingShelf } from "./ring-shelf.ts";

export interface SearcherOptions {
  readonly routing: RoutingSource;
  readonly dialects: Readonly<Record<SearchKind, SearchDialect>>;
  readonly upstream: Upstream;
  /** For providers that callers brought. */
  readonly guarded: Upstream;
  readonly rings: RingShelf;
  readonly log: AttemptLog;
  readonly policy: AttemptPolicy;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
}

/** What was asked of providers so far, whatever comes of it. */
export interface Tally {
  searches: number;
  attempts: number;
}

export interface SearchRun {
  readonly requestId: string;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  readonly tally: Tally;
}

type Gone = { readonly kind: "gone" };

export interface Found {
  readonly kind: "found";
  /** By query, in their order. */
  readonly results: readonly (readonly SearchResult[])[];
  readonly provider: string;
}

export interface Searcher {
  /** What is asked first for this caller; undefined: no search provider is configured. */
  providerOf(caller: Caller): string | undefined;
  /** All queries at once; the first that fails is the answer. */
  search(queries: readonly SearchQuery[], run: SearchRun): Promise<Found | Refusal | Gone>;
}

/** A search answers in a second or two; who waits for it is a model or a person. */
const searchMs = 10_000;
const searchTotalMs = 30_000;

export const createSearcher = (given: SearcherOptions): Searcher => {
  const policy = {
    ...given.policy,
    wholeAnswerMs: Math.min(searchMs, given.policy.wholeAnswerMs),
    totalMs: searchTotalMs,
  };
  const options = { ...given, policy };
  return {
    providerOf: (caller) => targetsOf(options.routing, caller)[0]?.provider.name,
    search: async (queries, run) => {
      const [first, ...rest] = targetsOf(options.routing, run.caller);
      if (!first) return notConfigured();
      const found = await Promise.all(
        queries.map((query) => new QueryRun(options, run).run(query, [first, ...rest])),
      );
      const results: (readonly SearchResult[])[] = [];
      for (const one of found) {
        if (one.kind !== "found") return one;
        results.push(one.results);
      }
      const [answered] = found;
      const provider = answered?.kind === "found" ? answered.provider : first.provider.name;
      return { kind: "found", results, provider };
    },
  };
};

/** A caller who brought one is searched for with it alone. */
const targetsOf = (routing: RoutingSource, { search }: Caller): readonly SearchTarget[] =>
  search.length > 0 ? search : routing.current().search;

export const notConfigured = (): Refusal =>
  refuse("provider_not_configured", {
    message:
      "No search provider is configured. Bring one (cmdop providers add NAME --kind serper, with --for-me for yourself alone), or set SERPER_API_KEY at the router or add search to its route table.",
  });

type FoundOne = {
  readonly kind: "found";
  readonly results: readonly SearchResult[];
  readonly provider: string;
};

class QueryRun {
  readonly #options: SearcherOptions;
  readonly #request: SearchRun;

  constructor(options: SearcherOptions, request: SearchRun) {
    this.#options = options;
    this.#request = request;
  }

  async run(
    query: SearchQuery,
    targets: readonly [SearchTarget, ...SearchTarget[]],
  ): Promise<FoundOne | Refusal | Gone> {
    const { clock, policy, random, rings } = this.#options;
    const { signal } = this.#request;
    const deadlineMs = clock.nowMs() + policy.totalMs;
    const plan = new AttemptPlan<SearchTarget>({
      policy,
      candidates: targets,
      ringOf: (target) => rings.of(target),
      keysRefused: toKeysRefused,
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
    const { clock, policy, dialects, log } = this.#options;
    const { signal, requestId } = this.#request;
    const key = target.keys[keyIndex];
    const attempt = new Attempt({ clock, policy, signal, deadlineMs, isStream: false, key, headers: {} });
    const { name, owner } = target.provider;
    const upstream = owner === undefined ? this.#options.upstream : this.#options.guarded;
    const dialect = dialects[target.provider.kind];
    const startMs = clock.nowMs();
    this.#request.tally.attempts += 1;
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
        provider: owner === undefined ? name : "custom",
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
    let body: Awaited<ReturnType<typeof readAll>>;
    try {
      body = await readAll(attempt, reply, limits.searchBytes);
    } catch {
      return { kind: "failure", failure: toProviderFailure(attempt.readFailure()) };
    }
    if (!body || body === "no-room") return { kind: "failure", failure: toProviderFailure("too-large") };
    const parsed = parseJsonText(new TextDecoder().decode(body));
    const results = parsed.kind === "object" ? dialect.fromAnswer(query, parsed.value) : undefined;
    if (!results) return unreadable();
    this.#request.tally.searches += 1;
    return { kind: "results", results };
  }
}

/** A search costs little: it is asked for again, as the table of retries says. */
const unreadable = (): SearchOutcome => ({
  kind: "failure",
  failure: {
    kind: "provider",
    isRepeatable: true,
    retryAfterMs: undefined,
    refusal: refuse("upstream_invalid"),
  },
});

type SearchOutcome =
  | { readonly kind: "results"; readonly results: readonly SearchResult[] }
  | Awaited<ReturnType<typeof readRefused>>;
