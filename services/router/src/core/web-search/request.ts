// Web search inside a chat: its spellings read into one meaning, and that meaning written as each kind of provider
// takes it, as a tool that the router runs itself, or as results that stand in the question.
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../json-text.ts";
import { type Refusal, refuse } from "../refusals.ts";
import { isDomain, type SearchQuery } from "../search.ts";

export interface WebSearch {
  readonly maxResults: number;
  /** ISO 3166 alpha-2, lower case. */
  readonly country: string | undefined;
  readonly location: string | undefined;
  readonly domains: readonly string[];
  readonly excludedDomains: readonly string[];
  readonly contextSize: ContextSize | undefined;
  readonly userLocation: JsonObject | undefined;
  /** Said by `plugins` or by `:online` alone: OpenRouter's own spellings. */
  readonly isOpenRouters: boolean;
}

const contextSizes = { low: 3, medium: 5, high: 10 } as const;
type ContextSize = keyof typeof contextSizes;

const resultsMax = 20;
const domainsMax = 20;

/** OpenAI's (with their dates), OpenRouter's and Anthropic's. */
const toolForm = /^(?:openrouter:)?web_search(?:_preview)?(?:_\d{4}_?\d{2}_?\d{2})?$/;

const itemsOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]) : [];

const isSearchTool = (tool: JsonValue): tool is JsonObject =>
  isJsonObject(tool) && typeof tool.type === "string" && toolForm.test(tool.type);

const isWebPlugin = (plugin: JsonValue): plugin is JsonObject => isJsonObject(plugin) && plugin.id === "web";

/** Undefined: no search is asked for. `isOnline`: the model was written with `:online`. */
export const readWebSearch = (body: JsonObject, isOnline: boolean): WebSearch | Refusal | undefined => {
  const options = isJsonObject(body.web_search_options) ? body.web_search_options : undefined;
  const tool = itemsOf(body.tools).find(isSearchTool);
  const plugin = itemsOf(body.plugins).find(isWebPlugin);
  if (!options && !tool && !plugin && !isOnline) return undefined;
  const parameters = tool && isJsonObject(tool.parameters) ? tool.parameters : {};
  const given = tool?.filters ?? options?.filters;
  const filters = isJsonObject(given) ? given : {};
  const said: JsonObject = { ...plugin, ...options, ...tool, ...parameters, ...filters };
  const domains = domainsOf(said.allowed_domains);
  const excludedDomains = domainsOf(said.excluded_domains ?? said.blocked_domains);
  if (!domains || !excludedDomains) {
    return refuse("invalid_value", {
      message: `Up to ${domainsMax} domains such as example.org are expected.`,
      param: "tools",
    });
  }
  const size = Object.keys(contextSizes).find((name) => name === said.search_context_size);
  const contextSize = size as ContextSize | undefined;
  const userLocation = isJsonObject(said.user_location) ? said.user_location : undefined;
  const place =
    userLocation && isJsonObject(userLocation.approximate) ? userLocation.approximate : userLocation;
  return {
    maxResults: countOf(said.max_results) ?? contextSizes[contextSize ?? "medium"],
    country: countryOf(place?.country),
    location: locationOf(place),
    domains,
    excludedDomains,
    contextSize,
    userLocation,
    isOpenRouters: !options && !tool,
  };
};

const countOf = (value: JsonValue | undefined): number | undefined =>
  typeof value === "number" && Number.isInteger(value) && value >= 1
    ? Math.min(value, resultsMax)
    : undefined;

const countryOf = (value: JsonValue | undefined): string | undefined =>
  typeof value === "string" && /^[a-z]{2}$/i.test(value) ? value.toLowerCase() : undefined;

const locationOf = (place: JsonObject | undefined): string | undefined => {
  const parts = [place?.city, place?.region].filter((part) => typeof part === "string" && part !== "");
  const text = parts.join(", ");
  return text !== "" && text.length <= 200 && !/\p{C}/u.test(text) ? text : undefined;
};

/** Undefined: they are wrong. */
const domainsOf = (value: JsonValue | undefined): readonly string[] | undefined => {
  const domains: string[] = [];
  for (const item of itemsOf(value)) {
    const domain = typeof item === "string" ? item.toLowerCase() : "";
    if (!isDomain(domain) || domains.length === domainsMax) return undefined;
    domains.push(domain);
  }
  return domains;
};

export const toQuery = (search: WebSearch, query: string): SearchQuery => ({
  query,
  type: "web",
  maxResults: search.maxResults,
  page: 1,
  country: search.country,
  language: undefined,
  location: search.location,
  recency: undefined,
  domains: search.domains,
  excludedDomains: search.excludedDomains,
});

/** Members of a body set and taken out. */
export interface BodyChange {
  readonly members: JsonObject;
  readonly removed: readonly string[];
}

