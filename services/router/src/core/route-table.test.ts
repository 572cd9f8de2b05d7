import { describe, expect, it } from "vitest";
import { defaultRoutes } from "./default-routes.ts";
import { type Capability, capabilities } from "./model-name.ts";
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

  const price = { input: 1, output: 2 };
  const about = { capabilities: ["agents"], contextTokens: 8_000, price } as const;
  const toOwn = (
    kind: "openai" | "openrouter",
    ids?: readonly string[],
    isOf?: NonNullable<ProviderEntry["isOf"]>,
  ) => {
    const models = ids && new Map(ids.map((id) => [id, about]));
    const provider = {
      ...{ name: "mine", kind, isCustom: true, owner: "key" },
      ...(models && { models }),
      ...(isOf && { isOf }),
    };
    return new Map([["mine", { provider }]]);
  };

  it.each([
    ["without a list: anything, in its own words", toOwn("openai"), "mine/x/y:free", "x/y:free"],
    ["but a search, which the router runs", toOwn("openai"), "mine/x:online", "x online"],
    ["a model on its list", toOwn("openai", ["x:free"]), "mine/x:free", "x:free priced"],
    ["with a search", toOwn("openai", ["x"]), "mine/x:online", "x online priced"],
    ["a variant of it at OpenRouter", toOwn("openrouter", ["a/x"]), "mine/a/x:nitro", "a/x:nitro priced"],
    ["a variant elsewhere", toOwn("openai", ["x"]), "mine/x:nitro", "mine has no model x:nitro"],
    [
      "a model that is not on its list",
      toOwn("openai", ["x"]),
      "mine/y",
      "mine has no model y on its list, but x. Add it: cmdop providers update mine --model y",
    ],
    [
      "the same of one that is theirs alone",
      toOwn("openai", ["x"], "account"),
      "mine/y",
      "Add it: cmdop providers update mine --for-me --model y",
    ],
    [
      "the same of one that everybody shares",
      toOwn("openai", ["x"], "installation"),
      "mine/y",
      "Add it: cmdop providers update mine --platform --model y",
    ],
  ])("of a provider that a caller brought: %s", (_name, own, model, expected) => {
    const route = resolveRoute(table([openai], "openai"), model, own);
    const toldOf =
      route.kind === "refusal"
        ? route.message
        : route.candidates
            .map(({ upstreamId, isOnline, price: of }) =>
              [upstreamId, isOnline && "online", of === price && "priced"].filter(Boolean).join(" "),
            )
            .join();
    expect(toldOf).toContain(expected);
  });

  it("lists only what can be asked", () => {
    expect(listModels(table([openai], "openai")).map(({ id }) => id)).toEqual([
      ...["cheap", "budget", "fast", "standard", "balanced", "smart", "premium"].map((tier) => `@${tier}`),
      "gpt-5-nano",
      "gpt-5-mini",
      "gpt-5",
    ]);
  });

  it("a tier has every capability that some model behind it has, and no other", () => {
    const model = (id: string, provider: string, can: readonly Capability[]) => ({
      ...{ id, provider, upstreamId: id, capabilities: can, contextTokens: undefined, price: undefined },
      fallbacks: [],
    });
    const models = [model("sees", "openai", ["vision"]), model("writes", "openai", ["code"])];
    const unreachable = model("acts", "gone", ["agents"]);
    const routes: RouteTable = {
      ...table([openai], "openai"),
      models: new Map([...models, unreachable].map((entry) => [entry.id, entry])),
      tiers: new Map([
        ["smart", ["acts", "writes", "sees"]],
        ["cheap", ["sees"]],
      ]),
    };
    const listed = listModels(routes).filter(({ id }) => id.startsWith("@"));
    expect(listed.map(({ id, capabilities: can, resolvesTo }) => [id, can, resolvesTo])).toEqual([
      ["@cheap", ["vision"], ["sees"]],
      ["@smart", ["vision", "code"], ["writes", "sees"]],
    ]);
    // What is listed can be asked for, and what is not cannot.
    for (const { id, capabilities: can } of listed) {
      for (const capability of capabilities)
        expect(resolveRoute(routes, `${id}+${capability}`).kind).toBe(
          can.includes(capability) ? "route" : "refusal",
        );
    }
  });
});
