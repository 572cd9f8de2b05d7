// Web search inside chats through a whole router: every spelling, every way of searching, and what a stream shows of it.
import { type FakeTurn, leakCheck, waitFor } from "@cmdop/testkit";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RouterFixture, routerKey } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

/** The model is at `a`, Serper and SearXNG at `b`. */
const routes = `
providers:
  a: { url: $A, keys: [env:KEY_A] }
  router: { kind: openrouter, url: $A, keys: [env:KEY_A] }
models:
  lone: { provider: a, as: model-a }
  simple: { provider: a, as: model-a, capabilities: [code] }
  routed: { provider: router, as: vendor/model }
tiers: { smart: [lone] }
search:
  serper: { url: $B_ORIGIN, keys: [env:SEARCH_KEY] }
`;

beforeEach(async () => {
  fixture = await RouterFixture.open({ routes, environment: { SEARCH_KEY: "serper-key" } });
});

afterEach(() => fixture.close());

const messages = [{ role: "user" as const, content: "What is new?" }];
const searching = (...queries: string[]): FakeTurn => ({
  toolCalls: [{ name: "router_web_search", arguments: JSON.stringify({ queries }) }],
});
const cited = "News [1] and [more](https://example.org/2), but [9].";
const annotations = [
  ["https://example.org/1", 5, 8],
  ["https://example.org/2", 13, 42],
].map(([url, start_index, end_index]) => ({
  type: "url_citation",
  url_citation: {
    url,
    title: expect.stringMatching(/^Result/),
    content: expect.any(String),
    start_index,
    end_index,
  },
}));

type Body = Record<string, unknown>;

const ask = async (body: Body = {}) => {
  const response = await fixture.post("/v1/chat/completions", { model: "lone", messages, ...body });
  const answer = JSON.parse(await response.text());
  return { status: response.status, engine: response.headers.get("x-router-search-engine"), answer };
};

const stream = async (body: Body = {}) => {
  const response = await fixture.post("/v1/chat/completions", {
    model: "lone",
    messages,
    stream: true,
    ...body,
  });
  const text = await response.text();
  const data = [...text.matchAll(/^data: (.*)$/gm)].map((match) => match[1] ?? "");
  const chunks = data.filter((line) => line !== "[DONE]").map((line) => JSON.parse(line));
  const choices = chunks.flatMap((chunk) => chunk.choices?.[0] ?? []);
  return {
    text,
    engine: response.headers.get("x-router-search-engine"),
    content: choices.map((choice) => choice.delta.content ?? "").join(""),
    roles: choices.flatMap((choice) => choice.delta.role ?? []),
    finishes: choices.flatMap((choice) => choice.finish_reason ?? []),
    isFinishLast: choices.at(-1)?.finish_reason !== null,
    annotations: choices.flatMap((choice) => choice.delta.annotations ?? []),
    calls: choices.flatMap((choice) => choice.delta.tool_calls ?? []),
    usages: chunks.flatMap((chunk) => chunk.usage ?? []),
    code: chunks.find((chunk) => chunk.error)?.error.code,
    isDone: data.at(-1) === "[DONE]",
  };
};

const none = { kind: "latency", ms: 0 } as const;
const option = { web_search_options: {} };

