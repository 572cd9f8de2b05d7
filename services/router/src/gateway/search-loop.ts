// The searches that a model asks for with our tool, within bounds: rounds, queries, time.
import type { Clock } from "@cmdop/base";
import { type ToolCall, toRawToolCall } from "../core/completion.ts";
import type { JsonObject, JsonValue } from "../core/json-text.ts";
import { type Call, changeCall } from "../core/protocol.ts";
import type { SourceList } from "../core/web-search/citations.ts";
import {
  queriesMax,
  queriesOf,
  searchToolName,
  toQuery,
  type WebSearch,
} from "../core/web-search/request.ts";
import type { Searcher, SearchRun } from "./searcher.ts";
import type { Gone } from "./turn.ts";

/** Of one request. */
const roundsMax = 3;
/** Calls of one answer that are answered; the others are as if they had not been made. */
const callsMax = 64;
/** From the first search on; what comes after it is answered with what was found. */
const searchingMs = 30_000;

export interface SearchLoopOptions {
  readonly search: WebSearch;
  readonly searcher: Searcher;
  readonly run: SearchRun;
  readonly sources: SourceList;
  readonly clock: Clock;
}

export class SearchLoop {
  readonly #options: SearchLoopOptions;
  #rounds = 0;
  #queries = 0;
  #startedMs: number | undefined;
  engine: string | undefined;

  constructor(options: SearchLoopOptions) {
    this.#options = options;
  }

  /** Whether the model may search again. */
  get isSpent(): boolean {
    const { clock } = this.#options;
    const ranMs = this.#startedMs === undefined ? 0 : clock.nowMs() - this.#startedMs;
    return this.#rounds >= roundsMax || this.#queries >= queriesMax || ranMs >= searchingMs;
  }

  /** Runs what the model asked for and gives the call that goes on from there. */
  async next(call: Call, content: string | undefined, calls: readonly ToolCall[]): Promise<Call | Gone> {
    this.#rounds += 1;
    this.#startedMs ??= this.#options.clock.nowMs();
    const numbered = calls
      .slice(0, callsMax)
      .map((one, index) => ({ ...one, id: one.id || `call_${this.#rounds}_${index}` }));
    const assistant: JsonObject = {
      role: "assistant",
      content: content ?? null,
      tool_calls: numbered.map(toRawToolCall),
    };
    const answers: JsonObject[] = [];
    for (const { id, arguments: text } of numbered) {
      const found = await this.#search(text);
      if (typeof found !== "string") return found;
      answers.push({ role: "tool", tool_call_id: id, content: found });
    }
    const messages = Array.isArray(call.body.messages) ? (call.body.messages as readonly JsonValue[]) : [];
    // Forced to call a tool, a model would search for ever.
    const choice = this.isSpent ? "none" : call.body.tool_choice === undefined ? undefined : "auto";
    return changeCall(call, {
      members: {
        messages: [...messages, assistant, ...answers],
        ...(choice === undefined ? {} : { tool_choice: choice }),
      },
    });
  }

  /** What the model is told; a search that failed is no reason to give up. */
  async #search(argumentsText: string): Promise<string | Gone> {
    const { search, searcher, run, sources } = this.#options;
    const queries = queriesOf(argumentsText, queriesMax - this.#queries);
    if (queries.length === 0) return "No query was given, or the searches of this request are used up.";
    this.#queries += queries.length;
    const found = await searcher.search(
      queries.map((query) => toQuery(search, query)),
      run,
    );
    if (found.kind === "gone") return found;
    if (found.kind === "refusal") return "The search failed. Answer without it, and say so.";
    this.engine = found.provider;
    return queries.map((query, index) => sources.toText(query, found.results[index] ?? [])).join("\n\n");
  }
}

export const isSearchCall = ({ name }: ToolCall): boolean => name === searchToolName;
