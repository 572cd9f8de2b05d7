// The endpoints beside chat completions, with their own clients, and what they make of a provider's faults.
import Anthropic from "@anthropic-ai/sdk";
import { leakCheck, type ProviderFault, waitFor } from "@cmdop/testkit";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { RouterFixture, routerKey, shortPatience } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

beforeEach(async () => {
  fixture = await RouterFixture.open({ policy: shortPatience });
});

afterEach(() => fixture.close());

const openai = (): OpenAI => new OpenAI({ baseURL: `${fixture.url}/v1`, apiKey: routerKey, maxRetries: 0 });
const anthropic = (): Anthropic => new Anthropic({ baseURL: fixture.url, apiKey: routerKey, maxRetries: 0 });
const turns = [{ role: "user" as const, content: "Hello" }];
const toCode = (error: unknown): unknown => error instanceof OpenAI.APIError && error.code;

describe("OpenAI's client", () => {
  it("gets a response, plain and streamed", async () => {
    const plain = await openai().responses.create({ model: "lone", input: "Hello" });
    const stream = openai().responses.stream({ model: "lone", input: "Hello" });
    const streamed = await stream.finalResponse();
    expect([plain.output_text, streamed.output_text]).toEqual([fixture.a.text, fixture.a.text]);
    await waitFor(() => fixture.usage.length === 2);
    expect(
      fixture.usage.map(({ endpoint, outputTokens, isEstimated }) => [endpoint, outputTokens, isEstimated]),
    ).toEqual([
      ["responses", 7, false],
      ["responses", 7, false],
    ]);
  });

  it("gets the calls of its tools in a response, plain and streamed, and what it sent travelled on as it came", async () => {
    const call = { name: "weather", arguments: '{"city":"Köln"}' };
    const asked = {
      model: "lone",
      input: [
        { role: "user" as const, content: "Weather?" },
        { type: "function_call" as const, call_id: "call_0", ...call },
        { type: "function_call_output" as const, call_id: "call_0", output: "rain" },
      ],
      tools: [{ type: "function" as const, name: "weather", parameters: {}, strict: false }],
      tool_choice: "auto" as const,
    };
    fixture.a.decide = () => ({ toolCalls: [call] });
    const plain = await openai().responses.create(asked);
    const streamed = await openai().responses.stream(asked).finalResponse();
    const expected = { type: "function_call", call_id: "call_fake_0", ...call };
    expect([plain.output[0], streamed.output[0]]).toMatchObject([expected, expected]);
    const { stream: _stream, ...sent } = fixture.a.requests[1]?.json ?? {};
    expect([fixture.a.requests[0]?.json, sent]).toEqual([
      { ...asked, model: "model-a" },
      { ...asked, model: "model-a" },
    ]);
  });

  it("gets a structured answer parsed, its schema passed on as it stands", async () => {
    fixture.a.text = '{"name":"Müller","age":41}';
    const format = zodResponseFormat(z.object({ name: z.string(), age: z.number() }), "person");
    const parsed = await openai().chat.completions.parse({
      model: "lone",
      messages: turns,
      response_format: format,
    });
    expect(parsed.choices[0]?.message.parsed).toEqual({ name: "Müller", age: 41 });
    expect(fixture.a.requests[0]?.json?.response_format).toEqual(JSON.parse(JSON.stringify(format)));
  });

  it("is told when a provider keeps no responses", async () => {
    const refused = await openai()
      .responses.create({ model: "lone", input: "Hello", previous_response_id: "resp-1" })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 400, code: "unsupported_value", param: "previous_response_id" });
  });

  it("gets embeddings and images", async () => {
    const embeddings = await openai().embeddings.create({
      model: "lone",
      input: "Hello",
      encoding_format: "float",
    });
    expect(embeddings.data[0]?.embedding).toEqual([0.5, -0.25]);
    const image = await openai().images.generate({ model: "lone", prompt: "a cat" });
    expect(image.data?.[0]?.b64_json).toBe("aW1n");
    const stream = await openai().images.generate({
      model: "lone",
      prompt: "a cat",
      stream: true,
      partial_images: 1,
    });
    const types: string[] = [];
    for await (const event of stream) types.push(event.type);
    expect(types).toEqual(["image_generation.partial_image", "image_generation.completed"]);
  });
});

