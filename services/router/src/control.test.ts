// Keys, providers, budgets and usage at the control plane, through a whole router.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintOpaqueToken } from "@cmdop/authority";
import { FakeControl } from "@cmdop/edge/testing";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FixtureOptions, RouterFixture, routerKey } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let control: FakeControl;
let directory: string;
let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

const routes = `
providers: { a: { url: $A, keys: [env:KEY_A] } }
models: { lone: { provider: a, as: model-a, price: { input: 1, output: 2 } }, other: { provider: a } }
allowed_ranges: [127.0.0.0/8]
`;

const open = (options: FixtureOptions = {}): Promise<RouterFixture> =>
  RouterFixture.open({
    ...options,
    routes,
    directory,
    control: { url: control.url, token: control.edgeToken, caPin: control.certificates.caPin },
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cmdop-router-control-"));
  control = await FakeControl.open();
  fixture = await open();
});

afterEach(async () => {
  await fixture.close();
  await control.close();
  await rm(directory, { recursive: true });
});

const ask = async (
  key: string,
  change: { readonly body?: Record<string, unknown>; readonly headers?: Record<string, string> } = {},
) => {
  const response = await fixture.post(
    "/v1/chat/completions",
    { model: "lone", messages: [], ...change.body },
    { headers: { "x-api-key": key, ...change.headers } },
  );
  const text = await response.text();
  return { status: response.status, code: /"code":"(\w+)"/.exec(text)?.[1], text };
};

const part = {
  models: "*" as const,
  limits: { requestsPerMinute: null, tokensPerMinute: null, concurrent: null },
  budgets: [],
  providers: [],
};

const settled = () => control.events.flatMap((event) => (event.kind === "usage" ? [event] : []));

