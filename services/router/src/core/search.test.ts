import { describe, expect, it } from "vitest";
import { parseSearch, toQueryText } from "./search.ts";

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