describe("four spellings, one meaning", () => {
  const spellings: readonly (readonly [string, Body])[] = [
    ["web_search_options", { web_search_options: { search_context_size: "low" } }],
    ["a web_search tool", { tools: [{ type: "web_search", search_context_size: "low" }] }],
    ["its older name", { tools: [{ type: "web_search_preview_2025_03_11", search_context_size: "low" }] }],
    ["OpenRouter's tool", { tools: [{ type: "openrouter:web_search", parameters: { max_results: 3 } }] }],
    ["a plugin", { plugins: [{ id: "web", max_results: 3 }] }],
    [":online", { model: "lone:online" }],
    [":online behind an alias", { model: "@smart:online" }],
  ];

  it.each(spellings)("%s", async (_name, body) => {
    fixture.a.answerNext(searching("cats"), { text: cited });
    const { status, engine, answer } = await ask(body);
    expect([status, engine, answer.choices[0].message.content]).toEqual([200, "serper", cited]);
    expect(answer.choices[0].message.annotations).toEqual(annotations);
    expect(fixture.b.requests.map(({ json }) => json?.q)).toEqual(["cats"]);
    const [asked] = fixture.a.requests;
    expect(Object.keys(asked?.json ?? {}).sort()).toEqual(["messages", "model", "tools"]);
    expect(asked?.json?.model).toBe("model-a");
  });

  it("the place, the number and the domains reach the search provider", async () => {
    fixture.a.answerNext(searching("cats"), { text: "." });
    await ask({
      tools: [
        {
          type: "web_search",
          search_context_size: "high",
          user_location: { type: "approximate", country: "DE", city: "Bonn" },
          filters: { allowed_domains: ["example.org"] },
        },
      ],
    });
    expect(fixture.b.requests[0]?.json).toEqual({
      q: "cats (site:example.org)",
      num: 10,
      page: 1,
      gl: "de",
      location: "Bonn",
    });
  });
});

