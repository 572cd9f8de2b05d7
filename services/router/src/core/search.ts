// Web search: what a caller may ask, and the one shape of what providers find. Results are text from the open web:
// they are cleaned and bounded here and never fetched.
import { isJsonObject, type JsonObject, type JsonValue } from "./json-text.ts";
import { type Refusal, refuse } from "./refusals.ts";

export const searchTypes = ["web", "news", "images"] as const;
export type SearchType = (typeof searchTypes)[number];
const recencies = ["day", "week", "month", "year"] as const;
export type Recency = (typeof recencies)[number];

/** One query, with everything that is asked of it. */
export interface SearchQuery {
  readonly query: string;
  readonly type: SearchType;
  readonly maxResults: number;
  /** From 1. */
  readonly page: number;
  /** ISO 3166 alpha-2, lower case. */
  readonly country: string | undefined;
  /** ISO 639-1. */
  readonly language: string | undefined;
  readonly location: string | undefined;
  readonly recency: Recency | undefined;
  readonly domains: readonly string[];
  readonly excludedDomains: readonly string[];
}

export interface SearchResult {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
  readonly date: string | null;
  /** From 1, within its query. */
  readonly position: number;
  readonly image_url?: string;
  readonly source?: string;
}

/** A search provider: pure conversions. */
export interface SearchDialect {
  toRequest(query: SearchQuery, key: string | undefined): SearchRequest;
  /** Undefined: this is no answer of the provider's. */
  fromAnswer(query: SearchQuery, body: JsonObject): readonly SearchResult[] | undefined;
}

export interface SearchRequest {
  readonly method: "GET" | "POST";
  /** Behind the provider's base URL, with its query string. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const queriesMax = 5;
const queryCharsMax = 2_000;
const domainsMax = 20;
const resultsMax = 20;
const resultsDefault = 10;
const pageMax = 100;

const domainForm = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}$/;

export const isDomain = (text: string): boolean => domainForm.test(text);

const wrong = (param: string, expected: string): Refusal =>
  refuse("invalid_value", { message: `${param}: ${expected} is expected.`, param });

/** The queries of one request, or what is wrong with it. */
export const parseSearch = (body: JsonObject): readonly SearchQuery[] | Refusal => {
  const queries = typeof body.query === "string" ? [body.query] : body.query;
  if (!isTexts(queries) || queries.length === 0 || queries.length > queriesMax || !queries.every(isQuery)) {
    return wrong("query", `a text of up to ${queryCharsMax} characters, or up to ${queriesMax} of them,`);
  }
  const fields = new Fields(body);
  const domains = fields.domains();
  const shared = {
    type: fields.oneOf("type", searchTypes) ?? "web",
    maxResults: fields.integer("max_results", resultsMax) ?? resultsDefault,
    page: fields.integer("page", pageMax) ?? 1,
    country: fields.text("country", /^[a-z]{2}$/i, "two letters such as de")?.toLowerCase(),
    language: fields.text("language", /^[a-z]{2}(?:-[a-z]{2})?$/i, "a code such as de")?.toLowerCase(),
    location: fields.text("location", /^[^\p{C}]{1,200}$/u, "a place of up to 200 characters"),
    recency: fields.oneOf("recency", recencies),
    domains: domains.filter((domain) => !domain.startsWith("-")),
    excludedDomains: domains.filter((domain) => domain.startsWith("-")).map((domain) => domain.slice(1)),
  };
  return fields.problem ?? queries.map((query) => ({ query: query.trim(), ...shared }));
};

const isTexts = (value: JsonValue | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

const isQuery = (query: string): boolean => query.trim() !== "" && query.length <= queryCharsMax;

/** Reads members and keeps the first problem. */
class Fields {
  readonly #body: JsonObject;
  problem: Refusal | undefined;

  constructor(body: JsonObject) {
    this.#body = body;
  }

  oneOf<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    return this.#read(
      name,
      (value) => values.find((candidate) => candidate === value),
      `one of ${values.join(", ")}`,
    );
  }

  integer(name: string, max: number): number | undefined {
    const isFitting = (value: JsonValue): value is number =>
      typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max;
    return this.#read(
      name,
      (value) => (isFitting(value) ? value : undefined),
      `a whole number from 1 to ${max}`,
    );
  }

  text(name: string, form: RegExp, expected: string): string | undefined {
    return this.#read(
      name,
      (value) => (typeof value === "string" && form.test(value) ? value : undefined),
      expected,
    );
  }

  /** Each may have a "-" before it: not from there. */
  domains(): readonly string[] {
    const read = (value: JsonValue): readonly string[] | undefined => {
      if (!isTexts(value) || value.length > domainsMax) return undefined;
      const lower = value.map((domain) => domain.toLowerCase());
      return lower.every((domain) => isDomain(domain.replace(/^-/, ""))) ? lower : undefined;
    };
    return this.#read("search_domain_filter", read, `up to ${domainsMax} domains such as example.org`) ?? [];
  }

  #read<Value>(
    name: string,
    read: (value: JsonValue) => Value | undefined,
    expected: string,
  ): Value | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    const result = read(value);
    if (result === undefined) this.problem ??= wrong(name, expected);
    return result;
  }
}

/** The query with its domains, as Google and most engines write them. */
export const toQueryText = ({ query, domains, excludedDomains }: SearchQuery): string => {
  const from = domains.map((domain) => `site:${domain}`).join(" OR ");
  const notFrom = excludedDomains.map((domain) => ` -site:${domain}`).join("");
  return `${query}${from === "" ? "" : ` (${from})`}${notFrom}`;
};

const textCharsMax = 2_000;
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

const toPlainText = (value: JsonValue | undefined): string =>
  typeof value === "string"
    ? value
        .slice(0, textCharsMax * 2)
        .replace(/<[^<>]{0,200}>/g, "")
        .replace(unsafe, " ")
        .trim()
        .slice(0, textCharsMax)
    : "";

const toHttpUrl = (value: JsonValue | undefined): string | undefined => {
  if (typeof value !== "string" || value.length > textCharsMax || !URL.canParse(value)) return undefined;
  const { protocol, href } = new URL(value);
  return protocol === "https:" || protocol === "http:" ? href : undefined;
};

/** Which members of a provider's result say what. */
export interface ResultMembers {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
  readonly date: string;
  readonly imageUrl: string;
  readonly source: string;
}

/** Results in the one shape; what has no address is left out. */
export const toResults = (
  items: JsonValue | undefined,
  members: ResultMembers,
  maxResults: number,
): readonly SearchResult[] | undefined => {
  if (!Array.isArray(items)) return undefined;
  const results: SearchResult[] = [];
  for (const item of items as readonly JsonValue[]) {
    if (results.length === maxResults) break;
    const url = isJsonObject(item) ? toHttpUrl(item[members.url]) : undefined;
    if (!isJsonObject(item) || url === undefined) continue;
    const imageUrl = toHttpUrl(item[members.imageUrl]);
    const source = toPlainText(item[members.source]);
    results.push({
      title: toPlainText(item[members.title]),
      url,
      snippet: toPlainText(item[members.snippet]),
      date: toPlainText(item[members.date]) || null,
      position: results.length + 1,
      ...(imageUrl === undefined ? {} : { image_url: imageUrl }),
      ...(source === "" ? {} : { source }),
    });
  }
  return results;
};
