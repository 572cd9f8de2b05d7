import { describe, expect, it } from "vitest";
import { defaultRoutes } from "./default-routes.ts";
import { listModels, type ProviderEntry, type RouteTable, resolveRoute } from "./route-table.ts";

const openai: ProviderEntry = { name: "openai", kind: "openai", isCustom: false };
const openrouter: ProviderEntry = { name: "openrouter", kind: "openrouter", isCustom: false };
const local: ProviderEntry = { name: "local", kind: "openai", isCustom: true };

const table = (providers: readonly ProviderEntry[], defaultProvider?: string): RouteTable => {
  const { models, tiers } = defaultRoutes(
    new Set(providers.filter(({ isCustom }) => !isCustom).map(({ kind }) => kind)),
  );
  return {
    providers: new Map(providers.map((provider) => [provider.name, provider])),
    models: new Map(models.map((model) => [model.id, model])),
    tiers,
    defaultProvider,
  };
};

const told = (routes: RouteTable, model: string): readonly string[] | string => {
  const route = resolveRoute(routes, model);
  return route.kind === "refusal"
    ? route.row
    : route.candidates.map(({ provider, upstreamId }) => `${provider.name} ${upstreamId}`);
};

describe("with both providers", () => {
  const both = table([openai, openrouter, local], "openai");

  it.each([
    ["a raw id goes to OpenAI", "gpt-4o", ["openai gpt-4o"]],
    ["vendor/model goes to OpenRouter", "openai/gpt-4o", ["openrouter openai/gpt-4o"]],
    ["with its suffix", "x-ai/grok-4:online", ["openrouter x-ai/grok-4:online"]],
    [
      "a listed one with a suffix",
      "deepseek/deepseek-v3.2:nitro",
      ["openrouter deepseek/deepseek-v3.2:nitro"],
    ],
    ["a provider of the operator's own is reached by its name", "local/llama3.2:3b", ["local llama3.2:3b"]],
    [
      "an alias is an ordered list",
      "@balanced",
      ["openrouter anthropic/claude-sonnet-4.5", "openai gpt-5-mini"],
    ],
    ["its modifiers filter", "@cheap+vision", ["openrouter google/gemini-2.5-flash", "openai gpt-5-nano"]],
    ["a suffix that OpenAI does not know", "gpt-5:nitro", "model_not_found"],
    ["a search before the answer, which the router runs for it", "gpt-5:online", ["openai gpt-5"]],
    [
      "the same behind an alias",
      "@balanced:online",
      ["openrouter anthropic/claude-sonnet-4.5:online", "openai gpt-5-mini"],
    ],
  ])("%s", (_name, model, expected) => {
    expect(told(both, model)).toEqual(expected);
  });
});

describe("with one provider", () => {
  it.each([
    ["OpenAI serves its own vendor", table([openai], "openai"), "openai/gpt-4o", ["openai gpt-4o"]],
    ["but no other", table([openai], "openai"), "anthropic/claude-opus-4.6", "provider_not_configured"],
    ["OpenRouter serves no raw id", table([openrouter]), "gpt-4o", "provider_not_configured"],
    [
      "aliases lead to what is there",
      table([openrouter]),
      "@smart",
      ["openrouter anthropic/claude-sonnet-4.5"],
    ],
    ["a local one serves raw ids", table([local], "local"), "llama3.2:3b", ["local llama3.2:3b"]],
    ["and has no tiers of itself", table([local], "local"), "@smart", "model_not_found"],
  ])("%s", (_name, routes, model, expected) => {
    expect(told(routes, model)).toEqual(expected);
  });

  it("lists only what can be asked", () => {
    expect(listModels(table([openai], "openai")).map(({ id }) => id)).toEqual([
      ...["cheap", "budget", "fast", "standard", "balanced", "smart", "premium"].map((tier) => `@${tier}`),
      "gpt-5-nano",
      "gpt-5-mini",
      "gpt-5",
    ]);
  });
});