describe("the loop", () => {
  it("gives the model results as data between marks that nobody can guess, and counts everything once", async () => {
    fixture.a.answerNext(searching("cats", "dogs"), searching("birds"), { text: cited });
    const { answer } = await ask(option);
    expect(answer.usage).toEqual({
      prompt_tokens: 33,
      completion_tokens: 21,
      total_tokens: 54,
      server_tool_use: { web_search_requests: 3 },
    });
    const last = fixture.a.requests.at(-1)?.json?.messages as { role: string; content: string }[];
    expect(last.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant", "tool"]);
    const marks = last[2]?.content.match(/^--- (?:end of )?results (\w{12}) ---$/gm);
    expect([marks?.length, last[2]?.content.includes("it is data")]).toEqual([4, true]);
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({
      inputTokens: 33,
      outputTokens: 21,
      searches: 3,
      attempts: 3,
      end: "finished",
    });
  });

  it("goes on from as many calls as are answered, however many the model made", async () => {
    const toolCalls = Array.from({ length: 100 }, () => searching("cats").toolCalls ?? []).flat();
    fixture.a.answerNext({ toolCalls }, { text: "done" });
    expect((await ask({ web_search_options: {} })).status).toBe(200);
    const sent = fixture.a.requests.at(-1)?.json?.messages as readonly Body[];
    const [assistant, ...answers] = sent.slice(messages.length);
    expect([assistant?.tool_calls, answers]).toMatchObject([{ length: 64 }, { length: 64 }]);
  });

  it("ends after three rounds or five queries: the model is asked without a search", async () => {
    fixture.a.answerNext(searching("1"), searching("2"), searching("3"), searching("4"));
    const { answer } = await ask(option);
    expect([fixture.a.requests.length, fixture.b.requests.length]).toEqual([4, 3]);
    expect(fixture.a.requests.at(-1)?.json?.tool_choice).toBe("none");
    expect([answer.choices[0].finish_reason, answer.choices[0].message.tool_calls]).toEqual([
      "stop",
      undefined,
    ]);
    fixture.a.answerNext(searching("1", "2", "3", "4", "5", "6", "7"), { text: "done" });
    await ask(option);
    expect(fixture.b.requests.length).toBe(3 + 5);
  });

  it("goes on when the search fails, and says so to the model", async () => {
    fixture.b.failAlways({ kind: "status", status: 500 });
    fixture.a.answerNext(searching("cats"), { text: "Without it." });
    const { status, answer } = await ask(option);
    expect([status, answer.choices[0].message.content]).toEqual([200, "Without it."]);
    expect(JSON.stringify(fixture.a.requests[1]?.json?.messages)).toContain("The search failed");
  });

  it("leaves the caller's own calls to the caller, and shows none of ours", async () => {
    const tools = [{ type: "function", function: { name: "mine", parameters: {} } }, { type: "web_search" }];
    const both: FakeTurn = {
      toolCalls: [...(searching("cats").toolCalls ?? []), { name: "mine", arguments: '{"a":1}' }],
    };
    fixture.a.answerNext(both);
    const { answer } = await ask({ tools });
    expect(answer.choices[0].finish_reason).toBe("tool_calls");
    expect(answer.choices[0].message.tool_calls).toEqual([
      { id: "call_fake_1", type: "function", function: { name: "mine", arguments: '{"a":1}' } },
    ]);
    fixture.a.answerNext(both);
    const streamed = await stream({ tools });
    expect([streamed.finishes, streamed.isFinishLast, streamed.isDone]).toEqual([["tool_calls"], true, true]);
    expect(streamed.calls.map(({ index }) => index)).toEqual([0, 0, 0]);
    expect(streamed.text).not.toContain("router_web_search");
    expect(fixture.b.requests).toEqual([]);
  });
});

describe("a stream", () => {
  it("shows the last answer live, its citations, one finish, and nothing of the search", async () => {
    fixture.a.answerNext(searching("cats"), { text: cited });
    const told = await stream({ ...option, stream_options: { include_usage: true } });
    expect(told).toMatchObject({
      engine: "serper",
      content: cited,
      roles: ["assistant"],
      finishes: ["stop"],
      isFinishLast: true,
      calls: [],
      isDone: true,
    });
    expect(told.annotations).toEqual(annotations);
    expect(told.usages).toEqual([
      {
        prompt_tokens: 22,
        completion_tokens: 14,
        total_tokens: 36,
        server_tool_use: { web_search_requests: 1 },
      },
    ]);
    expect(told.text).not.toContain("router_web_search");
  });

  it("has no usage that was not asked for, though it is settled", async () => {
    fixture.a.answerNext(searching("cats"), { text: "Yes." });
    expect((await stream(option)).usages).toEqual([]);
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({ inputTokens: 22, searches: 1, end: "finished" });
  });

  it("is read by OpenAI's client, with what was said before the search in front", async () => {
    fixture.a.answerNext({ text: "Let me look. ", ...searching("cats") }, { text: "Done [1]." });
    const client = new OpenAI({ baseURL: `${fixture.url}/v1`, apiKey: routerKey, maxRetries: 0 });
    const final = await client.chat.completions
      .stream({ model: "lone", messages, web_search_options: {} })
      .finalChatCompletion();
    expect([final.choices[0]?.message.content, final.choices[0]?.finish_reason]).toEqual([
      "Let me look. Done [1].",
      "stop",
    ]);
  });

  it.each(["lone", "simple"])("beats while it searches (%s)", async (model) => {
    await fixture.close();
    fixture = await RouterFixture.open({
      routes,
      environment: { SEARCH_KEY: "serper-key" },
      limits: { heartbeatMs: 30, startupMs: 50 },
    });
    fixture.b.failNext({ kind: "latency", ms: 300 });
    fixture.a.answerNext(...(model === "lone" ? [searching("cats")] : []), { text: "Yes." });
    const told = await stream({ ...option, model });
    expect(told.text.match(/^: ping$/gm)?.length).toBeGreaterThan(1);
    expect([told.content, told.isDone]).toEqual(["Yes.", true]);
  });

  it("that began before its search failed ends with an error event, settled once", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({
      routes,
      environment: { SEARCH_KEY: "serper-key" },
      limits: { startupMs: 20 },
      policy: { attemptsMax: 1 },
    });
    fixture.b.failAlways({ kind: "stalled", afterEvents: undefined });
    const body = { model: "simple", messages, stream: true, ...option };
    const response = await fixture.post("/v1/chat/completions", body);
    expect(response.status).toBe(200);
    fixture.b.cutAll();
    const text = await response.text();
    expect([text.includes('"code":"upstream_error"'), text.includes("[DONE]")]).toEqual([true, false]);
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({ end: "failed", searches: 0 });
  });

  it.each([
    ["ends", { kind: "truncated", afterEvents: 2 } as const, "upstream_truncated"],
    ["is refused", { kind: "status", status: 400 } as const, null],
  ])("whose last answer %s is an error event and no [DONE]", async (_name, fault, code) => {
    fixture.a.answerNext(searching("cats"), { text: "Yes it is so." });
    fixture.a.failNext(none, fault);
    expect(await stream(option)).toMatchObject({ finishes: [], isDone: false, code });
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]?.end).toBe("failed");
  });
});

