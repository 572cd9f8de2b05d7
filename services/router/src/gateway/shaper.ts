// Decides how each provider is asked what the caller asks: in the caller's protocol or another one, with the search
// that it has or with ours, and on which rung of structured output. What a provider refused is tried in the next form
// and, once that was taken, remembered for other requests.
import type { Clock } from "@cmdop/base";
import type { CapabilityMemory, Feature } from "../core/capability-memory.ts";
import type { JsonObject } from "../core/json-text.ts";
import { servesMessages } from "../core/messages/protocol.ts";
import type { MessagesCall } from "../core/messages/request.ts";
import { toOpenRouterImages } from "../core/openrouter-images.ts";
import { type Call, changeCall } from "../core/protocol.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import type { Candidate } from "../core/route-table.ts";
import {
  isAboutRung,
  isAboutSchema,
  type Rung,
  rungs,
  type StructuredRequest,
  toRungRequest,
} from "../core/structured/request.ts";
import type { SourceList } from "../core/web-search/citations.ts";
import {
  lastQuestion,
  toInjectedSearch,
  toOpenAiSearch,
  toOpenRouterSearch,
  toQuery,
  toSearchLoop,
  type WebSearch,
} from "../core/web-search/request.ts";
import { notConfigured, type Searcher, type SearchRun } from "./searcher.ts";
import type { Gone, Shaper } from "./turn.ts";

export type SearchMode = "native" | "loop" | "injected";

export interface ChatShape {
  readonly call: Call;
  /** The caller speaks another protocol than the one that is asked. */
  readonly isTranslated: boolean;
  readonly search: SearchMode | undefined;
  readonly rung: Rung | undefined;
  /** What binds the model is not the caller's own schema. */
  readonly isLowered: boolean;
}

export interface ShaperOptions {
  /** As it came. */
  readonly call: Call;
  /** The same in chat completions, where it came as something else. */
  readonly translated: MessagesCall | Refusal | undefined;
  readonly structured: StructuredRequest | undefined;
  /** Of the request; `isOnline` of a candidate asks for the same with nothing said. */
  readonly search: (isOnline: boolean) => WebSearch | Refusal | undefined;
  readonly searcher: Searcher;
  readonly run: SearchRun;
  readonly sources: SourceList;
  readonly memory: CapabilityMemory;
  readonly clock: Clock;
}

export class ChatShaper implements Shaper<ChatShape> {
  readonly #options: ShaperOptions;
  /** By endpoint: what this request found refused. */
  readonly #denied = new Map<string, Set<Feature>>();
  /** Refused because of the schema: says nothing of the provider. */
  readonly #unlearned = new Set<Feature>();
  #injected: string | undefined;
  /** What searched, when it was not the provider. */
  engine: string | undefined;

  constructor(options: ShaperOptions) {
    this.#options = options;
  }

  async shapeOf(candidate: Candidate): Promise<ChatShape | Refusal | Gone> {
    const { call, translated } = this.#options;
    const isTranslated =
      translated !== undefined && (candidate.isOnline === true || !this.#takesMessages(candidate));
    if (translated && !isTranslated) return plainShape(call);
    if (translated && "row" in translated) return translated;
    const base = translated ? translated.toChat(candidate) : call;
    if (base.protocol.name !== "chat") {
      const images = candidate.provider.kind === "openrouter" ? toOpenRouterImages(base) : undefined;
      if (images && "row" in images) return images;
      return candidate.isOnline ? noSearchHere() : plainShape(images ?? base);
    }
    const search = this.#options.search(candidate.isOnline === true);
    if (search && "row" in search) return search;
    const structuredShape = this.#structured(candidate, base, isTranslated);
    return search ? this.#searching(candidate, search, structuredShape) : withUsage(structuredShape);
  }

  stepDown(candidate: Candidate, shape: ChatShape, refusal: Refusal): boolean {
    const feature = this.#featureOf(shape, refusal);
    if (!feature) return false;
    const endpoint = this.#endpointOf(candidate);
    const denied = this.#denied.get(endpoint) ?? new Set<Feature>();
    denied.add(feature);
    this.#denied.set(endpoint, denied);
    if (isAboutSchema(refusal)) this.#unlearned.add(feature);
    return true;
  }

  /** Another form was taken: what was refused before is the provider's way. */
  accepted(candidate: Candidate): void {
    const { memory, clock } = this.#options;
    const endpoint = this.#endpointOf(candidate);
    for (const feature of this.#denied.get(endpoint) ?? []) {
      if (!this.#unlearned.has(feature)) memory.deny(endpoint, feature, clock.nowMs());
    }
  }

  #featureOf(shape: ChatShape, refusal: Refusal): Feature | undefined {
    const { translated } = this.#options;
    if (translated && !shape.isTranslated) {
      return "body" in translated && isMissingEndpoint(refusal) ? "messages" : undefined;
    }
    if (shape.search === "loop" && isAboutRung("tool", refusal)) return "search_tool";
    return shape.rung !== undefined && shape.rung !== "prompt" && isAboutRung(shape.rung, refusal)
      ? shape.rung
      : undefined;
  }

  /** One key's: what one caller's requests are refused for may lie in them, and says nothing to another. */
  #endpointOf({ provider: { name }, upstreamId }: Candidate): string {
    return `${this.#options.run.caller.keyId}/${name}/${upstreamId}`;
  }

