// Chat completions through a whole router: the paths that go well, and what stands around them.
import { createHash } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { FakeProvider, fakeUsage, leakCheck, waitFor } from "@cmdop/testkit";
import OpenAI from "openai";
import { Agent, request } from "undici";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RouterFixture, routerKey } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

beforeEach(async () => {
  fixture = await RouterFixture.open();
});

afterEach(() => fixture.close());

const messages = [{ role: "user" as const, content: "Hello" }];
const client = (): OpenAI => new OpenAI({ baseURL: `${fixture.url}/v1`, apiKey: routerKey, maxRetries: 0 });

describe("OpenAI's own client, unmodified", () => {
  it("gets a completion", async () => {
    const { data, response } = await client()
      .chat.completions.create({ model: "lone", messages })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe(fixture.a.text);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(response.headers.get("x-router-model")).toBe("lone");
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  it("gets a stream, and no usage that it did not ask for", async () => {
    const stream = await client().chat.completions.create({ model: "lone", messages, stream: true });
    let text = "";
    const usages: unknown[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      if (chunk.usage) usages.push(chunk.usage);
    }
    expect(text).toBe(fixture.a.text);
    expect(usages).toEqual([]);
    expect(fixture.a.requests[0]?.json?.stream_options).toEqual({ include_usage: true });
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({
      inputTokens: 11,
      outputTokens: 7,
      isEstimated: false,
      end: "finished",
    });
  });

  it("gets the usage of a stream when it asked for it", async () => {
    const stream = await client().chat.completions.create({
      model: "lone",
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const usages: unknown[] = [];
    for await (const chunk of stream) if (chunk.usage) usages.push(chunk.usage);
    expect(usages).toEqual([fakeUsage]);
  });

  it("gets its error classes, with the request's id", async () => {
    const wrongKey = new OpenAI({ baseURL: `${fixture.url}/v1`, apiKey: "wrong", maxRetries: 0 });
    const refused = await wrongKey.models.list().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(refused).toMatchObject({
      status: 401,
      code: "invalid_api_key",
      type: "invalid_request_error",
      param: null,
    });
    const missing = await client()
      .chat.completions.create({ model: "@balanced+vision", messages })
      .catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(OpenAI.NotFoundError);
    expect(missing).toMatchObject({
      code: "model_not_found",
      param: "model",
      requestID: expect.stringMatching(/^req_/),
    });
  });

  it("lists the models with their aliases", async () => {
    const models: string[] = [];
    for await (const { id } of client().models.list()) models.push(id);
    expect(models).toEqual(["@balanced", "pair", "second", "lone"]);
    expect(await client().models.retrieve("@balanced")).toMatchObject({
      id: "@balanced",
      resolves_to: ["pair"],
      pricing: { input_per_million_usd: 1, output_per_million_usd: 2 },
    });
  });

  it("is told what each model can and costs, and how much it reads", async () => {
    const model =
      "{ provider: a, capabilities: [agents, vision], context: 8000, price: { input: 3, output: 4 } }";
    await fixture.close();
    fixture = await RouterFixture.open({
      routes: `providers: { a: $A }\nmodels: { "vendor/seer": ${model} }\ntiers: { smart: ["vendor/seer"] }\n`,
    });
    const can = {
      object: "model",
      capabilities: ["agents", "vision"],
      context_length: 8_000,
      pricing: { input_per_million_usd: 3, output_per_million_usd: 4 },
    };
    expect(await client().models.retrieve("vendor/seer")).toMatchObject({
      id: "vendor/seer",
      owned_by: "a",
      ...can,
    });
    expect((await client().models.list()).data).toMatchObject([{ id: "@smart", ...can }, can]);
    const none = await client()
      .models.retrieve("@huge")
      .catch((error: unknown) => error);
    expect(none).toMatchObject({ status: 404, code: "model_not_found" });
  });
});

interface Choice {
  readonly index: number;
  readonly logprobs: unknown;
}

/** Of a plain answer, or of all events of a stream. */
const toChoices = (text: string, isStream: boolean): readonly Choice[] => {
  const bodies = isStream ? text.split("\n\n").filter((event) => event.startsWith("data: {")) : [text];
  return bodies.flatMap(
    (body) => (JSON.parse(body.replace(/^data: /, "")) as { readonly choices: readonly Choice[] }).choices,
  );
};

describe("what is passed on", () => {
  it("is the body as it came, but for the model", async () => {
    const body = `{ "messages":[{"role":"user","content":"\\u0047r\u00fc\u00dfe"}],\n "seed": 12345678901234567890, "unknown": {"model":"x"}, "model" : "lone" }`;
    await fixture.post("/v1/chat/completions", body);
    expect(fixture.a.requests[0]?.text).toBe(body.replace(`"model" : "lone"`, `"model" : "model-a"`));
  });

  it("is the answer as it came", async () => {
    const stream = { model: "lone", messages, stream: true, stream_options: { include_usage: true } };
    const through = await (await fixture.post("/v1/chat/completions", stream)).text();
    const direct = await fetch(`${fixture.a.url}/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ ...stream, model: "model-a" }),
    });
    expect(through).toBe(await direct.text());
  });

  const picture = "data:image/png;base64,iVBORw0KGgo=";
  const vision = [
    {
      role: "user",
      content: [
        { type: "text", text: "What is this?" },
        { type: "image_url", image_url: { url: picture, detail: "low" } },
        { type: "image_url", image_url: { url: "https://example.org/cat.png" } },
      ],
    },
  ];

  it.each([
    ["parts of a message that are images", { messages: vision }, ["lone"]],
    ["the number of choices", { messages, n: 3 }, ["lone"]],
    ["log probabilities", { messages, logprobs: true, top_logprobs: 2 }, ["lone"]],
    ["all of them at once, by a tier", { messages: vision, n: 2, logprobs: true }, ["@balanced"]],
  ])("is %s, untouched both ways, plain and as a stream", async (_, members, models) => {
    for (const model of models) {
      for (const stream of [false, true]) {
        const asked = {
          ...{ model, ...members, stream },
          ...(stream ? { stream_options: { include_usage: true } } : {}),
        };
        const through = await fixture.post("/v1/chat/completions", JSON.stringify(asked));
        const text = await through.text();
        const sent = fixture.a.requests.at(-1);
        expect(sent?.json).toEqual({ ...asked, model: "model-a" });
        const direct = await fetch(`${fixture.a.url}/chat/completions`, {
          method: "POST",
          body: sent?.text ?? "",
        });
        expect([through.status, text]).toEqual([200, await direct.text()]);
        const choices = toChoices(text, stream);
        expect(new Set(choices.map(({ index }) => index)).size).toBe("n" in members ? members.n : 1);
        expect(choices.some(({ logprobs }) => logprobs !== null)).toBe("logprobs" in members);
      }
    }
  });

  it("is none of the caller's headers, and the provider's key instead of the caller's", async () => {
    await fixture.post(
      "/v1/chat/completions",
      { model: "lone", messages },
      { headers: { cookie: "a=b", "x-custom": "1" } },
    );
    const headers = fixture.a.requests[0]?.headers;
    expect(Object.keys(headers ?? {}).sort()).toEqual([
      "accept",
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
    ]);
    expect(headers?.authorization).toBe("Bearer sk-a-one");
  });
});

describe("headers of an answer", () => {
  const ofProvider = {
    ...{
      "x-request-id": "theirs",
      "openai-organization": "org",
      "openai-processing-ms": "1",
      "x-new": "new",
    },
    ...{ "x-ratelimit-remaining-requests": "9", "retry-after": "7", "alt-svc": "h3", via: "theirs" },
    ...{ "access-control-allow-origin": "*", "cf-ray": "ray", "x-router-model": "theirs", etag: "theirs" },
  };
  const always = ["connection", "date", "keep-alive", "x-request-id"];
  const about = ["x-router-attempts", "x-router-model", "x-router-provider"];
  const plain = [...always, "content-length", "content-type"];
  const stream = ["cache-control", "content-type", "transfer-encoding", "x-accel-buffering"];

  it.each([
    ["plain", {}, 200, [...plain, ...about]],
    ["streamed", { stream: true }, 200, [...always, ...stream, ...about]],
    // When to come again is the one thing that a provider decides.
    ["refused by the provider", {}, 400, [...plain, "retry-after", "retry-after-ms"]],
    ["failed", {}, 503, [...plain, "x-should-retry"]],
  ] as const)("%s, are the router's own and no other", async (_name, body, status, expected) => {
    fixture.a.headers = ofProvider;
    if (status === 400) fixture.a.failNext({ kind: "status", status: 400, headers: ofProvider });
    if (status === 503) fixture.a.deadKeys.add("sk-a-one").add("sk-a-two");
    const answer = await fixture.post("/v1/chat/completions", { model: "lone", messages, ...body });
    expect(await answer.text()).not.toBe("");
    expect([answer.status, [...answer.headers.keys()]]).toEqual([status, expected.toSorted()]);
    expect([...answer.headers.values()].filter((value) => /theirs|fake/.test(value))).toEqual([]);
  });
});

it("OpenRouter's comments keep a stream alive, and what it says that it cost goes before the table's price", async () => {
  await fixture.close();
  fixture = await RouterFixture.open({
    routes: `
providers: { routed: { kind: openrouter, url: $A, keys: [env:KEY_A] } }
models: { lone: { provider: routed, as: vendor/model, price: { input: 1, output: 2 } } }
`,
  });
  fixture.a.cost = 0.0123;
  const plain = await client().chat.completions.create({ model: "lone", messages });
  const response = await fixture.post("/v1/chat/completions", { model: "lone", messages, stream: true });
  const text = await response.text();
  expect(text).toMatch(/^: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\ndata: /);
  expect(text).toMatch(/\[DONE\]\n\n$/);
  let streamed = "";
  for await (const chunk of await client().chat.completions.create({ model: "lone", messages, stream: true }))
    streamed += chunk.choices[0]?.delta.content ?? "";
  expect([plain.choices[0]?.message.content, streamed]).toEqual([fixture.a.text, fixture.a.text]);
  await waitFor(() => fixture.usage.length === 3);
  expect(
    fixture.usage.map(({ cost, outputTokens, isEstimated }) => [cost, outputTokens, isEstimated]),
  ).toEqual(Array(3).fill([0.0123, 7, false]));
});

describe("who may ask", () => {
  it.each([
    ["X-API-Key", { "x-api-key": routerKey }, 200],
    ["a bearer", { authorization: `Bearer ${routerKey}` }, 200],
    ["nothing", {}, 401],
    ["another key", { authorization: "Bearer cmdop-other" }, 401],
  ])("%s", async (_name, headers, status) => {
    expect((await fixture.get("/v1/models", headers)).status).toBe(status);
  });
});

it("an upload whose sender nobody knows is not waited for, whatever says its length", async () => {
  const answered = await request(`${fixture.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Readable.from(["{"]),
  });
  await answered.body.dump();
  expect([answered.statusCode, answered.headers.connection]).toEqual([401, "close"]);
});

it("the description names every endpoint that is there, and no other", async () => {
  const described = (await (await fixture.get("/openapi.json", {})).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const answers = await Promise.all(
    Object.entries(described.paths).map(([path, methods]) =>
      "get" in methods ? fixture.get(path.replace("{id}", "lone")) : fixture.post(path, "{"),
    ),
  );
  const found = await Promise.all(
    answers.map(async (answer) => [answer.status, await answer.text()] as const),
  );
  expect(found.filter(([, text]) => text.includes("unknown_url"))).toEqual([]);
  expect(operations).toEqual([
    "post /v1/chat/completions",
    "post /v1/responses",
    "post /v1/messages",
    "post /v1/messages/count_tokens",
    "post /v1/embeddings",
    "post /v1/images/generations",
    "post /v1/images/edits",
    "post /v1/search",
    "get /v1/models",
    "get /v1/models/{id}",
    "get /healthz",
    "get /readyz",
  ]);
});

it("an encoded path leads past no authentication", async () => {
  const answers = await Promise.all(
    ["/%761/models", "/v1/%6dodels", "/V1/models", "//v1/models"].map((path) => fixture.get(path, {})),
  );
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 404, 404]);
});

it("refusals are counted", async () => {
  for (let request = 0; request < 3; request += 1) await fixture.get("/v1/models", {});
  const text = await (await fetch(`http://127.0.0.1:${fixture.router.metricsPort}/metrics`)).text();
  expect(text).toContain('cmdop_router_refusals_total{refusal="invalid_api_key"} 3');
});

describe("paths that were pasted", () => {
  it.each([
    "/v1/v1/chat/completions",
    "/chat/completions",
    "/v1/chat/completions/",
    "/v1/chat/completions/chat/completions",
  ])("%s is answered, with a hint", async (path) => {
    const response = await fixture.post(path, { model: "lone", messages });
    expect([response.status, response.headers.get("x-router-hint")]).toEqual([
      200,
      "set the base URL to <address>/v1",
    ]);
  });

  it.each(["/models", "/v1/v1/models", "/v1/models/", "/v1/chat/completions/models", "/models/lone"])(
    "GET %s is answered, with a hint",
    async (path) => {
      const response = await fixture.get(path);
      expect([response.status, response.headers.get("x-router-hint")]).toEqual([
        200,
        "set the base URL to <address>/v1",
      ]);
    },
  );

  it("another one is an error in OpenAI's shape", async () => {
    const response = await fixture.post("/v1/nothing", {});
    expect([response.status, await response.json()]).toEqual([
      404,
      {
        error: {
          message: "There is no such endpoint.",
          type: "invalid_request_error",
          param: null,
          code: "unknown_url",
        },
      },
    ]);
  });
});

describe("requests that are wrong", () => {
  it.each([
    ["no JSON", "{", 400, "invalid_json", null],
    ["no object", "[]", 400, "invalid_json", null],
    ["no model", { messages }, 400, "invalid_value", "model"],
    ["no messages", { model: "lone" }, 400, "invalid_value", "messages"],
    [
      "a stream that is no boolean",
      { model: "lone", messages, stream: "yes" },
      400,
      "invalid_value",
      "stream",
    ],
    ["a tier that is none", { model: "@huge", messages }, 404, "model_not_found", "model"],
    [
      "a model without a provider",
      { model: "openai/gpt-5", messages },
      400,
      "provider_not_configured",
      "model",
    ],
  ])("%s", async (_name, body, status, code, param) => {
    const response = await fixture.post("/v1/chat/completions", body);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect([response.status, error.code, error.param]).toEqual([status, code, param]);
    expect(fixture.a.requests).toEqual([]);
  });

  it.each([
    ["a search", '"web_search_options":{}'],
    [
      "a schema",
      '"response_format":{"type":"json_schema","json_schema":{"strict":true,"schema":{"type":"array"}}}',
    ],
    ["nothing more", '"x":1'],
  ])("a body of any depth with %s ends in an answer, settled once", async (_name, member) => {
    await fixture.close();
    fixture = await RouterFixture.open({
      routes:
        "providers: { a: { url: $A } }\nmodels: { lone: { provider: a } }\nsearch: { searxng: $B_ORIGIN }\n",
    });
    fixture.a.lacks.add("json_schema").add("tools");
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const body = `{"model":"lone","messages":[{"role":"user","content":"x","deep":${deep}}],${member}}`;
    const response = await fixture.post("/v1/chat/completions", body);
    expect([200, 400]).toContain(response.status);
    await waitFor(() => fixture.usage.length === 1);
    expect((await fixture.post("/v1/chat/completions", { model: "lone", messages })).status).toBe(200);
  });

  it("a body over the limit is refused before it is read", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({ limits: { requestBytes: 1_000 } });
    const response = await fixture.post("/v1/chat/completions", {
      model: "lone",
      messages,
      filler: "x".repeat(2_000),
    });
    expect(response.status).toBe(413);
  });

  it("uploads that never come leave room for everybody else's", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({
      limits: { requestBytes: 1_000, requestBytesInFlight: 4_000 },
      environment: { CMDOP_ROUTER_KEYS: `${routerKey},another` },
    });
    const hoarder = new Agent({ connections: 10 });
    const upload = () => {
      const begun = new PassThrough();
      begun.write("{");
      return request(`${fixture.url}/v1/chat/completions`, {
        dispatcher: hoarder,
        method: "POST",
        headers: {
          "x-api-key": routerKey,
          "content-type": "application/json",
          "content-length": "1000",
        },
        body: begun,
      }).catch(() => "ended");
    };
    const uploads = [upload(), upload(), upload()];
    await waitFor(() => fixture.router.requests() === 3);
    const body = { model: "lone", messages, filler: "x".repeat(800) };
    const headers = { "x-api-key": "another" };
    const [own, other] = [
      await fixture.post("/v1/chat/completions", body),
      await fixture.post("/v1/chat/completions", body, { headers }),
    ];
    expect([own.status, other.status]).toEqual([503, 200]);
    await hoarder.destroy();
    await Promise.all(uploads);
  });

  it("requests over the number that fits are told to come again", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({ limits: { requestsInFlight: 1 } });
    fixture.a.failNext({ kind: "latency", ms: 200 });
    const first = fixture.post("/v1/chat/completions", { model: "lone", messages });
    await waitFor(() => fixture.a.requests.length === 1);
    const second = await fixture.post("/v1/chat/completions", { model: "lone", messages });
    expect([second.status, second.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await first).status).toBe(200);
  });
});

describe("the route table", () => {
  it("is taken up anew while a stream runs; a wrong one is refused with its line", async () => {
    fixture.a.paceMs = 20;
    const running = await fixture.post("/v1/chat/completions", { model: "lone", messages, stream: true });
    await fixture.routes(
      "providers: { a: { url: $A, keys: [env:KEY_A] } }\nmodels:\n  next: { provider: a }\n",
    );
    await waitFor(() => fixture.logged.text.includes("routes.reloaded"));
    expect(await running.text()).toMatch(/\[DONE\]\n\n$/);
    expect((await fixture.post("/v1/chat/completions", { model: "next", messages })).status).toBe(200);
    await fixture.routes("providers:\n  a: { url: $A }\nmodels:\n  next: { provider: gone }\n");
    await waitFor(() => fixture.logged.text.includes("routes.refused"));
    expect(fixture.logged.text).toContain("line 4: models.next.provider: there is no provider gone");
    expect((await fixture.post("/v1/chat/completions", { model: "next", messages })).status).toBe(200);
  });

  it("without a caller that it had refuses that caller within two seconds", async () => {
    const sha256 = createHash("sha256").update("leaver").digest("hex");
    const ask = async (): Promise<number> =>
      (await fixture.get("/v1/models", { "x-api-key": "leaver" })).status;
    await fixture.routes(`callers: [{ id: leaver, sha256: ${sha256} }]`);
    await waitFor(async () => (await ask()) === 200);
    await fixture.routes("callers: []");
    const removedMs = performance.now();
    await waitFor(async () => (await ask()) === 401);
    expect(performance.now() - removedMs).toBeLessThan(2_000);
  });

  it("without a provider leads to the demonstration model, and says which key to set for others", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({ routes: "{}" });
    const answer = await client().chat.completions.create({ model: "@balanced+agents", messages });
    expect(answer.model).toBe("cmdop-demo");
    expect(answer.choices[0]?.message.content).toContain("You wrote: Hello");
    const byItsName = await client().chat.completions.create({ model: "cmdop-demo", messages });
    expect(byItsName.choices).toEqual(answer.choices);
    const stream = await client().chat.completions.create({ model: "cmdop-demo", messages, stream: true });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe(answer.choices[0]?.message.content);
    const asked = { model: "cmdop-demo", messages, n: 3 };
    const three = await client().chat.completions.create(asked);
    expect(three.choices).toEqual([0, 1, 2].map((index) => ({ ...answer.choices[0], index })));
    const texts = ["", "", ""];
    for await (const { choices } of await client().chat.completions.create({ ...asked, stream: true }))
      for (const { index, delta } of choices) texts[index] += delta.content ?? "";
    expect(texts).toEqual([text, text, text]);
    for (const n of [0, 1.5, 129]) {
      const refused = await client()
        .chat.completions.create({ ...asked, n })
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({ status: 400, param: "n", type: "invalid_request_error" });
      expect(String(refused)).toContain("n must be a whole number from 1 to 128.");
    }
    const other = await client()
      .chat.completions.create({ model: "gpt-5", messages })
      .catch((error: unknown) => error);
    expect(other).toMatchObject({ status: 400, code: "provider_not_configured" });
    expect(String(other)).toContain("OPENAI_API_KEY");
  });
});

describe("a drain", () => {
  it("refuses what comes on a connection that it still has, and is not ready", async () => {
    fixture.a.paceMs = 50;
    const running = await fixture.post("/v1/chat/completions", { model: "lone", messages, stream: true });
    const kept = new Agent({ connections: 1 });
    const options = {
      dispatcher: kept,
      headers: { "x-api-key": routerKey, "content-type": "application/json" },
    };
    const ask = (path: string, body?: string) =>
      request(`${fixture.url}${path}`, { ...options, ...(body && { method: "POST", body }) });
    await (await ask("/v1/models")).body.dump();
    // An upload keeps its connection over the beginning of the drain.
    const upload = new PassThrough();
    const second = request(`${fixture.url}/v1/chat/completions`, {
      ...options,
      method: "POST",
      body: upload,
    });
    upload.write("{");
    await waitFor(() => fixture.router.requests() === 2);
    const drained = fixture.router.drain();
    const metrics = `http://127.0.0.1:${fixture.router.metricsPort}`;
    expect((await fetch(`${metrics}/readyz`)).status).toBe(503);
    upload.end(`"model":"lone","messages":[]}`);
    const answered = await second;
    await answered.body.dump();
    expect(answered.statusCode).toBe(200);
    const next = await ask("/v1/chat/completions", `{"model":"lone","messages":[]}`);
    expect([
      next.statusCode,
      await next.body.json(),
      next.headers.connection,
      next.headers["retry-after"],
    ]).toEqual([
      503,
      { error: expect.objectContaining({ code: "draining", type: "server_error" }) },
      "close",
      "1",
    ]);
    expect(fixture.a.requests.length).toBe(2);
    expect(await running.text()).toMatch(/\[DONE\]\n\n$/);
    await drained;
    await kept.close();
  });

  it("lets a stream end, takes nothing new, and closes", async () => {
    fixture.a.paceMs = 30;
    const running = await fixture.post("/v1/chat/completions", { model: "lone", messages, stream: true });
    const drained = fixture.router.drain();
    expect(await running.text()).toMatch(/\[DONE\]\n\n$/);
    await drained;
    await expect(fixture.get("/healthz")).rejects.toThrow();
    expect(fixture.usage.map(({ end }) => end)).toEqual(["finished"]);
  });
});

describe("metrics", () => {
  it("count requests, attempts and tokens; a model that a caller made up is no label", async () => {
    await fixture.post("/v1/chat/completions", { model: "pair", messages });
    await fixture.post("/v1/chat/completions", { model: "a/made-up", messages });
    const text = await (await fetch(`http://127.0.0.1:${fixture.router.metricsPort}/metrics`)).text();
    expect(text).toContain('cmdop_router_requests_total{endpoint="chat",end="finished",refusal="none"} 2');
    expect(text).toContain('cmdop_router_attempts_total{provider="a",outcome="answered"} 2');
    expect(text).toContain(
      'cmdop_router_tokens_total{provider="a",model="pair",direction="output",basis="reported"} 7',
    );
    expect(text).not.toContain("made-up");
  });
});

it("no key of anybody stands in anything that is logged or answered", async () => {
  fixture.a.deadKeys.add("sk-a-one").add("sk-a-two");
  const response = await fixture.post("/v1/chat/completions", {
    model: "lone",
    messages: [{ role: "user", content: "sentinel-prompt" }],
  });
  const answered = await response.text();
  const metrics = await (await fetch(`http://127.0.0.1:${fixture.router.metricsPort}/metrics`)).text();
  for (const secret of ["sk-a-one", "sk-a-two", "sk-b-one", routerKey, "sentinel-prompt"]) {
    expect([fixture.logged.text, answered, metrics].map((text) => text.includes(secret))).toEqual([
      false,
      false,
      false,
    ]);
  }
});

it("a provider that nobody asked for stays untouched", async () => {
  const other = await FakeProvider.open();
  await fixture.post("/v1/chat/completions", { model: "lone", messages });
  expect([other.requests.length, fixture.b.requests.length]).toEqual([0, 0]);
  await other.close();
});