describe("a caller who leaves within the loop", () => {
  it.each([true, false])(
    "while the search runs (stream %s): it ends too, and nothing more is asked",
    async (isStream) => {
      fixture.b.failNext({ kind: "stalled", afterEvents: undefined });
      fixture.a.answerNext(searching("cats"));
      const controller = new AbortController();
      const left = fixture
        .post(
          "/v1/chat/completions",
          { model: "lone", messages, stream: isStream, ...option },
          { signal: controller.signal },
        )
        .then((response) => response.text())
        .catch(() => "left");
      const request = await waitFor(() => fixture.b.requests[0]);
      controller.abort();
      expect([await left, await request.closed]).toEqual(["left", true]);
      await waitFor(() => fixture.usage.length === 1);
      expect([fixture.usage[0]?.end, fixture.a.requests.length]).toEqual(["aborted", 1]);
    },
  );

  it("while the last answer is made: it ends too", async () => {
    fixture.a.failNext(none, { kind: "stalled", afterEvents: 2 });
    fixture.a.answerNext(searching("cats"), { text: "Yes it is so." });
    const controller = new AbortController();
    const left = fixture
      .post(
        "/v1/chat/completions",
        { model: "lone", messages, stream: true, ...option },
        { signal: controller.signal },
      )
      .then((response) => response.text())
      .catch(() => "left");
    const request = await waitFor(() => fixture.a.requests[1]);
    controller.abort();
    expect([await left, await request.closed]).toEqual(["left", true]);
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({ end: "aborted", searches: 1, isEstimated: true });
  });
});

it("a stream that began with a search ends with an error where what comes behind it cannot be made", async () => {
  await fixture.close();
  fixture = await RouterFixture.open({
    routes,
    environment: { SEARCH_KEY: "serper-key" },
    limits: { startupMs: 20 },
  });
  fixture.b.failNext({ kind: "latency", ms: 200 });
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const question = '{"role":"user","content":"What is new?"}';
  const response = await fixture.post(
    "/v1/chat/completions",
    `{"model":"simple:online","stream":true,"messages":[{"role":"system","content":${deep}},${question}]}`,
  );
  const text = await response.text().catch(() => "cut");
  expect([response.status, text]).toEqual([200, expect.stringContaining('"code":"invalid_value"')]);
  await waitFor(() => fixture.usage.length === 1);
  expect(fixture.usage[0]).toMatchObject({ end: "failed", refusal: "invalid_value" });
});

describe("a model without tools", () => {
  it.each([
    ["by the table", "simple"],
    ["by its own words", "lone"],
  ])("(%s) gets the results in the question", async (_name, model) => {
    if (model === "lone") fixture.a.lacks.add("tools");
    fixture.a.answerNext({ text: cited });
    const { engine, answer } = await ask({ ...option, model });
    expect([engine, answer.choices[0].message.annotations]).toEqual(["serper", annotations]);
    const asked = fixture.a.requests.at(-1)?.json?.messages;
    const [question] = asked as { role: string; content: string }[];
    expect([question?.role, question?.content.startsWith("What is new?\n\nResults of a web search")]).toEqual(
      ["user", true],
    );
    fixture.a.answerNext({ text: cited });
    const streamed = await stream({ ...option, model });
    expect([streamed.content, streamed.annotations, streamed.finishes]).toEqual([
      cited,
      annotations,
      ["stop"],
    ]);
    const searched = fixture.b.requests.map(({ json }) => json?.q);
    expect(searched).toEqual(["What is new?", "What is new?"]);
  });
});

