// Web search through a whole router.
import { leakCheck, type ProviderFault, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RouterFixture, routerKey, shortPatience } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

const routes = `
search:
  serper: { url: $A_ORIGIN, keys: [env:SEARCH_KEY] }
  searxng: $B_ORIGIN
`;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

beforeEach(async () => {
  fixture = await RouterFixture.open({
    routes,
    environment: { SEARCH_KEY: "serper-key" },
    policy: shortPatience,
  });
});

afterEach(() => fixture.close());

const search = async (body: unknown) => {
  const response = await fixture.post("/v1/search", body);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const results = [1, 2, 3].map((position) => ({
  title: `Result ${position}`,
  url: `https://example.org/${position}`,
  snippet: `What stands  there ${position}.`,
  date: null,
  position,
}));

describe("a search", () => {
  it("gives results without markup, control characters or addresses that are no web pages", async () => {
    const answer = await search({ query: "cats", max_results: 5, country: "de", recency: "day" });
    expect(answer).toEqual({
      status: 200,
      body: { object: "search", id: expect.stringMatching(/^req_/), results, usage: { search_queries: 1 } },
    });
    expect(fixture.a.requests[0]?.json).toEqual({ q: "cats", num: 5, page: 1, gl: "de", tbs: "qdr:d" });
  });

  it("sends the provider its own key, and never the caller's, though the header has the same name", async () => {
    await search({ query: "cats" });
    expect(fixture.a.requests[0]?.headers["x-api-key"]).toBe("serper-key");
    expect(JSON.stringify(fixture.a.requests[0]?.headers)).not.toContain(routerKey);
  });

  it("finds news and images", async () => {
    const news = await search({ query: "cats", type: "news" });
    expect(news.body.results).toMatchObject([{ date: "1 day ago", source: "Example" }]);
    const images = await search({ query: "cats", type: "images" });
    expect(images.body.results).toMatchObject([{ image_url: "https://example.org/i.png" }]);
  });

  it("takes several queries and counts each", async () => {
    const answer = await search({ query: ["cats", "dogs"], max_results: 1 });
    expect(answer.body.results).toEqual(["cats", "dogs"].map((query) => ({ ...results[0], query })));
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({
      endpoint: "search",
      searches: 2,
      end: "finished",
      provider: "serper",
    });
  });

  it("is refused when it is wrong, and when no provider is there", async () => {
    expect(await search({})).toMatchObject({ status: 400, body: { error: { param: "query" } } });
    await fixture.close();
    fixture = await RouterFixture.open({ routes: "{}" });
    const answer = await search({ query: "cats" });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "provider_not_configured" } } });
    expect(JSON.stringify(answer.body)).toContain("SERPER_API_KEY");
  });
});

describe("when Serper fails, SearXNG answers", () => {
  const faults: readonly ProviderFault[] = [
    { kind: "status", status: 500 },
    { kind: "status", status: 403 },
    { kind: "status", status: 429 },
    { kind: "reset", afterEvents: undefined },
    { kind: "truncated", afterEvents: 0 },
    { kind: "garbage", afterEvents: 0 },
    { kind: "error-inside", error: { message: "x" } },
    { kind: "stalled", afterEvents: undefined },
  ];

  it.each(faults)("%o", async (fault) => {
    fixture.a.failAlways(fault);
    const answer = await search({ query: "cats", language: "de", max_results: 2 });
    expect(answer).toMatchObject({ status: 200, body: { results: [{ source: "fake" }, { position: 2 }] } });
    expect(Object.fromEntries(fixture.b.requests[0]?.query ?? [])).toEqual({
      q: "cats",
      format: "json",
      categories: "general",
      pageno: "1",
      language: "de",
    });
  });

  it("and when that fails too, the caller is told", async () => {
    fixture.a.failAlways({ kind: "status", status: 500 });
    fixture.b.failAlways({ kind: "status", status: 500 });
    expect(await search({ query: "cats" })).toMatchObject({
      status: 502,
      body: { error: { code: "upstream_error" } },
    });
  });
});

it("a caller who leaves ends the provider's request", async () => {
  fixture.a.failNext({ kind: "stalled", afterEvents: undefined });
  const controller = new AbortController();
  const left = fixture
    .post("/v1/search", { query: "cats" }, { signal: controller.signal })
    .catch(() => "left");
  const request = await waitFor(() => fixture.a.requests[0]);
  controller.abort();
  expect([await left, await request.closed]).toEqual(["left", true]);
  await waitFor(() => fixture.usage.length === 1);
  expect(fixture.usage[0]).toMatchObject({ end: "aborted", searches: 0 });
});
