// Providers that callers bring: theirs alone, with their key alone, and only where the operator lets them be.
import { createHash } from "node:crypto";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RouterFixture, routerKey } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

afterEach(() => fixture.close());

const sha256 = (key: string): string => createHash("sha256").update(key).digest("hex");

const open = async (address: string, allowed = "[]", keys = "own-sentinel-key"): Promise<void> => {
  fixture = await RouterFixture.open({
    routes: `
providers: { a: { url: $A, keys: [env:KEY_A] } }
models: { lone: { provider: a } }
default: a
search: { serper: { url: $A_ORIGIN, keys: [env:KEY_A] } }
allowed_ranges: ${allowed}
callers:
  - id: first
    sha256: ${sha256("first-key")}
    providers:
      mine: { url: "${address}", keys: [env:KEY_OWN], headers: { x-team: blue } }
      few:
        url: "${address}"
        models: { "big/1": { capabilities: [agents], context: 8000, price: { input: 1, output: 2 } } }
    search: { serper: { url: "${address.replace("$B", "$B_ORIGIN")}", keys: [env:KEY_OWN] } }
  - { id: second, sha256: ${sha256("second-key")} }
`,
    environment: { KEY_OWN: keys },
  });
};

const ask = async (key: string, model: string) => {
  const response = await fixture.post(
    "/v1/chat/completions",
    { model, messages: [] },
    { headers: { "x-api-key": key } },
  );
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe("a provider that a caller brought", () => {
  it("is asked with the caller's key and headers, and nobody else can name it", async () => {
    await open("$B", "[127.0.0.0/8]");
    expect((await ask("first-key", "mine/llama3.2:free")).status).toBe(200);
    const [request] = fixture.b.requests;
    expect(request?.headers).toMatchObject({ authorization: "Bearer own-sentinel-key", "x-team": "blue" });
    expect(request?.json?.model).toBe("llama3.2:free");
    for (const key of ["second-key", routerKey]) {
      expect(await ask(key, "mine/llama3.2")).toMatchObject({
        status: 400,
        body: { error: { code: "provider_not_configured" } },
      });
    }
    expect([fixture.a.requests.length, fixture.b.requests.length]).toEqual([0, 1]);
  });

  it("shows its models to that caller alone, and is asked for no other", async () => {
    await open("$B", "[127.0.0.0/8]");
    const list = async (key: string) =>
      ((await (await fixture.get("/v1/models", { "x-api-key": key })).json()) as { data: unknown[] }).data;
    const ofFew = {
      id: "few/big/1",
      object: "model",
      created: 0,
      owned_by: "few",
      capabilities: ["agents"],
      context_length: 8_000,
      pricing: { input_per_million_usd: 1, output_per_million_usd: 2 },
    };
    expect((await list("first-key")).filter((model) => JSON.stringify(model).includes("few"))).toEqual([
      ofFew,
    ]);
    expect(JSON.stringify([await list("second-key"), await list(routerKey)])).not.toContain("few");
    const retrieve = async (key: string, id: string) => {
      const response = await fixture.get(`/v1/models/${id}`, { "x-api-key": key });
      return [response.status, await response.json()];
    };
    expect(await retrieve("first-key", "few/big/1")).toEqual([200, ofFew]);
    expect(await retrieve("first-key", "mine/any")).toMatchObject([200, { owned_by: "mine" }]);
    expect(await retrieve("first-key", "few/other")).toMatchObject([404, {}]);
    expect(await retrieve("second-key", "few/big/1")).toMatchObject([404, {}]);
    expect((await ask("first-key", "few/big/1")).status).toBe(200);
    const refused = await ask("first-key", "few/other");
    expect(refused).toMatchObject({ status: 404, body: { error: { code: "model_not_found" } } });
    expect(JSON.stringify(refused.body)).toContain(
      "few has no model other on its list, but big/1. Add it: under its models in the router",
    );
    expect(fixture.b.requests.map(({ json }) => json?.model)).toEqual(["big/1"]);
    await waitFor(() => fixture.usage.length === 2);
    expect(fixture.usage[0]).toMatchObject({ provider: "custom", cost: 0.000025, isListed: false });
  });

  it("whose key is refused is the caller's to mend: no platform key takes its place", async () => {
    await open("$B", "[127.0.0.0/8]");
    fixture.b.deadKeys.add("own-sentinel-key");
    const answer = await ask("first-key", "mine/lone");
    expect(answer).toMatchObject({ status: 403, body: { error: { code: "provider_key_rejected" } } });
    expect([fixture.a.requests.length, fixture.b.requests.length]).toEqual([0, 1]);
    expect(JSON.stringify(answer) + fixture.logged.text).not.toContain("own-sentinel-key");
  });

  it("with a key that is refused is asked with its next", async () => {
    await open("$B", "[127.0.0.0/8]", "own-sentinel-key,own-other-key");
    fixture.b.deadKeys.add("own-sentinel-key");
    expect((await ask("first-key", "mine/lone")).status).toBe(200);
    expect(fixture.b.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer own-sentinel-key",
      "Bearer own-other-key",
    ]);
    fixture.b.deadKeys.add("own-other-key");
    for (let round = 0; round < 2; round += 1) {
      expect(await ask("first-key", "mine/lone")).toMatchObject({
        status: 403,
        body: { error: { code: "provider_key_rejected" } },
      });
    }
    expect(fixture.a.requests).toEqual([]);
  });

  it.each([
    "$B",
    "https://127.0.0.1:1/v1",
    "https://localhost:1/v1",
    "https://[::1]:1/v1",
    "https://169.254.169.254/v1",
  ])("at %s is not dialed", async (address) => {
    await open(address);
    const answer = await ask("first-key", "mine/lone");
    expect(answer).toMatchObject({ status: 403, body: { error: { code: "provider_address_refused" } } });
    expect(JSON.stringify(answer)).not.toMatch(/127|::1|169/);
    expect([fixture.a.requests.length, fixture.b.requests.length]).toEqual([0, 0]);
  });

  it("has no name in logs and metrics", async () => {
    await open("$B", "[127.0.0.0/8]");
    await ask("first-key", "mine/lone");
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({ provider: "custom", keyId: "first", isListed: false });
    const metrics = await (await fetch(`http://127.0.0.1:${fixture.router.metricsPort}/metrics`)).text();
    expect(metrics).toContain('provider="custom"');
    expect(metrics).not.toContain("mine");
  });
});