describe("a key", () => {
  it("of the control plane is taken, one of the operator's own too, any other is not", async () => {
    const { token } = control.issue();
    expect([(await ask(token)).status, (await ask(routerKey)).status]).toEqual([200, 200]);
    expect(await ask("cmdop-nobody")).toMatchObject({ status: 401, code: "invalid_api_key" });
    expect(control.calls.introspect).toBe(1);
  });

  it("that nobody knows, and one more and one more, from one address: 429, and what is known is served", async () => {
    const { token } = control.issue();
    expect((await ask(token)).status).toBe(200);
    const codes = new Set<unknown>();
    for (let round = 0; round < 60; round += 1) codes.add((await ask(mintOpaqueToken("api").token)).code);
    expect([...codes]).toEqual(["invalid_api_key", "too_many_unknown_keys"]);
    expect(control.calls.introspect).toBeLessThan(61);
    expect((await ask(token)).status).toBe(200);
  });

  it("that is revoked is refused within a second", async () => {
    const { token, id } = control.issue();
    expect((await ask(token)).status).toBe(200);
    await waitFor(() => control.calls.revocations > 0);
    control.revoke([id]);
    const startMs = performance.now();
    await waitFor(async () => (await ask(token)).status === 401);
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  it("that is known is served while the control plane is away, an unknown one is 503, and both come back", async () => {
    const known = control.issue();
    const unknown = control.issue();
    expect((await ask(known.token)).status).toBe(200);
    await control.down();
    expect((await ask(known.token)).status).toBe(200);
    expect(await ask(unknown.token)).toMatchObject({ status: 503, code: "auth_unavailable" });
    await control.up();
    await waitFor(async () => (await ask(unknown.token)).status === 200);
  });

  it("has the models, the limits and the fleet that the control plane says", async () => {
    const { token } = control.issue("api", {
      router: { ...part, models: ["lone"], limits: { ...part.limits, requestsPerMinute: 2 } },
    });
    expect(await ask(token, { body: { model: "other" } })).toMatchObject({
      status: 403,
      code: "model_not_allowed",
    });
    expect((await ask(token, { headers: { "x-cmdop-fleet": "main" } })).status).toBe(200);
    expect(await ask(token)).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    expect(await ask(token, { headers: { "x-cmdop-fleet": "another" } })).toMatchObject({
      status: 403,
      code: "key_not_allowed",
    });
    const small = control.issue("api", {
      router: { ...part, limits: { ...part.limits, requestBytes: 100 } },
    });
    expect((await ask(small.token)).status).toBe(200);
    const large = { body: { filler: "x".repeat(100) } };
    expect(await ask(small.token, large)).toMatchObject({ status: 413, code: "request_too_large" });
  });

  it("has each of two budgets counted by itself, also where both are of the same", async () => {
    const budget = { of: "fleet" as const, spentMicros: 0, isHard: true };
    const budgets = [
      {
        ...budget,
        id: "bud_month",
        period: "month" as const,
        limitMicros: 100,
        resetsAtMs: Date.now() + 9e8,
      },
      { ...budget, id: "bud_day", period: "day" as const, limitMicros: 40, resetsAtMs: Date.now() + 9e6 },
    ];
    const { token } = control.issue("api", { router: { ...part, budgets } });
    expect([(await ask(token)).status, (await ask(token)).status]).toEqual([200, 200]);
    expect((await ask(token)).text).toContain("the budget of its fleet bud_day, $0.00 a day, is used up");
  });
});

describe("a provider that a fleet brought", () => {
  it("is the key's alone, with its own key and headers", async () => {
    const provider = {
      name: "mine",
      kind: "openai" as const,
      baseUrl: fixture.b.url,
      keys: ["sentinel-own-key"],
      headers: { "x-team": "blue", Cookie: "a=b", "x-api-key": "b" },
    };
    const owner = control.issue("api", { router: { ...part, providers: [provider] } });
    const other = control.issue();
    expect((await ask(owner.token, { body: { model: "mine/big" } })).status).toBe(200);
    expect(fixture.b.requests[0]?.headers).toMatchObject({
      authorization: "Bearer sentinel-own-key",
      "x-team": "blue",
    });
    expect(Object.keys(fixture.b.requests[0]?.headers ?? {})).not.toContain("cookie");
    expect(Object.keys(fixture.b.requests[0]?.headers ?? {})).not.toContain("x-api-key");
    expect((await ask(other.token, { body: { model: "mine/big" } })).status).toBe(400);
    const search = { ...provider, name: "find", kind: "serper" as const, baseUrl: fixture.b.origin };
    const searcher = control.issue("api", { router: { ...part, providers: [search] } });
    const found = await fixture.post(
      "/v1/search",
      { query: "cats" },
      { headers: { "x-api-key": searcher.token } },
    );
    expect([found.status, fixture.b.requests.at(-1)?.headers["x-api-key"]]).toEqual([
      200,
      "sentinel-own-key",
    ]);
    await waitFor(() => settled().length === 3);
    expect(settled()[0]).toMatchObject({ provider: "custom", costMicros: null });
    const metrics = await (await fetch(`http://127.0.0.1:${fixture.router.metricsPort}/metrics`)).text();
    const told = fixture.logged.text + JSON.stringify(control.events) + metrics;
    for (const secret of ["sentinel-own-key", owner.token, control.edgeToken])
      expect(told).not.toContain(secret);
    expect(metrics).toContain("cmdop_router_control_silent 0");
  });
});

describe("the providers of a fleet", () => {
  const provider = (change: object = {}) => ({
    name: "mine",
    kind: "openai" as const,
    baseUrl: fixture.b.url,
    keys: ["sentinel-own-key"],
    headers: {},
    ...change,
  });

  it("that have just been added are used at once, and those taken away no more", async () => {
    const { token } = control.issue("api", {
      revocationSubjects: ["key_1", "providers:flt_main", "providers"],
      router: part,
    });
    const body = { model: "mine/big" };
    expect(await ask(token, { body })).toMatchObject({ status: 400, code: "provider_not_configured" });
    await waitFor(() => control.calls.revocations > 0);
    const change = async (subject: string, providers: ReturnType<typeof provider>[], status: number) => {
      control.change(token, { router: { ...part, providers } });
      control.revoke([subject]);
      const startMs = performance.now();
      await waitFor(async () => (await ask(token, { body })).status === status);
      expect(performance.now() - startMs).toBeLessThan(1_000);
    };
    await change("providers:flt_main", [provider()], 200);
    await change("providers", [], 400);
  });

  it("have models that are listed, priced and all that they are asked for", async () => {
    const about = {
      capabilities: ["vision", "telepathy"],
      contextTokens: null,
      price: { input: 1, output: 2 },
    };
    const models = [{ id: "big", ...about }];
    const { token } = control.issue("api", { router: { ...part, providers: [provider({ models })] } });
    const listed = await fixture.get("/v1/models/mine/big", { "x-api-key": token });
    expect(await listed.json()).toMatchObject({
      owned_by: "mine",
      capabilities: ["vision"],
      pricing: { output_per_million_usd: 2 },
    });
    expect((await ask(token, { body: { model: "mine/big" } })).status).toBe(200);
    expect(await ask(token, { body: { model: "mine/small" } })).toMatchObject({ status: 404 });
    await waitFor(() => settled().length === 2);
    expect(settled()[0]).toMatchObject({ provider: "custom", costMicros: 25 });
  });

  it("are told in no error what secret header was set for them", async () => {
    const headers = { "x-auth": "Basic c2VudGluZWwtaGVhZGVy" };
    const { token } = control.issue("api", { router: { ...part, providers: [provider({ headers })] } });
    const message = "You sent $HEADER(x-auth)";
    fixture.b.failNext({ kind: "status", status: 400, body: JSON.stringify({ error: { message } }) });
    const refused = await ask(token, { body: { model: "mine/big" } });
    expect([fixture.b.requests[0]?.headers["x-auth"], refused.status]).toEqual([headers["x-auth"], 400]);
    expect(refused.text).toContain("You sent [secret]");
  });
});

describe("a budget", () => {
  it("is counted live from what is settled, above what the control plane knows", async () => {
    const budget = { of: "key" as const, limitMicros: 100, spentMicros: 60, resetsAtMs: null, isHard: true };
    const { token, id } = control.issue("api", { router: { ...part, budgets: [budget] } });
    expect([(await ask(token)).status, (await ask(token)).status]).toEqual([200, 200]);
    const refused = await ask(token);
    expect(refused).toMatchObject({ status: 402, code: "insufficient_quota" });
    expect(refused.text).toMatch(
      new RegExp(
        `The API key ${id} \\(fingerprint [0-9a-f]{16}\\) may spend no more: its own budget, \\$0.00`,
      ),
    );
  });
});

describe("usage", () => {
  it("reaches the control plane once for each request, whatever its id, with who, where and what", async () => {
    const { token, id } = control.issue();
    for (let request = 0; request < 3; request += 1) {
      await ask(token, { headers: { "x-request-id": "same", "x-cmdop-machine": "mch_1" } });
    }
    await ask(routerKey);
    await waitFor(() => settled().length === 3);
    const ids = settled().map(({ requestId }) => requestId);
    expect([new Set(ids).size, ids.every((one) => one.startsWith("same."))]).toEqual([3, true]);
    expect(settled()[0]).toMatchObject({
      fleet: "flt_main",
      tokenId: id,
      accountId: "acc_ann",
      machineId: "mch_1",
      endpoint: "chat",
      requestedModel: "lone",
      model: "lone",
      provider: "a",
      inputTokens: 11,
      outputTokens: 7,
      costMicros: 25,
      isEstimated: false,
      end: "finished",
      attempts: 1,
    });
  });

  it("is kept on disk while the control plane is away, over a restart of the router, and settles once", async () => {
    const { token } = control.issue();
    expect((await ask(token)).status).toBe(200);
    await waitFor(() => settled().length === 1);
    await control.down();
    expect([(await ask(token)).status, (await ask(token)).status]).toEqual([200, 200]);
    await fixture.close();
    fixture = await open();
    await control.up();
    await waitFor(() => settled().length === 3, { timeoutMs: 10_000 });
    expect((await ask(token)).status).toBe(200);
    await waitFor(() => settled().length === 4);
    expect(new Set(settled().map(({ requestId }) => requestId)).size).toBe(4);
  });
});

it("tells the control plane of every request before a drain is over: its disk may go with it", async () => {
  const { token } = control.issue();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(token)));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  await fixture.router.drain();
  expect(settled()).toHaveLength(20);
});

