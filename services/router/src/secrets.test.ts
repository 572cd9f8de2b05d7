// Keys of everybody and a prompt are planted wherever there may be one; then everything that left the router is searched.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeControl } from "@cmdop/edge/testing";
import { type FakeProvider, leakCheck, type ProviderFault, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { OtlpReceiver } from "./testing/otlp-receiver.ts";
import { RouterFixture } from "./testing/router-fixture.ts";

let checkLeaks: () => Promise<void>;

beforeAll(async () => {
  // The test runner opens a pipe of its own for a module that is loaded late.
  await import("./adapters/tracing/tracing.ts");
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

/** None looks like a key: nothing may depend on that. */
const planted = {
  platformOne: "plantedplatformone",
  platformTwo: "plantedplatformtwo",
  search: "plantedsearch",
  caller: "plantedcaller",
  own: "plantedown",
  ownSearch: "plantedownsearch",
  ownHeader: "plantedownheader",
  redis: "plantedredis",
};
const prompt = "plantedprompt";
const answer = "plantedanswer";

const routes = `
providers: { a: { url: $A, keys: [env:KEY_A] } }
models: { lone: { provider: a, as: model-a, price: { input: 1, output: 2 } } }
search: { serper: { url: $A_ORIGIN, keys: [env:KEY_SEARCH] } }
allowed_ranges: [127.0.0.0/8]
`;

const turns = [{ role: "user", content: prompt }];
const schema = { type: "object", properties: {}, required: [], additionalProperties: false };

interface Asked {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly isStreamed: boolean;
}

const asked: readonly Asked[] = [
  { path: "chat/completions", body: { messages: turns }, isStreamed: true },
  { path: "chat/completions", body: { messages: turns, web_search_options: {} }, isStreamed: true },
  {
    path: "chat/completions",
    body: {
      messages: turns,
      response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema } },
    },
    isStreamed: true,
  },
  { path: "responses", body: { input: prompt }, isStreamed: true },
  { path: "messages", body: { max_tokens: 9, messages: turns }, isStreamed: true },
  { path: "images/generations", body: { prompt }, isStreamed: true },
  { path: "embeddings", body: { input: prompt }, isStreamed: false },
  { path: "messages/count_tokens", body: { messages: turns }, isStreamed: false },
  { path: "search", body: { query: prompt }, isStreamed: false },
];

/** A provider that says back whatever it was sent. */
const sent = '$KEY, "Bearer $KEY" and $HEADER(x-team)';
const error = {
  ...{ message: `You sent ${sent} and ${prompt}.`, type: "$KEY", param: "$HEADER(x-team)" },
  code: "x$KEY$HEADER(x-team)",
};
const body = JSON.stringify({ error });
const echoes: readonly (ProviderFault | undefined)[] = [
  undefined,
  ...[400, 401, 404, 429, 500].map((status): ProviderFault => ({ kind: "status", status, body })),
  { kind: "error-inside", error },
  { kind: "error-event", afterEvents: 0, error },
  { kind: "error-event", afterEvents: 3, error },
];

it("no key is in an answer, a log, a metric, an event or a span, and no prompt in any but the answers", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cmdop-router-secrets-"));
  const [control, receiver] = await Promise.all([FakeControl.open(), OtlpReceiver.open()]);
  const fixture = await RouterFixture.open({
    routes,
    directory,
    environment: {
      CMDOP_ROUTER_KEYS: planted.caller,
      KEY_A: `${planted.platformOne},${planted.platformTwo}`,
      KEY_SEARCH: planted.search,
    },
    control: { url: control.url, token: control.edgeToken, caPin: control.certificates.caPin },
    tracing: { endpoint: receiver.endpoint, tellsProviders: true },
    redisUrl: `redis://:${planted.redis}@127.0.0.1:1`,
    policy: {
      parkCredentialMs: 1,
      parkRateMs: 1,
      breaker: { failures: 10_000, windowMs: 1, openMs: 1 },
    },
  });
  fixture.a.text = answer;
  fixture.b.text = answer;
  const own = { name: "mine", kind: "openai" as const, baseUrl: fixture.b.url, keys: [planted.own] };
  const { token } = control.issue("api", {
    router: {
      models: "*",
      limits: { requestsPerMinute: 100_000, tokensPerMinute: 100_000_000, concurrent: 100 },
      budgets: [],
      providers: [
        { ...own, headers: { "x-team": planted.ownHeader } },
        {
          ...own,
          ...{
            name: "find",
            kind: "serper" as const,
            baseUrl: fixture.b.origin,
            keys: [planted.ownSearch],
            headers: {},
          },
        },
      ],
    },
  });
  const callers: readonly (readonly [string, string, FakeProvider])[] = [
    [planted.caller, "lone", fixture.a],
    [token, "mine/big", fixture.b],
  ];
  const answered: string[] = [];
  let count = 0;
  for (const [key, model, provider] of callers) {
    for (const { path, body: members, isStreamed } of asked) {
      const forms = (isStreamed ? [false, true] : [false]).flatMap((stream) =>
        echoes.map((fault) => ({ stream, fault })),
      );
      for (const { stream, fault } of forms) {
        if (fault) provider.failNext(fault);
        const response = await fixture.post(
          `/v1/${path}`,
          { model, ...members, ...(stream ? { stream } : {}) },
          { headers: { "x-api-key": key } },
        );
        answered.push(JSON.stringify([...response.headers]) + (await response.text()));
        count += 1;
      }
    }
  }
  for (const key of [`${planted.caller}x`, `${token}x`]) {
    const refused = await fixture.post(
      "/v1/embeddings",
      { model: "lone" },
      { headers: { "x-api-key": key } },
    );
    answered.push(JSON.stringify([...refused.headers]) + (await refused.text()));
  }

  // They were there to be found.
  const seen = JSON.stringify(
    [...fixture.a.requests, ...fixture.b.requests].map(({ headers, text }) => [headers, text]),
  );
  const { redis: _redis, caller: _caller, ...sentOn } = planted;
  expect([...Object.values(sentOn), prompt].filter((text) => !seen.includes(text))).toEqual([]);
  expect(answered.join("")).toContain(answer);

  await waitFor(() => fixture.usage.length === count);
  await waitFor(() => control.events.length > 0 && receiver.spans.length > 0);
  const metrics = await (await fetch(`http://127.0.0.1:${fixture.router.metricsPort}/metrics`)).text();
  await fixture.close();
  const kept = {
    log: fixture.logged.text,
    metrics,
    usage: JSON.stringify(fixture.usage),
    events: JSON.stringify(control.events),
    spans: receiver.text,
  };
  const foundIn = (texts: Readonly<Record<string, string>>, secrets: readonly string[]): string[] =>
    Object.entries(texts).flatMap(([where, text]) =>
      secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${where}`),
    );
  const keys = [...Object.values(planted), token, control.edgeToken];
  expect(foundIn({ ...kept, answers: answered.join("\n") }, keys)).toEqual([]);
  expect(foundIn(kept, [prompt, answer])).toEqual([]);
  expect(answered.filter((text) => text.includes("provider=1"))).toEqual([]);
  await Promise.all([control.close(), receiver.close()]);
  await rm(directory, { recursive: true });
}, 120_000);
