// Anthropic's Messages on models that speak chat completions, with Anthropic's own client, unmodified.
import Anthropic from "@anthropic-ai/sdk";
import { leakCheck, type ProviderFault, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RouterFixture, routerKey, shortPatience } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

/** The provider speaks chat completions alone. */
beforeEach(async () => {
  fixture = await RouterFixture.open({ policy: shortPatience });
  fixture.a.lacks.add("messages");
});

afterEach(() => fixture.close());

const client = (): Anthropic => new Anthropic({ baseURL: fixture.url, apiKey: routerKey, maxRetries: 0 });
const turns: Anthropic.MessageParam[] = [{ role: "user", content: "Hello" }];
const weather: Anthropic.Tool = {
  name: "weather",
  description: "The weather.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const asked = () => fixture.a.requests.at(-1)?.json;

describe("a message", () => {
  it("has the last of the totals that a provider repeats in each chunk", async () => {
    const chunk = (content: string, completion: number, finish: string | null) =>
      `data: ${JSON.stringify({
        choices: [{ index: 0, delta: { content }, finish_reason: finish }],
        usage: { prompt_tokens: 11, completion_tokens: completion },
      })}\n\n`;
    const body = `${chunk("a", 1, null)}${chunk("b", 2, null)}${chunk("c", 3, "stop")}data: [DONE]\n\n`;
    const headers = { "content-type": "text/event-stream" };
    const missing = { kind: "status", status: 404 } as const;
    fixture.a.failNext(missing, { kind: "status", status: 200, headers, body });
    const stream = client().messages.stream({ model: "lone", max_tokens: 9, messages: turns });
    expect(await stream.finalMessage()).toMatchObject({
      content: [{ type: "text", text: "abc" }],
      usage: { input_tokens: 11, output_tokens: 3 },
    });
  });

  it("comes plain and streamed, with its usage", async () => {
    const plain = await client().messages.create({ model: "lone", max_tokens: 9, messages: turns });
    expect(plain).toMatchObject({
      type: "message",
      role: "assistant",
      model: "lone",
      content: [{ type: "text", text: fixture.a.text }],
      stop_reason: "end_turn",
      usage: { input_tokens: 11, output_tokens: 7 },
    });
    const streamed = await client()
      .messages.stream({ model: "lone", max_tokens: 9, messages: turns })
      .finalMessage();
    expect(streamed).toMatchObject({
      content: [{ type: "text", text: fixture.a.text }],
      stop_reason: "end_turn",
      usage: { input_tokens: 11, output_tokens: 7 },
    });
    await waitFor(() => fixture.usage.length === 2);
    expect(fixture.usage.map(({ endpoint, inputTokens, end }) => [endpoint, inputTokens, end])).toEqual([
      ["messages", 11, "finished"],
      ["messages", 11, "finished"],
    ]);
    // Asked for once: afterwards the router knows.
    expect(fixture.a.requests.map(({ path }) => path)).toEqual([
      "/v1/messages",
      "/v1/chat/completions",
      "/v1/chat/completions",
    ]);
  });

  it("with everything in it is put as a chat completion says it", async () => {
    await client().messages.create({
      model: "lone",
      max_tokens: 9,
      system: [{ type: "text", text: "Be kind.", cache_control: { type: "ephemeral" } }],
      ...{ temperature: 0.5 },
      stop_sequences: ["END"],
      tools: [weather],
      tool_choice: { type: "tool", name: "weather", disable_parallel_tool_use: true },
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Where is this?" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "aW1n" } },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "s" },
            { type: "text", text: "I look." },
            { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Bonn" } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "text", text: "Go on." },
            { type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "text", text: "Rain" }] },
          ],
        },
      ],
    });
    expect(asked()).toEqual({
      model: "model-a",
      max_tokens: 9,
      ...{ temperature: 0.5 },
      stop: ["END"],
      tools: [
        {
          type: "function",
          function: { name: "weather", description: "The weather.", parameters: weather.input_schema },
        },
      ],
      tool_choice: { type: "function", function: { name: "weather" } },
      parallel_tool_calls: false,
      messages: [
        { role: "system", content: "Be kind." },
        {
          role: "user",
          content: [
            { type: "text", text: "Where is this?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,aW1n" } },
          ],
        },
        {
          role: "assistant",
          content: "I look.",
          tool_calls: [
            { id: "toolu_1", type: "function", function: { name: "weather", arguments: '{"city":"Bonn"}' } },
          ],
        },
        { role: "tool", tool_call_id: "toolu_1", content: "Rain" },
        { role: "user", content: "Go on." },
      ],
    });
  });

  const calls = [
    { name: "weather", arguments: '{"city":"Bonn"}' },
    { name: "weather", arguments: '{"city":"Köln"}' },
  ];

  it("uses tools, plain and streamed", async () => {
    fixture.a.answerNext({ text: "I look. ", toolCalls: calls }, { text: "I look. ", toolCalls: calls });
    const expected = {
      stop_reason: "tool_use",
      content: [
        { type: "text", text: "I look. " },
        { type: "tool_use", id: "call_fake_0", name: "weather", input: { city: "Bonn" } },
        { type: "tool_use", id: "call_fake_1", name: "weather", input: { city: "Köln" } },
      ],
    };
    const body = { model: "lone", max_tokens: 9, tools: [weather], messages: turns };
    expect(await client().messages.create(body)).toMatchObject(expected);
    expect(await client().messages.stream(body).finalMessage()).toMatchObject(expected);
  });

  it("that must use one tool says that it does, though OpenAI then says stop", async () => {
    const turn = { toolCalls: calls.slice(0, 1), finish: "stop" };
    fixture.a.answerNext(turn, turn);
    const body = {
      model: "lone",
      max_tokens: 9,
      tools: [weather],
      tool_choice: { type: "tool" as const, name: "weather" },
      messages: turns,
    };
    const expected = { stop_reason: "tool_use", content: [{ type: "tool_use", name: "weather" }] };
    expect(await client().messages.create(body)).toMatchObject(expected);
    expect(await client().messages.stream(body).finalMessage()).toMatchObject(expected);
  });

  it("keeps two calls apart that a provider gives one number", async () => {
    const call = (id: string, name: string | undefined, json: string) => ({
      choices: [
        {
          index: 0,
          delta: { tool_calls: [{ index: 0, id, type: "function", function: { name, arguments: json } }] },
          finish_reason: null,
        },
      ],
    });
    const end = { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] };
    const missing = { kind: "status", status: 404 } as const;
    fixture.a.failNext(missing, {
      kind: "status",
      status: 200,
      headers: { "content-type": "text/event-stream" },
      body: [
        call("one", "weather", '{"city":'),
        // Or an id for each piece of a call.
        call("one-more", undefined, '"Bonn"}'),
        call("two", "weather", '{"city":"Köln"}'),
        end,
      ]
        .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
        .join(""),
    });
    const body = { model: "lone", max_tokens: 9, tools: [weather], messages: turns };
    expect(await client().messages.stream(body).finalMessage()).toMatchObject({
      stop_reason: "tool_use",
      content: [
        { type: "tool_use", id: "one", input: { city: "Bonn" } },
        { type: "tool_use", id: "two", input: { city: "Köln" } },
      ],
    });
  });

  it.each([
    ["length", { text: "cu", finish: "length" }, "max_tokens", "cu"],
    ["a filter", { text: "cu", finish: "content_filter" }, "refusal", "cu"],
    ["a refusal", { refusal: "No." }, "refusal", "No."],
  ])("that ends by %s says so, plain and streamed", async (_name, turn, reason, text) => {
    fixture.a.answerNext(turn, turn);
    const body = { model: "lone", max_tokens: 9, messages: turns };
    const expected = { stop_reason: reason, content: [{ type: "text", text }] };
    expect(await client().messages.create(body)).toMatchObject(expected);
    expect(await client().messages.stream(body).finalMessage()).toMatchObject(expected);
  });

  it("whose tool call is no JSON is a failure, unless it was cut", async () => {
    const broken = { toolCalls: [{ name: "weather", arguments: '{"ci' }] };
    fixture.a.answerNext(broken, { ...broken, text: "a", finish: "length" });
    const body = { model: "lone", max_tokens: 9, tools: [weather], messages: turns };
    await expect(client().messages.create(body)).rejects.toMatchObject({ status: 502 });
    expect(await client().messages.create(body)).toMatchObject({
      stop_reason: "max_tokens",
      content: [{ type: "text", text: "a" }],
    });
  });

  it("bound to a schema keeps to it, whatever the provider takes", async () => {
    fixture.a.lacks.add("json_schema");
    const schema = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    fixture.a.answerNext({ toolCalls: [{ name: "answer", arguments: '{"a":"b"}' }] });
    const { data, response } = await client()
      .messages.create({
        model: "lone",
        max_tokens: 9,
        messages: turns,
        output_config: { format: { type: "json_schema", schema } },
      })
      .withResponse();
    expect([data.content, data.stop_reason, response.headers.get("x-router-structured")]).toEqual([
      [{ type: "text", text: '{"a":"b"}' }],
      "end_turn",
      "tool",
    ]);
  });

  it("that asks for web search gets the router's, told as Anthropic's own; plain and streamed", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({
      routes:
        "providers: { a: { url: $A } }\nmodels: { lone: { provider: a } }\nsearch: { searxng: $B_ORIGIN }\n",
    });
    fixture.a.lacks.add("messages");
    const search = { toolCalls: [{ name: "router_web_search", arguments: '{"queries":["cats"]}' }] };
    const question = {
      model: "lone",
      max_tokens: 9,
      messages: turns,
      tools: [{ type: "web_search_20250305", name: "web_search" }],
      tool_choice: { type: "tool", name: "web_search" },
    } satisfies Anthropic.MessageCreateParams;
    fixture.a.answerNext(search, { text: "Yes [1]." });
    const plain = await client().messages.create(question);
    const forced = { type: "function", function: { name: "router_web_search" } };
    const choices = fixture.a.requests.slice(-2).map(({ json }) => json?.tool_choice);
    expect(choices).toEqual([forced, "auto"]);
    const [use, result, text] = plain.content;
    expect(use).toMatchObject({ type: "server_tool_use", name: "web_search", input: { query: "cats" } });
    expect(result).toMatchObject({
      type: "web_search_tool_result",
      tool_use_id: use && "id" in use && use.id,
    });
    const page = { url: "https://example.org/1", title: "Result 1" };
    expect(result?.type === "web_search_tool_result" && result.content).toContainEqual(
      expect.objectContaining({ type: "web_search_result", ...page }),
    );
    expect(text).toMatchObject({
      type: "text",
      text: "Yes [1].",
      citations: [{ type: "web_search_result_location", ...page }],
    });
    expect(plain.usage).toMatchObject({
      input_tokens: 22,
      output_tokens: 14,
      server_tool_use: { web_search_requests: 1 },
    });

    fixture.a.answerNext(search, { text: "Yes [1]." });
    const streamed = await client().messages.stream(question).finalMessage();
    const withoutIds = (content: readonly Anthropic.ContentBlock[]) =>
      JSON.parse(JSON.stringify(content).replaceAll(/srvtoolu_\w+/g, "srvtoolu")) as unknown;
    expect(withoutIds(streamed.content)).toEqual(withoutIds(plain.content));

    // What was told comes back with the next question.
    fixture.a.answerNext({ text: "As said." });
    const next = await client().messages.create({
      model: "lone",
      max_tokens: 9,
      messages: [...turns, { role: "assistant", content: streamed.content }, ...turns],
    });
    expect(next.content).toEqual([{ type: "text", text: "As said." }]);
    expect(asked()?.messages).toContainEqual({ role: "assistant", content: "Yes [1]." });
  });

  it("is answered by the demonstration model too", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({ routes: "{}" });
    const plain = await client().messages.create({ model: "@balanced", max_tokens: 9, messages: turns });
    const streamed = await client()
      .messages.stream({ model: "@balanced", max_tokens: 9, messages: turns })
      .finalText();
    expect(plain.content).toEqual([{ type: "text", text: streamed }]);
    expect(streamed).toContain("You wrote: Hello");
  });
});