describe("images at OpenRouter, by OpenAI's client", () => {
  beforeEach(async () => {
    await fixture.close();
    fixture = await RouterFixture.open({
      routes: `
providers: { router: { kind: openrouter, url: $A, keys: [env:KEY_A] } }
models: { painter: { provider: router, as: vendor/painter, price: { input: 1, output: 2 } } }
`,
    });
  });

  const asked = { model: "painter", prompt: "a cat" };
  const settled = async () => {
    await waitFor(() => fixture.usage.length === 1);
    const { endpoint, inputTokens, outputTokens, cost, isEstimated, end } = fixture.usage[0] ?? {};
    return { endpoint, inputTokens, outputTokens, cost, isEstimated, end };
  };
  const counted = { inputTokens: 11, outputTokens: 7, cost: 0.04, isEstimated: false, end: "finished" };

  it("are made at its own endpoint, and cost what it says", async () => {
    const size = "1024x1024" as const;
    const made = await openai().images.generate({ ...asked, n: 2, size, response_format: "b64_json" });
    expect(made.data?.map(({ b64_json }) => b64_json)).toEqual(["b3I=", "b3I="]);
    expect(fixture.a.requests.map(({ path, json }) => [path, json])).toEqual([
      ["/v1/images", { model: "vendor/painter", prompt: "a cat", n: 2, size }],
    ]);
    expect(await settled()).toEqual({ endpoint: "images", ...counted });
  });

  it.each([
    ["streams", false, ["image_generation.partial_image", "image_generation.completed"]],
    ["answers whole", true, ["image_generation.completed"]],
  ])("come as a stream from a model that %s", async (_name, isWhole, expected) => {
    if (isWhole) fixture.a.lacks.add("image_stream");
    const types: string[] = [];
    const images: string[] = [];
    for await (const event of await openai().images.generate({ ...asked, stream: true })) {
      types.push(event.type);
      images.push(event.b64_json);
    }
    expect([types, images.at(-1)]).toEqual([expected, "b3I="]);
    expect(await settled()).toEqual({ endpoint: "images", ...counted });
  });

  it.each([false, true])(
    "are changed by references, the form's texts beside them (stream %s)",
    async (stream) => {
      const file = Buffer.from(Array.from({ length: 3_000 }, (_, index) => index % 256));
      const images = ["a.png", "b.png"].map((name) => new File([file], name, { type: "image/png" }));
      const edit = {
        model: "painter",
        prompt: "Grüße an die Katze",
        image: images,
        n: 1,
        size: "auto" as const,
      };
      const told: (string | undefined)[] = [];
      if (stream) {
        for await (const event of await openai().images.edit({ ...edit, stream: true }))
          told.push(event.type, event.b64_json);
      } else told.push((await openai().images.edit(edit)).data?.[0]?.b64_json);
      expect(told).toEqual(stream ? ["image_edit.completed", "b3I="] : ["b3I="]);
      const reference = {
        type: "image_url",
        image_url: { url: `data:image/png;base64,${file.toString("base64")}` },
      };
      const [request] = fixture.a.requests;
      expect([request?.path, request?.headers["content-type"], request?.json]).toEqual([
        "/v1/images",
        "application/json",
        {
          ...{ model: "vendor/painter", prompt: "Grüße an die Katze", n: 1 },
          input_references: [reference, reference],
        },
      ]);
      expect(await settled()).toEqual({ endpoint: "image_edits", ...counted });
    },
  );

  it("that come whole have the time of an answer in one piece, though a stream was asked for", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({
      routes: "providers: { router: { kind: openrouter, url: $A } }",
      policy: { firstContentMs: 50, wholeAnswerMs: 60_000 },
    });
    const image = new File(["i"], "i.png", { type: "image/png" });
    fixture.a.failNext({ kind: "latency", ms: 400 });
    const types: string[] = [];
    const edit = { ...asked, model: "vendor/painter", image, stream: true as const };
    for await (const event of await openai().images.edit(edit)) types.push(event.type);
    expect(types).toEqual(["image_edit.completed"]);
  });

  it("are refused where it could not do what was asked", async () => {
    const image = new File(["i"], "i.png", { type: "image/png" });
    const codes = [
      await openai()
        .images.generate({ ...asked, response_format: "url" })
        .catch(toCode),
      await openai()
        .images.edit({ ...asked, image, mask: image })
        .catch(toCode),
    ];
    expect([codes, fixture.a.requests]).toEqual([["unsupported_value", "unsupported_value"], []]);
  });
});

