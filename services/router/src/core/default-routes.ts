// What is routed where without a configuration file. Names and prices age: a file overrides any of it.
import type { Capability, Tier } from "./model-name.ts";
import type { ModelEntry, Price, ProviderKind } from "./route-table.ts";

const model = (
  provider: "openai" | "openrouter" | "demo",
  id: string,
  capabilities: readonly Capability[],
  details: { readonly contextTokens?: number; readonly price?: Price } = {},
): ModelEntry => ({
  id,
  provider,
  upstreamId: id,
  capabilities,
  contextTokens: details.contextTokens,
  price: details.price,
  fallbacks: [],
});

const all: readonly Capability[] = ["agents", "vision", "code"];

/** In US dollars for a million tokens: written down without asking the providers, so estimates until a file says. */
const modelsDefault: readonly ModelEntry[] = [
  model("openai", "gpt-5-nano", all, { contextTokens: 400_000, price: { input: 0.05, output: 0.4 } }),
  model("openai", "gpt-5-mini", all, { contextTokens: 400_000, price: { input: 0.25, output: 2 } }),
  model("openai", "gpt-5", all, { contextTokens: 400_000, price: { input: 1.25, output: 10 } }),
  model("openrouter", "deepseek/deepseek-v3.2", ["agents", "code"]),
  model("openrouter", "google/gemini-2.5-flash", all),
  model("openrouter", "anthropic/claude-sonnet-4.5", all),
  model("openrouter", "anthropic/claude-opus-4.6", all),
  model("demo", "cmdop-demo", all),
];

const tiersDefault: Readonly<Record<Tier, readonly string[]>> = {
  cheap: ["deepseek/deepseek-v3.2", "google/gemini-2.5-flash", "gpt-5-nano"],
  budget: ["deepseek/deepseek-v3.2", "google/gemini-2.5-flash", "gpt-5-nano"],
  fast: ["google/gemini-2.5-flash", "gpt-5-nano"],
  standard: ["google/gemini-2.5-flash", "gpt-5-mini"],
  balanced: ["anthropic/claude-sonnet-4.5", "gpt-5-mini"],
  smart: ["anthropic/claude-sonnet-4.5", "gpt-5"],
  premium: ["anthropic/claude-opus-4.6", "gpt-5"],
};

/** The defaults for the kinds of provider that are configured with their own address. */
export const defaultRoutes = (
  kinds: ReadonlySet<ProviderKind>,
): { readonly models: readonly ModelEntry[]; readonly tiers: ReadonlyMap<Tier, readonly string[]> } => {
  const models = modelsDefault.filter(({ provider }) => [...kinds].some((kind) => kind === provider));
  const ids = new Set(models.map(({ id }) => id));
  const demo = ids.has("cmdop-demo") ? ["cmdop-demo"] : [];
  const tiers = Object.entries(tiersDefault).map(
    ([tier, behind]) => [tier as Tier, [...behind.filter((id) => ids.has(id)), ...demo]] as const,
  );
  return { models, tiers: new Map(tiers) };
};