describe("a provider that searches itself", () => {
  it("is left to it: OpenRouter gets its own tool, or the caller's own words for it", async () => {
    const native = await ask({ ...option, model: "routed" });
    expect([native.engine, fixture.a.requests[0]?.json?.tools]).toEqual([
      "native",
      [{ type: "openrouter:web_search", parameters: { max_results: 5 } }],
    ]);
    const body = `{"model":"routed:online","messages":[],"plugins":[{"id":"web","x":1}]}`;
    await fixture.post("/v1/chat/completions", body);
    expect(fixture.a.requests[1]?.text).toBe(body.replace("routed", "vendor/model"));
    expect(fixture.b.requests).toEqual([]);
  });
});

describe("domains, where OpenAI's model searches by itself and takes none", () => {
  const domains = ["example.org"];
  const tool = { type: "web_search" };

  beforeEach(async () => {
    await fixture.close();
    // OpenAI itself is not asked.
    const environment = { SEARCH_KEY: "serper-key", OPENAI_API_KEY: "sk-openai" };
    fixture = await RouterFixture.open({ routes, environment });
  });

  it.each([
    ["allowed", { tools: [{ ...tool, filters: { allowed_domains: domains } }] }],
    ["excluded", { tools: [{ ...tool, blocked_domains: domains }] }],
    ["among the options", { web_search_options: { filters: { allowed_domains: domains } } }],
  ])("%s, are refused and not dropped", async (_name, body) => {
    const { status, answer } = await ask({ model: "gpt-5-search-api", ...body });
    expect([status, answer.error.code, answer.error.param]).toEqual([400, "unsupported_value", "tools"]);
    expect(answer.error.message).toContain("gpt-5-search-api searches by itself");
    expect([fixture.a.requests, fixture.b.requests]).toEqual([[], []]);
    fixture.a.answerNext(searching("cats"), { text: "." });
    expect((await ask(body)).status).toBe(200);
    expect(fixture.b.requests[0]?.json?.q).toMatch(/^cats \(?-?site:example\.org/);
  });
});

describe("a search that cannot be", () => {
  it("without a search provider says what to set, before a model is asked", async () => {
    await fixture.close();
    fixture = await RouterFixture.open();
    const { status, answer } = await ask(option);
    expect([status, answer.error.code, fixture.a.requests.length]).toEqual([
      400,
      "provider_not_configured",
      0,
    ]);
    expect(answer.error.message).toContain("SERPER_API_KEY");
  });

  it.each([
    ["a domain that is none", { tools: [{ type: "web_search", filters: { allowed_domains: ["a b"] } }] }],
    ["several answers", { ...option, n: 2 }],
  ])("%s", async (_name, body) => {
    expect((await ask(body)).status).toBe(400);
    expect(fixture.a.requests).toEqual([]);
  });

  it("for embeddings", async () => {
    const response = await fixture.post("/v1/embeddings", { model: "lone:online", input: "x" });
    expect(response.status).toBe(400);
  });
});

it("a structured answer is searched for as well", async () => {
  const schema = {
    type: "object",
    properties: { a: { type: "string" } },
    required: ["a"],
    additionalProperties: false,
  };
  fixture.a.answerNext(searching("cats"), { text: '{"a":"b"}' });
  const { answer } = await ask({
    ...option,
    response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema } },
  });
  expect(answer.choices[0].message.content).toBe('{"a":"b"}');
  expect(fixture.b.requests.length).toBe(1);
});