describe("an image that is changed", () => {
  it("travels on as the bytes that came, with the model replaced", async () => {
    const file = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    const image = new File([file], "cat.png", { type: "image/png" });
    const edited = await openai().images.edit({ model: "lone", prompt: "Grüße an die Katze", image });
    expect(edited.data?.[0]?.b64_json).toBe("ZWRpdA==");
    const request = fixture.a.requests[0];
    const type = request?.headers["content-type"] ?? "";
    const sent = await new Response(new Uint8Array(request?.bytes ?? []), {
      headers: { "content-type": type },
    }).formData();
    expect([sent.get("model"), sent.get("prompt")]).toEqual(["model-a", "Grüße an die Katze"]);
    const arrived = sent.get("image");
    expect(arrived instanceof File && Buffer.from(await arrived.arrayBuffer()).equals(file)).toBe(true);
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({ endpoint: "image_edits", inputTokens: 11, outputTokens: 7 });
  });

  it("reaches nobody when its model stands there twice, once as a file", async () => {
    const form = new FormData();
    form.append("model", "lone");
    form.append("prompt", "a cat");
    form.append("model", new File(["another"], "m.txt"));
    expect((await fixture.postForm("/v1/images/edits", form)).status).toBe(400);
    expect(fixture.a.requests).toEqual([]);
  });

  it.each([
    ["no form", { body: "{}", headers: { "content-type": "application/json" } }, 415],
    [
      "a form that is cut",
      { body: "--b\r\n", headers: { "content-type": "multipart/form-data; boundary=b" } },
      400,
    ],
    [
      "a form elsewhere",
      {
        path: "chat/completions",
        body: "--b--",
        headers: { "content-type": "multipart/form-data; boundary=b" },
      },
      415,
    ],
  ])(
    "%s is refused",
    async (_name, {
      path = "images/edits",
      body,
      headers,
    }: { path?: string; body: string; headers: Record<string, string> }, status) => {
      const response = await fixture.post(`/v1/${path}`, body, { headers });
      expect([response.status, fixture.a.requests.length]).toEqual([status, 0]);
    },
  );
});

describe("Anthropic's client", () => {
  it("gets a message, plain and streamed, and a count", async () => {
    const plain = await anthropic().messages.create({ model: "lone", max_tokens: 9, messages: turns });
    const streamed = await anthropic()
      .messages.stream({ model: "lone", max_tokens: 9, messages: turns })
      .finalText();
    expect([plain.content[0], streamed]).toEqual([{ type: "text", text: fixture.a.text }, fixture.a.text]);
    expect(fixture.a.requests[0]?.headers["anthropic-version"]).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(fixture.a.requests[0]?.headers["x-api-key"]).toBeUndefined();
    expect(await anthropic().messages.countTokens({ model: "lone", messages: turns })).toEqual({
      input_tokens: 11,
    });
    await waitFor(() => fixture.usage.length === 3);
    expect(
      fixture.usage.map(({ endpoint, inputTokens, outputTokens }) => [endpoint, inputTokens, outputTokens]),
    ).toEqual([
      ["messages", 11, 7],
      ["messages", 11, 7],
      ["count_tokens", 0, 0],
    ]);
  });

  it("has its version and its betas passed on, and its bearer taken, as coding agents send them", async () => {
    const agent = new Anthropic({ baseURL: fixture.url, authToken: routerKey, apiKey: null, maxRetries: 0 });
    await agent.beta.messages.create({
      model: "lone",
      max_tokens: 9,
      messages: turns,
      betas: ["context-1m-2025-08-07", "other-2026-01-01"],
    });
    expect(fixture.a.requests[0]?.headers).toMatchObject({
      "anthropic-version": expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      "anthropic-beta": "context-1m-2025-08-07,other-2026-01-01",
      authorization: "Bearer sk-a-one",
    });
  });

  it("gets errors in its own shape", async () => {
    const unknown = await anthropic()
      .messages.create({ model: "@huge", max_tokens: 9, messages: turns })
      .catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(Anthropic.NotFoundError);
    expect(unknown).toMatchObject({ error: { type: "error", error: { type: "not_found_error" } } });
    const stranger = new Anthropic({ baseURL: fixture.url, apiKey: "wrong", maxRetries: 0 });
    const refused = await stranger.messages
      .create({ model: "lone", max_tokens: 9, messages: turns })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Anthropic.AuthenticationError);
  });
});