/** The body without any of the spellings, with `tools` added to the caller's own. */
const withTools = (body: JsonObject, added: readonly JsonObject[]): BodyChange => {
  const tools = [...itemsOf(body.tools).filter((tool) => !isSearchTool(tool)), ...added];
  const plugins = itemsOf(body.plugins).filter((plugin) => !isWebPlugin(plugin));
  const members: JsonObject = {
    ...(tools.length > 0 ? { tools } : {}),
    ...(plugins.length > 0 ? { plugins } : {}),
  };
  const removed = ["web_search_options", "tools", "plugins"].filter((name) => !(name in members));
  if (tools.length === 0) return { members, removed: [...removed, "tool_choice", "parallel_tool_calls"] };
  // A choice that names the search names a tool that is not there any more.
  return { members, removed: isSearchChoice(body.tool_choice) ? [...removed, "tool_choice"] : removed };
};

/** Anthropic's callers name the tool, OpenAI's its type. */
const isSearchChoice = (choice: JsonValue | undefined): boolean => {
  if (!isJsonObject(choice)) return false;
  const name = isJsonObject(choice.function) ? choice.function.name : choice.type;
  return typeof name === "string" && toolForm.test(name);
};

/** OpenRouter's server tool (https://openrouter.ai/docs/features/web-search); its own spellings stay as they are. */
export const toOpenRouterSearch = (search: WebSearch, body: JsonObject): BodyChange => {
  if (search.isOpenRouters) return { members: {}, removed: [] };
  const parameters: JsonObject = {
    max_results: search.maxResults,
    ...(search.contextSize === undefined ? {} : { search_context_size: search.contextSize }),
    ...(search.domains.length > 0 ? { allowed_domains: search.domains } : {}),
    ...(search.excludedDomains.length > 0 ? { excluded_domains: search.excludedDomains } : {}),
    ...(search.userLocation ? { user_location: search.userLocation } : {}),
  };
  return withTools(body, [{ type: "openrouter:web_search", parameters }]);
};

/** What OpenAI's search models take (https://platform.openai.com/docs/guides/tools-web-search). */
export const toOpenAiSearch = (search: WebSearch, body: JsonObject): BodyChange => {
  const { members, removed } = withTools(body, []);
  if (isJsonObject(body.web_search_options)) {
    return { members, removed: removed.filter((name) => name !== "web_search_options") };
  }
  const options: JsonObject = {
    ...(search.contextSize === undefined ? {} : { search_context_size: search.contextSize }),
    ...(search.userLocation ? { user_location: search.userLocation } : {}),
  };
  return {
    members: { ...members, web_search_options: options },
    removed: removed.filter((name) => name !== "web_search_options"),
  };
};

/** No caller's tool may be called so. */
export const searchToolName = "router_web_search";
/** Of one request. */
export const queriesMax = 5;

export const toSearchLoop = (body: JsonObject): BodyChange => {
  const { members, removed } = withSearchTool(body);
  if (!isSearchChoice(body.tool_choice)) return { members, removed };
  const choice = { type: "function", function: { name: searchToolName } };
  return {
    members: { ...members, tool_choice: choice },
    removed: removed.filter((name) => name !== "tool_choice"),
  };
};

const withSearchTool = (body: JsonObject): BodyChange =>
  withTools(body, [
    {
      type: "function",
      function: {
        name: searchToolName,
        description:
          "Searches the web. Use it for what may have changed since you were trained or what you are not sure of. Ask everything you need to know at once.",
        parameters: {
          type: "object",
          properties: {
            queries: {
              type: "array",
              items: { type: "string" },
              description: `One to ${queriesMax} queries, each as one would type it into a search engine.`,
            },
          },
          required: ["queries"],
          additionalProperties: false,
        },
      },
    },
  ]);

/** Results in the last turn of the user: no other role, so that they have no more authority than the question. */
export const toInjectedSearch = (body: JsonObject, results: string): BodyChange => {
  const { members, removed } = withTools(body, []);
  const messages = [...itemsOf(body.messages)];
  const at = messages.findLastIndex((message) => isJsonObject(message) && message.role === "user");
  const last = messages[at];
  if (isJsonObject(last)) {
    const content =
      typeof last.content === "string"
        ? `${last.content}\n\n${results}`
        : [...itemsOf(last.content), { type: "text", text: results }];
    messages[at] = { ...last, content };
  }
  return { members: { ...members, messages }, removed };
};

const injectedQueryCharsMax = 400;

/** What is searched for when the model cannot say it: the user's last turn. */
export const lastQuestion = (body: JsonObject): string => {
  const last = itemsOf(body.messages).findLast((message) => isJsonObject(message) && message.role === "user");
  const content = isJsonObject(last) ? last.content : undefined;
  const text =
    typeof content === "string"
      ? content
      : itemsOf(content)
          .flatMap((part) => (isJsonObject(part) && typeof part.text === "string" ? [part.text] : []))
          .join(" ");
  return text.replace(/\s+/g, " ").trim().slice(0, injectedQueryCharsMax);
};

/** The queries in the arguments of one call of the search tool, at most `max`. */
export const queriesOf = (argumentsText: string, max: number): readonly string[] => {
  let value: unknown;
  try {
    value = parseJson(argumentsText);
  } catch {
    return [];
  }
  if (!isJsonObject(value)) return [];
  const queries = typeof value.query === "string" ? [value.query] : itemsOf(value.queries);
  return queries
    .flatMap((query) =>
      typeof query === "string" && query.trim() !== "" ? [query.trim().slice(0, 2_000)] : [],
    )
    .slice(0, max);
};
