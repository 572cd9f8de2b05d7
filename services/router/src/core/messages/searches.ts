// What the router searched, as Messages tell it: the blocks of Anthropic's own web search
// (https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/web-search-tool).
import { isJsonObject, type JsonObject, type JsonValue } from "../json-text.ts";
import type { SearchResult } from "../search.ts";

/** One query and what it found. */
export interface Search {
  readonly query: string;
  readonly results: readonly SearchResult[];
}

const citedChars = 150;

/** The query, and its results. `id` is the search's own. */
export const toSearchBlocks = (id: string, { query, results }: Search): readonly [JsonObject, JsonObject] => [
  { type: "server_tool_use", id, name: "web_search", input: { query } },
  {
    type: "web_search_tool_result",
    tool_use_id: id,
    content: results.map(({ title, url, date }) => ({
      type: "web_search_result",
      title,
      url,
      // There is nothing for a provider to read back: the results are in the conversation.
      encrypted_content: "",
      page_age: date,
    })),
  },
];

/** The citations that a chat completion's annotations are. */
export const toCitations = (annotations: JsonValue | undefined): readonly JsonObject[] =>
  (Array.isArray(annotations) ? (annotations as readonly JsonValue[]) : []).flatMap((annotation) => {
    const cited = isJsonObject(annotation) ? annotation.url_citation : undefined;
    if (!isJsonObject(cited)) return [];
    const { url, title, content } = cited;
    return [
      {
        type: "web_search_result_location",
        url: url ?? "",
        title: title ?? null,
        cited_text: typeof content === "string" ? content.slice(0, citedChars) : "",
        encrypted_index: "",
      },
    ];
  });
