import type { Dialect } from "../../core/dialect.ts";

/** https://openrouter.ai/docs/api-reference/overview */
export const openrouter: Dialect = {
  baseUrl: "https://openrouter.ai/api/v1",
  headers: (key) => ({ ...(key ? { authorization: `Bearer ${key.reveal()}` } : {}), "x-title": "cmdop" }),
};