  #isDenied(candidate: Candidate, feature: Feature): boolean {
    const { memory, clock } = this.#options;
    const endpoint = this.#endpointOf(candidate);
    return (
      this.#denied.get(endpoint)?.has(feature) === true || memory.isDenied(endpoint, feature, clock.nowMs())
    );
  }

  #takesMessages(candidate: Candidate): boolean {
    return servesMessages(candidate.provider) && !this.#isDenied(candidate, "messages");
  }

  #structured(candidate: Candidate, call: Call, isTranslated: boolean): ChatShape {
    const { structured } = this.#options;
    const plain = { ...plainShape(call), isTranslated };
    if (!structured) return plain;
    for (const rung of rungs) {
      if (rung === "strict" && !structured.isStrict) continue;
      if (this.#isDenied(candidate, rung)) continue;
      const asked = toRungRequest(rung, structured, call.body);
      if (!asked) continue;
      const members = { ...asked.members, ...requireParameters(candidate, rung, call) };
      const changed = changeCall(call, { members, removed: asked.removed });
      return { ...plain, call: changed, rung, isLowered: asked.isLowered };
    }
    return plain;
  }

  async #searching(
    candidate: Candidate,
    search: WebSearch,
    shape: ChatShape,
  ): Promise<ChatShape | Refusal | Gone> {
    const { call } = shape;
    if (candidate.provider.kind === "openrouter") {
      const native = changeCall(call, toOpenRouterSearch(search, call.body));
      return withUsage({ ...shape, call: native, search: "native" });
    }
    if (isSearchModel(candidate)) {
      if (search.domains.length + search.excludedDomains.length > 0) return noDomainsHere(candidate);
      const native = changeCall(call, toOpenAiSearch(search, call.body));
      return withUsage({ ...shape, call: native, search: "native" });
    }
    if (this.#options.searcher.providerOf(this.#options.run.caller) === undefined) return notConfigured();
    if (typeof call.body.n === "number" && call.body.n > 1) {
      return refuse("unsupported_value", {
        message: "n must be 1 where the router searches the web for the model.",
        param: "n",
      });
    }
    const takesTools =
      candidate.capabilities === undefined ||
      candidate.capabilities.length === 0 ||
      candidate.capabilities.includes("agents");
    const isBound = shape.rung !== undefined && shape.rung !== "strict" && shape.rung !== "loose";
    if (
      candidate.provider.kind !== "demo" &&
      takesTools &&
      !isBound &&
      !this.#isDenied(candidate, "search_tool")
    ) {
      const looped = changeCall(call, toSearchLoop(call.body));
      return withUsage({ ...shape, call: looped, search: "loop" });
    }
    const results = await this.#search(search, call.body);
    if (typeof results !== "string") return results;
    const injected = changeCall(call, toInjectedSearch(call.body, results));
    return withUsage({ ...shape, call: injected, search: "injected" });
  }

  /** Once for a request, whoever is asked. */
  async #search(search: WebSearch, body: JsonObject): Promise<string | Refusal | Gone> {
    if (this.#injected !== undefined) return this.#injected;
    const { searcher, run, sources } = this.#options;
    const question = lastQuestion(body);
    if (question === "") {
      return refuse("invalid_value", {
        message: "A web search needs a question in the last message of the user.",
        param: "messages",
      });
    }
    const found = await searcher.search([toQuery(search, question)], run);
    if (found.kind !== "found") return found;
    this.engine = found.provider;
    this.#injected = sources.toText(question, found.results[0] ?? []);
    return this.#injected;
  }
}

const noSearchHere = (): Refusal =>
  refuse("unsupported_value", {
    message: ":online is taken in chat completions and messages.",
    param: "model",
  });

/** Such a model searches whatever it is asked, and takes no domains: with a search of ours beside it, it would too. */
const noDomainsHere = ({ modelId }: Candidate): Refusal =>
  refuse("unsupported_value", {
    message: `${modelId} searches by itself and takes no domains. Leave them out, or ask a model that does not search by itself: the router then searches in these domains for it.`,
    param: "tools",
  });

const plainShape = (call: Call): ChatShape => ({
  call,
  isTranslated: false,
  search: undefined,
  rung: undefined,
  isLowered: false,
});

/** An answer that is not passed on as it came needs its usage in the stream, for the sum of them. */
const withUsage = (shape: ChatShape): ChatShape =>
  shape.call.isStream && isComposed(shape)
    ? { ...shape, call: changeCall(shape.call, { members: { stream_options: { include_usage: true } } }) }
    : shape;

/** Whether the answer is made from what came, instead of being what came. */
export const isComposed = ({ call, isTranslated, search, rung, isLowered }: ChatShape): boolean =>
  isTranslated ||
  search === "loop" ||
  search === "injected" ||
  (rung !== undefined && (!call.isStream || isLowered));

/** OpenRouter would otherwise ask a provider that ignores the schema, in silence. */
const requireParameters = (
  { provider }: Candidate,
  rung: Rung,
  { body }: Call,
): { readonly provider?: Call["body"] } => {
  if (provider.kind !== "openrouter" || (rung !== "strict" && rung !== "loose")) return {};
  const given = typeof body.provider === "object" && !Array.isArray(body.provider) ? body.provider : {};
  return { provider: { require_parameters: true, ...given } as Call["body"] };
};

/** OpenAI's models that search by themselves (https://platform.openai.com/docs/guides/tools-web-search). */
const isSearchModel = ({ provider, upstreamId }: Candidate): boolean =>
  provider.kind === "openai" && !provider.isCustom && /-search(?:-|$)/.test(upstreamId);

/** An endpoint that a server does not have is a 404 or a 405; some say 400 or 501. */
const isMissingEndpoint = ({ status, row }: Refusal): boolean =>
  row === "model_not_found" || status === 404 || status === 405;
