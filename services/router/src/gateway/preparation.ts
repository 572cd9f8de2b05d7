// What a body asks for beyond a model's answer, read before anybody is asked.
import { type Clock, type Random, randomBase62 } from "@cmdop/base";
import type { CapabilityMemory } from "../core/capability-memory.ts";
import { toMessagesCall } from "../core/messages/request.ts";
import type { Call } from "../core/protocol.ts";
import type { Refusal } from "../core/refusals.ts";
import { readStructured, type StructuredRequest } from "../core/structured/request.ts";
import { SourceList } from "../core/web-search/citations.ts";
import { readWebSearch, type WebSearch } from "../core/web-search/request.ts";
import type { Caller, SchemaValidator } from "../ports.ts";
import type { SearchLoopOptions } from "./search-loop.ts";
import type { Searcher, Tally } from "./searcher.ts";
import { ChatShaper } from "./shaper.ts";
import { toSchemaRefusal } from "./structured-judge.ts";

export interface Prepared {
  readonly kind: "prepared";
  readonly shaper: ChatShaper;
  readonly structured: StructuredRequest | undefined;
  /** `isOnline`: the model was written with `:online`. */
  readonly search: (isOnline: boolean) => WebSearch | Refusal | undefined;
  readonly looping: Omit<SearchLoopOptions, "search">;
}

export interface PreparationOptions {
  readonly searcher: Searcher;
  readonly validator: SchemaValidator;
  readonly memory: CapabilityMemory;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly random: Random;
}

const markChars = 12;

export const prepare = async (
  request: {
    readonly requestId: string;
    readonly caller: Caller;
    readonly call: Call;
    readonly signal: AbortSignal;
  },
  { searcher, validator, memory, tally, clock, random }: PreparationOptions,
): Promise<Prepared | Refusal> => {
  const { call, caller, signal, requestId } = request;
  const translated = call.protocol.name === "messages" ? toMessagesCall(call) : undefined;
  const chat = translated ?? (call.protocol.name === "chat" ? call : undefined);
  // What cannot be translated may still be passed on as it came.
  const body = chat && "body" in chat ? chat.body : {};
  const isSeveral = typeof body.n === "number" && body.n > 1;
  const structured = isSeveral ? undefined : readStructured(body);
  if (structured && "row" in structured) return structured;
  if (structured) {
    const checked = await validator.check(caller.keyId, structured.schemaText);
    if (checked.kind !== "valid" && checked.kind !== "invalid") return toSchemaRefusal(checked);
  }
  const search = (isOnline: boolean) => (chat ? readWebSearch(body, isOnline) : undefined);
  const looping = {
    searcher,
    run: { requestId, caller, signal, tally },
    sources: new SourceList(() => randomBase62(markChars, random)),
    clock,
  };
  const shaper = new ChatShaper({ ...looping, call, translated, structured, search, memory });
  return { kind: "prepared", shaper, structured, search, looping };
};