const bodies: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  responses: { model: "lone", input: "Hello" },
  messages: { model: "lone", max_tokens: 9, messages: turns },
  "images/generations": { model: "lone", prompt: "a cat" },
  embeddings: { model: "lone", input: "Hello" },
  "messages/count_tokens": { model: "lone", messages: turns },
};

const failure = { message: "overloaded", code: 503, type: "overloaded_error" };

describe("a fault before the answer is asked again", () => {
  const faults: readonly ProviderFault[] = [
    { kind: "status", status: 500 },
    { kind: "status", status: 401 },
    { kind: "reset", afterEvents: undefined },
    { kind: "reset", afterEvents: 0 },
    { kind: "truncated", afterEvents: 0 },
    { kind: "error-inside", error: failure },
    { kind: "error-event", afterEvents: 0, error: failure },
  ];
  const cells = Object.keys(bodies).flatMap((path) => {
    const isStreamed = path !== "embeddings" && path !== "messages/count_tokens";
    return (isStreamed ? [false, true] : [false]).flatMap((stream) =>
      faults.map((fault) => [path, stream, fault] as const),
    );
  });

  it.each(cells)("%s, stream %s, %o", async (path, stream, fault) => {
    fixture.a.failNext(fault);
    const response = await fixture.post(`/v1/${path}`, { ...bodies[path], stream });
    const text = await response.text();
    expect([response.status, fixture.a.requests.length, text.includes('"error":{')]).toEqual([200, 2, false]);
  });
});

describe("a fault within a stream is an error event and the end", () => {
  const faults: readonly (readonly [ProviderFault, string])[] = [
    [{ kind: "truncated", afterEvents: 4 }, "ended before it was complete"],
    [{ kind: "reset", afterEvents: 4 }, "ended before it was complete"],
    [{ kind: "garbage", afterEvents: 4 }, "could not be read"],
    [{ kind: "stalled", afterEvents: 4 }, "did not answer in time"],
    [{ kind: "error-event", afterEvents: 4, error: failure }, "overloaded"],
  ];
  const cells = ["responses", "messages"].flatMap((path) =>
    faults.map(([fault, text]) => [path, fault, text] as const),
  );

  it.each(cells)("%s, %o", async (path, fault, expected) => {
    fixture.a.failNext(fault);
    const response = await fixture.post(`/v1/${path}`, { ...bodies[path], stream: true });
    const events = (await response.text()).trimEnd().split("\n\n");
    const [name, data] = events.at(-1)?.split("\n") ?? [];
    expect([response.status, fixture.a.requests.length, name]).toEqual([200, 1, "event: error"]);
    expect(data).toContain(expected);
    expect(fixture.usage.map(({ end }) => end)).toEqual(["failed"]);
  });
});

describe("requests that are wrong", () => {
  it.each([
    ["embeddings", { model: "lone" }, "input"],
    ["embeddings", { model: "lone", input: "x", stream: true }, "stream"],
    ["images/generations", { model: "lone" }, "prompt"],
  ])("%s %o", async (path, body, param) => {
    const response = await fixture.post(`/v1/${path}`, body);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code: "invalid_value", param } },
    ]);
  });

  it.each([
    ["responses", bodies.responses],
    ["embeddings", bodies.embeddings],
    ["images/generations", bodies["images/generations"]],
    [
      "chat/completions",
      { messages: turns, response_format: { type: "json_schema", json_schema: { name: "x", schema: {} } } },
    ],
  ])("the demonstration model does not serve %s, and says which key to set", async (path, body) => {
    await fixture.close();
    fixture = await RouterFixture.open({ routes: "{}" });
    const response = await fixture.post(`/v1/${path}`, { ...body, model: "@balanced" });
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        error: {
          message: expect.stringContaining("OPENAI_API_KEY"),
          type: "invalid_request_error",
          param: "model",
          code: "endpoint_not_served",
        },
      },
    ]);
  });
});
