// How OpenAI itself is asked: its address is not the fixture's to choose, so no test through a whole router comes here.
import { FakeClock } from "@cmdop/testkit";
import { expect, it } from "vitest";
import { CapabilityMemory } from "../core/capability-memory.ts";
import { chatProtocol } from "../core/chat.ts";
import { type JsonObject, parseJsonText, setMembers } from "../core/json-text.ts";
import type { Call } from "../core/protocol.ts";
import { SourceList } from "../core/web-search/citations.ts";
import { readWebSearch } from "../core/web-search/request.ts";
import { ChatShaper } from "./shaper.ts";

const toCall = (body: JsonObject): Call => {
  const parsed = parseJsonText(JSON.stringify(body));
  if (parsed.kind !== "object") throw new Error(parsed.reason);
  return {
    ...{ protocol: chatProtocol, body, model: "m", isStream: false, inputChars: 0 },
    ...{ contentType: "application/json", headers: {} },
    toBody: (members, removed) => setMembers(parsed.text, members, removed),
  };
};

const caller = {
  ...{ keyId: "key", models: undefined, limits: undefined, account: undefined },
  ...{ providers: new Map(), search: [], budgets: [] },
};

const shapeOf = async (upstreamId: string, body: JsonObject, isOnline = false) => {
  const call = toCall(body);
  const shaper = new ChatShaper({
    ...{ call, translated: undefined, structured: undefined },
    search: (online) => readWebSearch(body, online),
    searcher: {
      providerOf: () => "serper",
      search: () => Promise.reject(new Error("nothing is searched here")),
    },
    run: {
      ...{ requestId: "req", caller, signal: new AbortController().signal },
      tally: { searches: 0, attempts: 0 },
    },
    sources: new SourceList(() => "mark"),
    memory: new CapabilityMemory(),
    clock: new FakeClock(),
  });
  const shape = await shaper.shapeOf({
    provider: { name: "openai", kind: "openai", isCustom: false },
    ...{ modelId: upstreamId, upstreamId, price: undefined, isListed: false, isOnline },
  });
  if (!("call" in shape)) throw new Error(shape.kind);
  return { search: shape.search, body: JSON.parse(String(shape.call.toBody({}))) as JsonObject };
};

const messages = [{ role: "user", content: "What is new?" }];
const place = { type: "approximate", approximate: { country: "DE" } };
const mine = { type: "function", function: { name: "mine" } };

it.each<[string, JsonObject, boolean, JsonObject]>([
  [
    "web_search_options, as they came",
    { web_search_options: { search_context_size: "low", x: 1 } },
    false,
    { web_search_options: { search_context_size: "low", x: 1 } },
  ],
  [
    "a tool",
    { tools: [{ type: "web_search", search_context_size: "high", user_location: place }, mine] },
    false,
    { tools: [mine], web_search_options: { search_context_size: "high", user_location: place } },
  ],
  ["a plugin", { plugins: [{ id: "web" }] }, false, { web_search_options: {} }],
  [":online", {}, true, { web_search_options: {} }],
])(
  "a search model of OpenAI's searches by itself, asked by %s",
  async (_name, members, isOnline, expected) => {
    for (const model of ["gpt-4o-search-preview", "gpt-5-search-api"]) {
      expect(await shapeOf(model, { model, messages, ...members }, isOnline)).toEqual({
        search: "native",
        body: { model, messages, ...expected },
      });
    }
  },
);

it("any other of its models is searched for by the router", async () => {
  const { search, body } = await shapeOf("gpt-5", { messages, web_search_options: {} });
  expect([search, "web_search_options" in body]).toEqual(["loop", false]);
  expect(body.tools).toMatchObject([{ type: "function", function: { name: "router_web_search" } }]);
});
