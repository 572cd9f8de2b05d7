// From the first answer of a model to the one that the caller gets: searches that the model asks for are run in
// between, and the answer is judged by the caller's schema.
//
// I1 A stream has one finish, behind everything else, and shows nothing of our own tool.
// I2 Usage is the sum of all answers.
import type { Clock } from "@cmdop/base";
import {
  contentOf,
  firstChoice,
  sumUsage,
  toolCallsOf,
  toRawToolCall,
  withFirstChoice,
} from "../core/completion.ts";
import {
  CompletionCollector,
  choiceOf,
  type Piece,
  readChunk,
  toChunk,
  toChunks,
  toUsageChunk,
} from "../core/completion-stream.ts";
import { EventSplitter } from "../core/event-splitter.ts";
import { isJsonObject, type JsonObject } from "../core/json-text.ts";
import type { Search } from "../core/messages/searches.ts";
import type { Call } from "../core/protocol.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import type { StructuredRequest } from "../core/structured/request.ts";
import { ToolFilter } from "../core/web-search/tool-filter.ts";
import { tooMuchKept } from "./answer.ts";
import type { AnswerShare } from "./answer-room.ts";
import type { SearchLoopOptions } from "./search-loop.ts";
import { isSearchCall, SearchLoop } from "./search-loop.ts";
import type { ChatShape } from "./shaper.ts";
import {
  StructuredJudge,
  type StructuredWay,
  toMisfitRefusal,
  toSecondCall,
  type Validate,
  wayOf,
} from "./structured-judge.ts";
import type { Answered, Gone } from "./turn.ts";

export interface ConversationOptions {
  readonly shape: ChatShape;
  readonly structured: StructuredRequest | undefined;
  readonly validate: Validate;
  readonly search: SearchLoopOptions | undefined;
  readonly eventBytesMax: number;
  /** Of streams whose text is kept for a search or a schema. Over it: upstream_invalid. */
  readonly keptBytesMax: number;
  readonly share: AnswerShare;
  /** Another turn of the same model. */
  readonly ask: (call: Call) => Promise<Answered<{ readonly call: Call }> | Refusal | Gone>;
  /** How the last stream ended, when it failed. */
  readonly failure: () => Refusal | undefined;
  readonly isGone: () => boolean;
  readonly clock: Clock;
}

/** `isChanged`: it is not what the provider sent. */
type Composed =
  | { readonly kind: "completion"; readonly value: JsonObject; readonly isChanged: boolean }
  | Refusal
  | Gone;