describe("what has no counterpart", () => {
  it.each([
    ["Anthropic's own tools", { tools: [{ type: "bash_20250124", name: "bash" }] }],
    [
      "a block that no chat has",
      { messages: [{ role: "user", content: [{ type: "search_result", x: 1 }] }] },
    ],
  ])("%s is refused before the provider is asked", async (_name, change) => {
    await fixture.close();
    fixture = await RouterFixture.open({ routes: "{}" });
    const response = await fixture.post("/v1/messages", {
      model: "@smart",
      max_tokens: 9,
      messages: turns,
      ...change,
    });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { type: "error", error: { type: "invalid_request_error", code: "unsupported_value" } },
    ]);
  });

  it("travels on to a provider that speaks Messages", async () => {
    fixture.a.lacks.clear();
    const response = await fixture.post("/v1/messages", {
      model: "lone",
      max_tokens: 9,
      messages: turns,
      tools: [{ type: "bash_20250124", name: "bash" }],
    });
    expect([response.status, fixture.a.requests[0]?.path]).toEqual([200, "/v1/messages"]);
  });
});

describe("a count", () => {
  it("that no provider makes is an estimate, and says so", async () => {
    const { data, response } = await client()
      .messages.countTokens({ model: "lone", messages: [{ role: "user", content: "x".repeat(4_000) }] })
      .withResponse();
    expect(data).toMatchObject({ estimated: true });
    expect(data.input_tokens).toBeGreaterThanOrEqual(1_000);
    expect(data.input_tokens).toBeLessThan(1_050);
    expect(response.headers.get("x-router-estimated")).toBe("true");
  });

  it("takes an image for what one costs, and not for its bytes", async () => {
    const source = { type: "base64" as const, media_type: "image/png" as const, data: "A".repeat(400_000) };
    const count = await client().messages.countTokens({
      model: "lone",
      messages: [{ role: "user", content: [{ type: "image", source }] }],
    });
    expect(count.input_tokens).toBeLessThan(2_000);
  });
});

