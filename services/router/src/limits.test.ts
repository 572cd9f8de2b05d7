// What a key may use, through a whole router.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { request as send } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RouterFixture } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

afterEach(() => fixture.close());

const key = "limited-key";

const tooLarge = {
  error: {
    message: "The body is larger than the 400 bytes that the API key may send.",
    type: "invalid_request_error",
    param: null,
    code: "request_too_large",
  },
};

const open = async (limits: string): Promise<void> => {
  const sha256 = createHash("sha256").update(key).digest("hex");
  fixture = await RouterFixture.open({
    routes: `
providers: { a: $A }
models: { lone: { provider: a, capabilities: [code] }, other: { provider: a } }
tiers: { smart: [lone] }
callers: [{ id: limited, sha256: ${sha256}, models: [lone, "@smart"], limits: ${limits} }]
`,
  });
};

const ask = (options: RequestInit = {}, model = "lone", stream = false): Promise<Response> =>
  fixture.post(
    "/v1/chat/completions",
    { model, messages: [], stream },
    { ...options, headers: { "x-api-key": key } },
  );

const quota = (response: Response, name: string) =>
  ["limit", "remaining"].map((figure) => response.headers.get(`x-ratelimit-${figure}-${name}`));

describe("a key", () => {
  it("over its requests is told when to come back; lists are free", async () => {
    await open("{ requests_per_minute: 2 }");
    const first = await ask();
    expect([first.status, ...quota(first, "requests")]).toEqual([200, "2", "1"]);
    expect(first.headers.get("x-ratelimit-reset-requests")).toMatch(/^(?:1m0|\d+)s$/);
    expect((await fixture.get("/v1/models", { "x-api-key": key })).status).toBe(200);
    expect((await ask()).status).toBe(200);
    const third = await ask();
    expect([third.status, ...quota(third, "requests")]).toEqual([429, "2", "0"]);
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(await third.json()).toMatchObject({
      error: { code: "rate_limit_exceeded", type: "rate_limit_error" },
    });
    expect(fixture.a.requests.length).toBe(2);
  });

  it("over its tokens waits, and not before they are used", async () => {
    await open("{ tokens_per_minute: 30 }");
    expect(quota(await ask(), "tokens")).toEqual(["30", "30"]);
    expect(quota(await ask(), "tokens")).toEqual(["30", "12"]);
    const third = await ask();
    expect([third.status, ...quota(third, "tokens")]).toEqual([429, "30", "0"]);
  });

  it("has no more requests at a time than it may, and a place again when one ends or leaves", async () => {
    await open("{ concurrent: 1 }");
    fixture.a.failNext({ kind: "stalled", afterEvents: undefined });
    const controller = new AbortController();
    const first = ask({ signal: controller.signal }).catch(() => "left");
    await waitFor(() => fixture.a.requests.length === 1);
    const second = await ask();
    expect([second.status, second.headers.get("retry-after")]).toEqual([429, "1"]);
    controller.abort();
    expect(await first).toBe("left");
    await waitFor(async () => (await ask()).status === 200);
    const stream = await ask({}, "lone", true);
    await stream.text();
    await waitFor(async () => (await ask()).status === 200);
  });

  it("asks for the models on its list alone", async () => {
    await open("{}");
    expect((await ask({}, "@smart+code")).status).toBe(200);
    const refused = await ask({}, "other");
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { error: { code: "model_not_allowed" } },
    ]);
  });

  it.each<[string, object, string | undefined]>([
    ["models on its list", { models: ["lone", "@smart"] }, undefined],
    ["no models", { models: null }, undefined],
    ["models not on it", { models: ["lone", "other"] }, "models"],
    ["no list of models", { models: "other" }, "models"],
    ["a model in another spelling", { Model: "other" }, "Model"],
    ["models to fall back to", { fallbacks: [{ model: "other" }] }, "fallbacks"],
    ["models to fall back to, by model", { fallbacks: [{ lone: ["other"] }] }, "fallbacks"],
    ["a provider's fallbacks switched", { provider: { allow_fallbacks: false } }, undefined],
    ["a preset", { preset: "any" }, "preset"],
    ["models of a gateway", { providerOptions: { gateway: { models: ["other"] } } }, "providerOptions"],
    ["plugins that ask nobody", { plugins: [{ id: "response-healing" }, { id: "moderation" }] }, undefined],
    ["a plugin that asks others", { plugins: [{ id: "fusion", analysis_models: ["lone"] }] }, "plugins"],
    ["one that is off", { plugins: [{ id: "fusion", enabled: false }] }, undefined],
    ["a plugin with a model", { plugins: [{ id: "file-parser", pdf: { model: "other" } }] }, "plugins"],
    ["a plugin that nobody knows", { plugins: [{ id: "next" }] }, "plugins"],
    ["no list of plugins", { plugins: { id: "fusion" } }, "plugins"],
    [
      "functions, whatever they are about",
      { tools: [{ type: "function", function: { name: "f", parameters: { model: "other" } } }] },
      undefined,
    ],
    ["a tool that asks another", { tools: [{ type: "openrouter:advisor" }] }, "tools"],
    [
      "a search with a model",
      { tools: [{ type: "openrouter:web_fetch", parameters: { model: "other" } }] },
      "tools",
    ],
    ["texts that speak of models", { metadata: { model: "other" }, user: "other" }, undefined],
    [
      "schemas that speak of models",
      { response_format: { properties: { model: { const: "other" } } } },
      undefined,
    ],
  ])("reaches no other by what its body names beside the model: %s", async (_name, members, param) => {
    await open("{}");
    const answer = await fixture.post(
      "/v1/chat/completions",
      { model: "lone", messages: [{ role: "user", content: "other", model: "other" }], ...members },
      { headers: { "x-api-key": key } },
    );
    const body = await answer.json();
    expect(answer.status).toBe(param === undefined ? 200 : 403);
    expect(body).toMatchObject(
      param === undefined ? { object: "chat.completion" } : { error: { code: "model_not_allowed", param } },
    );
    expect(fixture.a.requests.length).toBe(param === undefined ? 1 : 0);
  });

  it.each<[string, string, object, number]>([
    [
      "a tool of a namespace",
      "responses",
      { tools: [{ type: "namespace", tools: [{ type: "image_generation" }] }] },
      403,
    ],
    [
      "tools that came later",
      "responses",
      { input: [{ type: "additional_tools", tools: [{ type: "image_generation" }] }] },
      403,
    ],
    [
      "images by a model on the list",
      "responses",
      { tools: [{ type: "image_generation", model: "lone" }] },
      200,
    ],
    ["images by another", "responses", { tools: [{ type: "image_generation", model: "other" }] }, 403],
    [
      "images by OpenRouter's own choice",
      "responses",
      { tools: [{ type: "openrouter:image_generation", model: "lone" }] },
      403,
    ],
    [
      "tools that ask nobody",
      "responses",
      { tools: [{ type: "web_search_2025_08_26" }, { type: "mcp" }] },
      200,
    ],
    [
      "an adviser",
      "messages",
      { tools: [{ type: "advisor_20260301", name: "advisor", model: "other" }] },
      403,
    ],
    [
      "a tool of the caller's",
      "messages",
      { tools: [{ name: "model", input_schema: { model: "other" } }] },
      200,
    ],
    ["a fallback", "messages", { fallbacks: "default" }, 403],
    ["a fallback", "embeddings", { fallbacks: ["other"] }, 403],
    ["models", "images/generations", { models: ["other"] }, 403],
  ])("nor at the other endpoints: %s (%s)", async (_name, path, members, status) => {
    await open("{}");
    const whole = { model: "lone", messages: [], input: "i", prompt: "p", max_tokens: 9 };
    const answer = await fixture.post(
      `/v1/${path}`,
      { ...whole, ...members },
      { headers: { "x-api-key": key } },
    );
    const body = await answer.text();
    expect([answer.status, body.includes("model_not_allowed")]).toEqual([status, status === 403]);
  });

  it.each([true, false])("is exact when many come at once (stream %s)", async (stream) => {
    await open("{ requests_per_minute: 10 }");
    const answers = await Promise.all(
      Array.from({ length: 25 }, async () => {
        const response = await ask({}, "lone", stream);
        await response.text();
        return response.status;
      }),
    );
    expect(answers.filter((status) => status === 200).length).toBe(10);
    expect(answers.filter((status) => status === 429).length).toBe(15);
  });

  it.each([
    ["as large as it may be", 200, { length: 400, isChunked: false }],
    ["a byte larger", 413, { length: 401, isChunked: false }],
    ["as large as it may be, of a length not said", 200, { length: 400, isChunked: true }],
    ["a byte larger, of a length not said", 413, { length: 401, isChunked: true }],
    ["far larger, of a length not said", 413, { length: 3_000_000, isChunked: true }],
  ] as const)("may bound its bodies: one %s is %i", async (_, status, { length, isChunked }) => {
    await open("{ request_bytes: 400 }");
    const request = { model: "lone", messages: [], filler: "" };
    const body = JSON.stringify({ ...request, filler: "x".repeat(length - JSON.stringify(request).length) });
    expect(body.length).toBe(length);
    const answer = await send(`${fixture.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json" },
      body: isChunked ? Readable.from(body.match(/.{1,65536}/gs) ?? []) : body,
    });
    const answered = await answer.body.json();
    expect(answer.statusCode).toBe(status);
    expect(answered).toMatchObject(status === 200 ? { object: "chat.completion" } : tooLarge);
    expect(fixture.a.requests.length).toBe(status === 200 ? 1 : 0);
    // The next one is taken: nothing of the first is left.
    expect((await ask()).status).toBe(200);
  });
});
