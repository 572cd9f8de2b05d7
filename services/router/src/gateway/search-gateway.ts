// Answers POST /v1/search, and settles it.
import type { Clock } from "@cmdop/base";
import type { JsonObject } from "../core/json-text.ts";
import type { Refusal } from "../core/refusals.ts";
import { parseSearch } from "../core/search.ts";
import type { Caller, UsageEvent, UsageSink } from "../ports.ts";
import type { Searcher, Tally } from "./searcher.ts";

export interface SearchGatewayOptions {
  readonly searcher: Searcher;
  readonly usage: UsageSink;
  readonly clock: Clock;
}

export interface SearchGatewayRequest {
  readonly requestId: string;
  readonly caller: Caller;
  /** The machine that the caller says it asks for. */
  readonly machineId: string | undefined;
  readonly body: JsonObject;
  readonly signal: AbortSignal;
}

type Gone = { readonly kind: "gone" };

export type SearchAnswer = { readonly kind: "answer"; readonly body: JsonObject } | Refusal | Gone;

export interface SearchGateway {
  answer(request: SearchGatewayRequest): Promise<SearchAnswer>;
}

export const createSearchGateway = (options: SearchGatewayOptions): SearchGateway => {
  const { clock } = options;
  return {
    answer: async (request) => {
      const startMs = clock.nowMs();
      const tally = { searches: 0, attempts: 0 };
      const answer = await answerAll(options.searcher, request, tally);
      const event: UsageEvent = {
        requestId: request.requestId,
        keyId: request.caller.keyId,
        machineId: request.machineId,
        endpoint: "search",
        requestedModel: undefined,
        model: undefined,
        provider:
          answer.kind !== "answer"
            ? undefined
            : request.caller.search.length > 0
              ? "custom"
              : answer.provider,
        isListed: false,
        attempts: tally.attempts,
        refusal: answer.kind === "refusal" ? answer.row : undefined,
        durationMs: clock.nowMs() - startMs,
        firstContentMs: undefined,
        inputTokens: 0,
        outputTokens: 0,
        cachedInputTokens: 0,
        reasoningTokens: 0,
        cost: undefined,
        isEstimated: false,
        searches: tally.searches,
        end: answer.kind === "answer" ? "finished" : answer.kind === "gone" ? "aborted" : "failed",
      };
      options.usage.record(event, request.caller);
      return answer;
    },
  };
};

const answerAll = async (
  searcher: Searcher,
  { body, caller, requestId, signal }: SearchGatewayRequest,
  tally: Tally,
): Promise<
  { readonly kind: "answer"; readonly body: JsonObject; readonly provider: string } | Refusal | Gone
> => {
  const queries = parseSearch(body);
  if ("kind" in queries) return queries;
  const found = await searcher.search(queries, { requestId, caller, signal, tally });
  if (found.kind !== "found") return found;
  const results = found.results.flatMap((ofQuery, index): JsonObject[] => {
    const query = queries.length > 1 ? { query: queries[index]?.query } : {};
    return ofQuery.map((result) => ({ ...result, ...query }));
  });
  return {
    kind: "answer",
    provider: found.provider,
    body: { object: "search", id: requestId, results, usage: { search_queries: tally.searches } },
  };
};
