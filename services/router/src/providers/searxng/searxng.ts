import { type SearchDialect, toQueryText, toResults } from "../../core/search.ts";

const categories = { web: "general", news: "news", images: "images" } as const;

/** A SearXNG of one's own (https://docs.searxng.org/dev/search_api.html), with `json` among its formats. */
export const searxng: SearchDialect = {
  toRequest: (query) => {
    const parameters = new URLSearchParams({
      q: toQueryText(query),
      format: "json",
      categories: categories[query.type],
      pageno: String(query.page),
      ...(query.language === undefined ? {} : { language: query.language }),
      ...(query.recency === undefined ? {} : { time_range: query.recency }),
    });
    return {
      method: "GET",
      path: `/search?${parameters}`,
      headers: { accept: "application/json" },
      body: undefined,
    };
  },
  fromAnswer: (query, body) =>
    toResults(
      body.results,
      {
        title: "title",
        url: "url",
        snippet: "content",
        date: "publishedDate",
        imageUrl: "img_src",
        source: "engine",
      },
      query.maxResults,
    ),
};