it("tells it also of what a drain had to end", async () => {
  await fixture.close();
  fixture = await open({ drainMs: 20 });
  const { token } = control.issue();
  fixture.a.failNext({ kind: "stalled", afterEvents: 3 });
  const running = ask(token, { body: { stream: true } }).catch(() => undefined);
  await waitFor(() => fixture.a.requests.length === 1);
  await fixture.router.drain();
  expect(settled().map(({ end }) => end)).toEqual(["aborted"]);
  await running;
});

it("a second router beside it needs nothing of the first: both serve, one goes, and nothing of either is lost", async () => {
  const { token } = control.issue();
  // In the same home: the next version, started before the last one has left.
  const [first, second] = [fixture, await open()];
  const askAt = async (router: RouterFixture): Promise<number> => {
    const body = { model: "lone", messages: [] };
    const headers = { "x-api-key": token, "x-request-id": "same" };
    const response = await router.post("/v1/chat/completions", body, { headers });
    await response.text();
    return response.status;
  };
  try {
    expect(await Promise.all([first, second, first, second].map(askAt))).toEqual([200, 200, 200, 200]);
    await first.router.drain();
    expect(await askAt(second)).toBe(200);
    await waitFor(() => settled().length === 5);
    expect(new Set(settled().map(({ requestId }) => requestId)).size).toBe(5);
  } finally {
    await second.close();
  }
});