describe("images and searches", () => {
  const post = async (key: string, path: string, body: unknown) => {
    const response = await fixture.post(path, body, { headers: { "x-api-key": key } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it("go to the caller's own provider as well", async () => {
    await open("$B", "[127.0.0.0/8]");
    const image = await post("first-key", "/v1/images/generations", {
      model: "mine/painter",
      prompt: "a cat",
    });
    const found = await post("first-key", "/v1/search", { query: "cats" });
    expect([image.status, found.status]).toEqual([200, 200]);
    expect(
      fixture.b.requests.map(({ path, headers }) => [path, headers.authorization ?? headers["x-api-key"]]),
    ).toEqual([
      ["/v1/images/generations", "Bearer own-sentinel-key"],
      ["/search", "own-sentinel-key"],
    ]);
    expect((await post("second-key", "/v1/search", { query: "cats" })).status).toBe(200);
    expect(fixture.a.requests.map(({ headers }) => headers["x-api-key"])).toEqual(["sk-a-one"]);
    await waitFor(() => fixture.usage.length === 3);
    expect(fixture.usage.map(({ provider }) => provider)).toEqual(["custom", "custom", "serper"]);
  });

  it("never fall back to the operator's keys", async () => {
    await open("$B", "[127.0.0.0/8]");
    fixture.b.deadKeys.add("own-sentinel-key");
    expect(await post("first-key", "/v1/search", { query: "cats" })).toMatchObject({
      status: 403,
      body: { error: { code: "provider_key_rejected" } },
    });
    fixture.a.answerNext({ toolCalls: [{ name: "router_web_search", arguments: '{"queries":["x"]}' }] });
    await post("first-key", "/v1/chat/completions", { model: "lone", messages: [], web_search_options: {} });
    expect(fixture.a.requests.map(({ path }) => path)).not.toContain("/search");
    expect(fixture.logged.text).not.toContain("own-sentinel-key");
  });

  it("are dialed only where callers' providers may be", async () => {
    await open("$B");
    expect(await post("first-key", "/v1/search", { query: "cats" })).toMatchObject({
      status: 403,
      body: { error: { code: "provider_address_refused" } },
    });
  });
});
