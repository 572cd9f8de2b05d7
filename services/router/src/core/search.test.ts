import { describe, expect, it } from "vitest";
import { choiceOf } from "./completion-stream.ts";
import type { JsonObject } from "./json-text.ts";
import { parseSearch, toQueryText } from "./search.ts";
import { SourceList } from "./web-search/citations.ts";
import { queriesOf, searchToolName } from "./web-search/request.ts";
import { ToolFilter } from "./web-search/tool-filter.ts";

const plain = {
  query: "cats",
  type: "web",
  maxResults: 10,
  page: 1,
  country: undefined,
  language: undefined,
  location: undefined,
  recency: undefined,
  domains: [],
  excludedDomains: [],
} as const;

describe("a search", () => {
  it.each([
    ["a query alone", { query: " cats " }, [plain]],
    ["several", { query: ["cats", "dogs"] }, [plain, { ...plain, query: "dogs" }]],
    [
      "everything",
      {
        query: "cats",
        type: "news",
        max_results: 20,
        page: 2,
        country: "DE",
        language: "de",
        location: "Köln, Germany",
        recency: "week",
        search_domain_filter: ["example.org", "-Example.com"],
      },
      [
        {
          ...plain,
          type: "news",
          maxResults: 20,
          page: 2,
          country: "de",
          language: "de",
          location: "Köln, Germany",
          recency: "week",
          domains: ["example.org"],
          excludedDomains: ["example.com"],
        },
      ],
    ],
  ])("%s", (_name, body, expected) => {
    expect(parseSearch(body)).toEqual(expected);
  });

  it.each([
    ["query", {}],
    ["query", { query: "  " }],
    ["query", { query: ["a", "b", "c", "d", "e", "f"] }],
    ["query", { query: "x".repeat(2_001) }],
    ["type", { query: "x", type: "videos" }],
    ["max_results", { query: "x", max_results: 0 }],
    ["country", { query: "x", country: "Germany" }],
    ["recency", { query: "x", recency: "hour" }],
    ["search_domain_filter", { query: "x", search_domain_filter: ["example.org) OR (site:evil.example"] }],
  ])("with a wrong %s is refused", (param, body) => {
    expect(parseSearch(body)).toMatchObject({ kind: "refusal", row: "invalid_value", param });
  });

  it("is written with its domains", () => {
    expect(toQueryText({ ...plain, domains: ["a.org", "b.org"], excludedDomains: ["c.org"] })).toBe(
      "cats (site:a.org OR site:b.org) -site:c.org",
    );
  });
});

describe("the router's own tool in a stream", () => {
  const chunk = (...calls: readonly JsonObject[]): JsonObject => ({
    choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: null }],
  });
  const call = (id: string, name: string) => ({ index: 0, id, function: { name, arguments: "{}" } });
  const names = (seen: JsonObject | undefined): unknown => seen && choiceOf(seen)?.delta.tool_calls;

  it.each([
    ["before", [searchToolName, "own"]],
    ["behind", ["own", searchToolName]],
  ] as const)("is not seen %s a call of the caller's under the same number", (_name, called) => {
    const filter = new ToolFilter();
    const seen = called.map((name) =>
      names(filter.pass(chunk(call(`id-${name}`, name)), { withRole: true })),
    );
    expect(seen.filter((calls) => calls !== undefined)).toEqual([[call("id-own", "own")]]);
  });
});

it("what an answer cites is told a thousand times at the most", () => {
  const sources = new SourceList(() => "mark");
  sources.toText("cats", [{ title: "a", url: "https://a.org/", snippet: "", date: null, position: 1 }]);
  expect([
    sources.annotationsOf("[1]".repeat(1_000)).length,
    sources.annotationsOf("[1]".repeat(5_000)).length,
  ]).toEqual([1_000, 1_000]);
});

it("arguments of a search that would take far more memory than their text ask for nothing", () => {
  const written = (lists: number): string => `{"queries":["cats"${",[]".repeat(lists)}]}`;
  expect([queriesOf(written(1_000), 5), queriesOf(written(1_100_000), 5)]).toEqual([["cats"], []]);
});