describe("faults", () => {
  const failure = { message: "overloaded", code: 503 };
  const before: readonly ProviderFault[] = [
    { kind: "status", status: 500 },
    { kind: "reset", afterEvents: undefined },
    { kind: "truncated", afterEvents: 0 },
    { kind: "error-inside", error: failure },
  ];
  const body = (stream: boolean) => ({ model: "second", max_tokens: 9, messages: turns, stream });

  beforeEach(async () => {
    fixture.b.lacks.add("messages");
    await (await fixture.post("/v1/messages", body(false))).text();
    fixture.b.requests.splice(0);
    fixture.usage.splice(0);
  });

  it.each(before.flatMap((fault) => [false, true].map((stream) => [fault, stream] as const)))(
    "before the answer is asked again: %o, stream %s",
    async (fault, stream) => {
      fixture.b.failNext(fault);
      const response = await fixture.post("/v1/messages", body(stream));
      const text = await response.text();
      expect([response.status, fixture.b.requests.length, text.includes('"error"')]).toEqual([200, 2, false]);
    },
  );

  it.each([
    [{ kind: "truncated", afterEvents: 3 }, "ended before it was complete"],
    [{ kind: "reset", afterEvents: 3 }, "ended before it was complete"],
    [{ kind: "garbage", afterEvents: 3 }, "could not be read"],
    [{ kind: "stalled", afterEvents: 3 }, "did not answer in time"],
    [{ kind: "error-event", afterEvents: 3, error: failure }, "overloaded"],
  ] as const)("within a stream is an error event and the end: %o", async (fault, expected) => {
    fixture.b.failNext(fault);
    const response = await fixture.post("/v1/messages", body(true));
    const events = (await response.text()).trimEnd().split("\n\n");
    const [name, data] = events.at(-1)?.split("\n") ?? [];
    expect([response.status, fixture.b.requests.length, name]).toEqual([200, 1, "event: error"]);
    expect(data).toContain(expected);
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]?.end).toBe("failed");
  });

  it("a caller who leaves ends the provider's request", async () => {
    fixture.b.failNext({ kind: "stalled", afterEvents: 3 });
    const controller = new AbortController();
    const response = await fixture.post("/v1/messages", body(true), { signal: controller.signal });
    const left = response.text().catch(() => "left");
    const request = await waitFor(() => fixture.b.requests[0]);
    controller.abort();
    expect([await left, await request.closed]).toEqual(["left", true]);
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]?.end).toBe("aborted");
  });
});
