import type { Dialect } from "../../core/dialect.ts";

/** OpenAI, and every server that speaks its API (Ollama, llama.cpp, vLLM). */
export const openai: Dialect = {
  baseUrl: "https://api.openai.com/v1",
  headers: (key) => (key ? { authorization: `Bearer ${key.reveal()}` } : {}),
};