export class Conversation {
  readonly #options: ConversationOptions;
  readonly #loop: SearchLoop | undefined;
  readonly #usages: JsonObject[] = [];
  /** The call of the last answer. */
  #call: Call;
  #way: StructuredWay | undefined;
  #keptBytes = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#loop = options.search && new SearchLoop(options.search);
    this.#call = options.shape.call;
    this.#way = options.shape.rung && wayOf[options.shape.rung];
  }

  /** How the answer was bound to the schema; undefined: it was not to be. */
  get way(): StructuredWay | undefined {
    return this.#way;
  }

  get engine(): string | undefined {
    return this.#loop?.engine;
  }

  /** What was searched so far, in order. */
  get searches(): readonly Search[] {
    return this.#options.search?.sources.searches ?? [];
  }

  async plain(first: JsonObject): Promise<Composed> {
    const searched = await this.#searchPlain(first);
    if (searched.kind !== "completion") return searched;
    const judged = await this.#judge(searched.value);
    if (judged.kind !== "completion") return judged;
    const usage = this.#usage();
    const value = usage && this.#isSummed ? { ...judged.value, usage } : judged.value;
    return { kind: "completion", value, isChanged: searched.isChanged || judged.isChanged || this.#isSummed };
  }

  /** Several answers, or searches beside them. */
  get #isSummed(): boolean {
    return this.#usages.length > 1 || this.#searches > 0;
  }

  get #searches(): number {
    return this.#options.search?.run.tally.searches ?? 0;
  }

  #usage(): JsonObject | undefined {
    const usage = sumUsage(this.#usages);
    if (!usage || this.#searches === 0) return usage;
    return { ...usage, server_tool_use: { web_search_requests: this.#searches } };
  }

  #used(completion: JsonObject): void {
    if (isJsonObject(completion.usage)) this.#usages.push(completion.usage);
  }

  async #searchPlain(first: JsonObject): Promise<Composed> {
    let completion = first;
    this.#used(completion);
    const { search } = this.#options;
    if (!search) return { kind: "completion", value: completion, isChanged: false };
    for (;;) {
      const choice = firstChoice(completion);
      const calls = choice ? toolCallsOf(choice.message) : [];
      const ours = calls.filter(isSearchCall);
      if (!choice || !this.#loop || ours.length === 0) break;
      if (ours.length < calls.length || this.#loop.isSpent) {
        completion = withoutOurs(completion);
        break;
      }
      const next = await this.#loop.next(this.#call, contentOf(choice.message), ours);
      if ("kind" in next) return next;
      const answered = await this.#options.ask(next);
      if (answered.kind !== "answered") return answered;
      if (answered.outcome.kind !== "plain") return refuse("upstream_invalid");
      this.#call = next;
      completion = answered.outcome.value;
      this.#used(completion);
    }
    return { kind: "completion", value: this.#cited(completion), isChanged: true };
  }

  #cited(completion: JsonObject): JsonObject {
    const choice = firstChoice(completion);
    const content = choice && contentOf(choice.message);
    if (!choice || content === undefined) return completion;
    const annotations = this.#options.search?.sources.annotationsOf(content) ?? [];
    return withFirstChoice(completion, { ...choice.message, annotations }, choice.finish ?? "stop");
  }

  async #judge(completion: JsonObject): Promise<Composed> {
    const { structured, shape, validate } = this.#options;
    if (!structured || !shape.rung) return { kind: "completion", value: completion, isChanged: false };
    const judge = new StructuredJudge(structured, validate);
    const first = await judge.judge(completion, shape.rung);
    if (first.kind === "fits") {
      this.#way = first.way;
      return { kind: "completion", value: first.completion, isChanged: first.isChanged };
    }
    if (first.kind === "refusal") return first;
    const answered = await this.#options.ask(toSecondCall(this.#call, first));
    if (answered.kind === "gone") return answered;
    // The second try failed: the first answer is what there is.
    const value =
      answered.kind === "answered" && answered.outcome.kind === "plain" ? answered.outcome.value : undefined;
    if (value) this.#used(value);
    const second = value ? await judge.judge(value, shape.rung) : first;
    if (second.kind === "refusal") return second;
    if (second.kind === "fits") {
      this.#way = second.way === "unchecked" ? "unchecked" : "retried";
      return { kind: "completion", value: second.completion, isChanged: true };
    }
    if (structured.isStrict) return toMisfitRefusal(second);
    this.#way = "invalid";
    return { kind: "completion", value: second.completion, isChanged: true };
  }

  /** Chunks of one completion, its finish among the last; `wantsUsage`: a chunk with the sum of usage ends them. */
  async *stream(blocks: AsyncGenerator<Uint8Array>, wantsUsage: boolean): AsyncGenerator<Piece> {
    const { shape, search } = this.#options;
    const searched = search ? this.#searchPieces(blocks) : this.#whole(blocks);
    const pieces = shape.rung !== undefined && shape.isLowered ? this.#judgePieces(searched) : searched;
    let last: JsonObject = {};
    for await (const piece of pieces) {
      yield piece;
      if (piece.kind === "error") return;
      last = piece.chunk;
    }
    const usage = this.#usage();
    if (wantsUsage && usage) yield { kind: "chunk", chunk: toUsageChunk(last, usage) };
  }

  async *#chunks(blocks: AsyncGenerator<Uint8Array>): AsyncGenerator<Piece> {
    const splitter = new EventSplitter(this.#options.eventBytesMax);
    for await (const block of blocks) {
      for (const event of splitter.push(block)) {
        const refusal = this.#isKept ? this.#keep(event.length) : undefined;
        if (refusal) {
          yield { kind: "error", refusal };
          return;
        }
        const chunk = readChunk(event);
        if (chunk) yield { kind: "chunk", chunk };
      }
    }
    const refusal = this.#options.failure();
    if (refusal) yield { kind: "error", refusal };
  }

  get #isKept(): boolean {
    const { search, shape } = this.#options;
    return search !== undefined || (shape.rung !== undefined && shape.isLowered);
  }

  #keep(bytes: number): Refusal | undefined {
    this.#keptBytes += bytes;
    if (this.#keptBytes > this.#options.keptBytesMax) return refuse("upstream_invalid");
    return this.#options.share.take(bytes) ? undefined : tooMuchKept();
  }

  /** A stream that is passed on as it is, but for its usage. */
  async *#whole(blocks: AsyncGenerator<Uint8Array>): AsyncGenerator<Piece> {
    // Providers repeat totals, they do not add.
    let usage: JsonObject | undefined;
    for await (const piece of this.#chunks(blocks)) {
      if (piece.kind === "chunk" && isJsonObject(piece.chunk.usage)) usage = piece.chunk.usage;
      if (piece.kind === "error" || choiceOf(piece.chunk)) yield withoutUsage(piece);
    }
    if (usage) this.#usages.push(usage);
  }

  async *#searchPieces(first: AsyncGenerator<Uint8Array>): AsyncGenerator<Piece> {
    let blocks = first;
    let content = "";
    for (let round = 0; ; round += 1) {
      const collector = new CompletionCollector();
      const filter = new ToolFilter();
      let last: JsonObject = {};
      for await (const piece of this.#chunks(blocks)) {
        if (piece.kind === "error") {
          yield piece;
          return;
        }
        collector.push(piece.chunk);
        last = choiceOf(piece.chunk) ? piece.chunk : last;
        const visible = filter.pass(piece.chunk, { withRole: round === 0 });
        if (visible) yield { kind: "chunk", chunk: visible };
      }
      if (this.#options.isGone()) return;
      if (collector.usage) this.#usages.push(collector.usage);
      content += collector.content;
      const next = filter.hasVisibleCalls ? undefined : await this.#searchAfter(collector);
      if (next && "row" in next) {
        yield { kind: "error", refusal: next };
        return;
      }
      if (next && "kind" in next) return;
      if (next) {
        blocks = next.blocks;
        continue;
      }
      const annotations = this.#options.search?.sources.annotationsOf(content) ?? [];
      if (annotations.length > 0) yield { kind: "chunk", chunk: toChunk(last, { annotations }, null) };
      const finish = collector.finish === "tool_calls" && !filter.hasVisibleCalls ? "stop" : collector.finish;
      yield { kind: "chunk", chunk: toChunk(last, {}, finish ?? "stop") };
      return;
    }
  }

  /** The next answer, when this one asks for a search; undefined: it is the last. */
  async #searchAfter(
    collector: CompletionCollector,
  ): Promise<{ readonly blocks: AsyncGenerator<Uint8Array> } | Refusal | Gone | undefined> {
    const ours = collector.calls.filter(isSearchCall);
    if (ours.length === 0 || !this.#loop || this.#loop.isSpent) return undefined;
    const content = collector.content === "" ? undefined : collector.content;
    const next = await this.#loop.next(this.#call, content, ours);
    if ("kind" in next) return next;
    this.#call = next;
    const answered = await this.#options.ask(next);
    if (answered.kind !== "answered") return answered;
    return answered.outcome.kind === "stream"
      ? { blocks: answered.outcome.blocks }
      : refuse("upstream_invalid");
  }

  /** Held until it was judged whole, then told as a stream of its own. */
  async *#judgePieces(pieces: AsyncGenerator<Piece>): AsyncGenerator<Piece> {
    const collector = new CompletionCollector();
    let last: JsonObject = {};
    for await (const piece of pieces) {
      if (piece.kind === "error") {
        yield piece;
        return;
      }
      last = piece.chunk;
      collector.push(piece.chunk);
    }
    if (this.#options.isGone()) return;
    const judged = await this.#judge(collector.toCompletion());
    if (judged.kind === "gone") return;
    if (judged.kind === "refusal") {
      yield { kind: "error", refusal: judged };
      return;
    }
    for (const chunk of toChunks(judged.value, last)) yield { kind: "chunk", chunk };
  }
}

const withoutUsage = (piece: Piece): Piece => {
  if (piece.kind === "error" || piece.chunk.usage === undefined) return piece;
  const { usage: _usage, ...chunk } = piece.chunk;
  return { kind: "chunk", chunk };
};

/** The caller's own calls alone. */
const withoutOurs = (completion: JsonObject): JsonObject => {
  const choice = firstChoice(completion);
  if (!choice) return completion;
  const { tool_calls: _calls, ...message } = choice.message;
  const own = toolCallsOf(choice.message).filter((call) => !isSearchCall(call));
  return own.length > 0
    ? withFirstChoice(
        completion,
        { ...message, tool_calls: own.map(toRawToolCall) },
        choice.finish ?? "tool_calls",
      )
    : withFirstChoice(completion, message, "stop");
};
