import { type SearchDialect, toQueryText, toResults } from "../../core/search.ts";

/** Google's results by https://serper.dev. Its key goes into X-API-KEY: the name of our own callers' header. */
export const serperUrl = "https://google.serper.dev";

const paths = { web: "/search", news: "/news", images: "/images" } as const;
const lists = { web: "organic", news: "news", images: "images" } as const;
const spans = { day: "qdr:d", week: "qdr:w", month: "qdr:m", year: "qdr:y" } as const;

export const serper: SearchDialect = {
  toRequest: (query, key) => ({
    method: "POST",
    path: paths[query.type],
    headers: { "content-type": "application/json", ...(key === undefined ? {} : { "x-api-key": key }) },
    body: JSON.stringify({
      q: toQueryText(query),
      num: query.maxResults,
      page: query.page,
      gl: query.country,
      hl: query.language,
      location: query.location,
      tbs: query.recency && spans[query.recency],
    }),
  }),
  fromAnswer: (query, body) =>
    toResults(
      body[lists[query.type]],
      {
        title: "title",
        url: "link",
        snippet: "snippet",
        date: "date",
        imageUrl: "imageUrl",
        source: "source",
      },
      query.maxResults,
    ),
};
