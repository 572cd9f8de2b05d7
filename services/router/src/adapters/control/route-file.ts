// From the route table's file and the environment: where providers and search are, what models are called, whose keys
// are taken.
import { createHash } from "node:crypto";
import type { Budget } from "../../core/budgets.ts";
import { defaultRoutes } from "../../core/default-routes.ts";
import type { KeyLimits } from "../../core/key-limits.ts";
import { type Tier, tiers } from "../../core/model-name.ts";
import type { ModelEntry, ProviderEntry, ProviderKind } from "../../core/route-table.ts";
import { Secret } from "../../core/secret.ts";
import type { Caller, ProviderTarget, Routing, SearchTarget } from "../../ports.ts";
import { type LineOf, type Path, readRouteFile } from "./read-route-file.ts";
import type { RouteFile } from "./route-file-schema.ts";

/** Reads one variable of the environment; undefined: not set. */
export type ReadVariable = (name: string) => string | undefined;

export interface CallerKey {
  /** Of the key, SHA-256, hex. */
  readonly digest: string;
  readonly caller: Caller;
}

export interface RouterSettings {
  readonly routing: Routing;
  readonly callers: readonly CallerKey[];
}

export type SettingsResult =
  | { readonly kind: "settings"; readonly settings: RouterSettings }
  /** Each names the line that is wrong. */
  | { readonly kind: "problems"; readonly problems: readonly string[] };

export interface SettingsSources {
  /** The file's text; undefined: there is none. */
  readonly text: string | undefined;
  readonly readVariable: ReadVariable;
  /** Where the built-in providers are. */
  readonly addresses: Readonly<Record<ProviderKind | "serper", string>>;
}

export const parseSettings = ({ text, readVariable, addresses }: SettingsSources): SettingsResult => {
  const parsed = readRouteFile(text ?? "{}");
  if (parsed.kind === "problems") return parsed;
  const problems: string[] = [];
  const targets = targetsOf(parsed.file, { readVariable, addresses, lineOf: parsed.lineOf, problems });
  const search = searchOf(parsed.file, { readVariable, addresses, lineOf: parsed.lineOf, problems });
  const table = routingOf(parsed.file, targets, { lineOf: parsed.lineOf, problems });
  const routing = { ...table, search, allowedRanges: parsed.file.allowed_ranges };
  const listed = parsed.file.callers.map(
    ({ id: keyId, sha256, models, limits, budget, providers, search: ownSearch }, index): CallerKey => ({
      digest: sha256,
      caller: {
        keyId,
        models,
        limits: limits && toKeyLimits(limits),
        budgets: budget ? [toBudget(keyId, budget)] : [],
        account: undefined,
        search: ownSearchOf({ keyId, search: ownSearch }, ["callers", index, "search", "serper", "keys"], {
          readVariable,
          addresses,
          lineOf: parsed.lineOf,
          problems,
        }),
        providers: ownTargets({ keyId, providers }, ["callers", index, "providers"], {
          readVariable,
          lineOf: parsed.lineOf,
          problems,
        }),
      },
    }),
  );
  if (problems.length > 0) return { kind: "problems", problems };
  return { kind: "settings", settings: { routing, callers: [...listed, ...callersOf(readVariable)] } };
};

const toKeyLimits = (from: NonNullable<RouteFile["callers"][number]["limits"]>): KeyLimits => ({
  requestsPerMinute: from.requests_per_minute,
  tokensPerMinute: from.tokens_per_minute,
  concurrent: from.concurrent,
  requestBytes: from.request_bytes,
});

const toBudget = (
  keyId: string,
  { usd, every }: NonNullable<RouteFile["callers"][number]["budget"]>,
): Budget => ({
  id: `file/${keyId}`,
  of: "key",
  limitMicros: Math.round(usd * 1_000_000),
  spentMicros: 0,
  resetsAtMs: null,
  every,
  isHard: true,
});

interface Checking {
  readonly lineOf: LineOf;
  readonly problems: string[];
}

const targetsOf = (
  { providers }: RouteFile,
  { readVariable, addresses, lineOf, problems }: Checking & Omit<SettingsSources, "text">,
): Map<string, ProviderTarget> => {
  const targets = new Map<string, ProviderTarget>();
  const add = (entry: ProviderEntry, baseUrl: string, keys: readonly Secret[]): void => {
    targets.set(entry.name, { provider: entry, baseUrl, keys, headers: {} });
  };
  for (const [variable, kind] of builtIn) {
    const keys = keysIn(readVariable(variable));
    if (keys.length > 0) add({ name: kind, kind, isCustom: false }, addresses[kind], keys);
  }
  for (const [providerName, { kind, url, keys: references }] of Object.entries(providers)) {
    const keys = keysOf(references, ["providers", providerName, "keys"], { readVariable, lineOf, problems });
    add({ name: providerName, kind, isCustom: url !== undefined }, url ?? addresses[kind], keys);
  }
  if (targets.size === 0) add({ name: "demo", kind: "demo", isCustom: false }, addresses.demo, []);
  return targets;
};

const keysOf = (
  references: readonly string[],
  path: Path,
  { readVariable, lineOf, problems }: Checking & { readonly readVariable: ReadVariable },
): readonly Secret[] =>
  references.flatMap((reference, index) => {
    const variable = reference.slice("env:".length);
    const found = keysIn(readVariable(variable));
    if (found.length === 0) problems.push(`${lineOf([...path, index])}: ${variable} is not set`);
    return found;
  });

const ownTargets = (
  {
    keyId,
    providers,
  }: { readonly keyId: string; readonly providers: RouteFile["callers"][number]["providers"] },
  path: Path,
  checking: Checking & { readonly readVariable: ReadVariable },
): ReadonlyMap<string, ProviderTarget> =>
  new Map(
    Object.entries(providers).map(([own, { url, keys, headers, models }]) => [
      own,
      {
        provider: {
          ...{ name: own, kind: "openai", isCustom: true, owner: keyId, isOf: "route-table" },
          ...(models && { models: toOwnModels(models) }),
        },
        baseUrl: url,
        keys: keysOf(keys, [...path, own, "keys"], checking),
        headers,
      },
    ]),
  );

const toOwnModels = (
  models: NonNullable<RouteFile["callers"][number]["providers"][string]["models"]>,
): NonNullable<ProviderEntry["models"]> =>
  new Map(
    Object.entries(models).map(([id, { capabilities, context, price }]) => [
      id,
      { capabilities, contextTokens: context, price },
    ]),
  );

const searchOf = (
  { search: { serper, searxng } }: RouteFile,
  checking: Checking & Omit<SettingsSources, "text">,
): readonly SearchTarget[] => {
  const named = keysOf(serper?.keys ?? [], ["search", "serper", "keys"], checking);
  const keys = named.length > 0 ? named : keysIn(checking.readVariable("SERPER_API_KEY"));
  const targets: SearchTarget[] = [];
  if (serper || keys.length > 0) {
    const baseUrl = serper?.url ?? checking.addresses.serper;
    targets.push({ provider: { name: "serper", kind: "serper" }, baseUrl, keys });
  }
  if (searxng !== undefined) {
    targets.push({ provider: { name: "searxng", kind: "searxng" }, baseUrl: searxng, keys: [] });
  }
  return targets;
};

const ownSearchOf = (
  {
    keyId: owner,
    search: { serper, searxng },
  }: { readonly keyId: string; readonly search: RouteFile["callers"][number]["search"] },
  path: Path,
  checking: Checking & Omit<SettingsSources, "text">,
): readonly SearchTarget[] => [
  ...(serper
    ? [
        {
          provider: { name: "serper", kind: "serper" as const, owner },
          baseUrl: serper.url ?? checking.addresses.serper,
          keys: keysOf(serper.keys, path, checking),
        },
      ]
    : []),
  ...(searxng === undefined
    ? []
    : [{ provider: { name: "searxng", kind: "searxng" as const, owner }, baseUrl: searxng, keys: [] }]),
];

const builtIn = [
  ["OPENAI_API_KEY", "openai"],
  ["OPENROUTER_API_KEY", "openrouter"],
] as const;

/** One variable may hold several keys, separated by commas: they are used in turn. */
const keysIn = (text: string | undefined): Secret[] =>
  (text ?? "")
    .split(",")
    .map((key) => key.trim())
    .filter((key) => key !== "")
    .map((key) => new Secret(key));

const routingOf = (
  from: RouteFile,
  targets: ReadonlyMap<string, ProviderTarget>,
  { lineOf, problems }: Checking,
): Pick<Routing, "table" | "targets"> => {
  const providers = new Map([...targets].map(([providerName, target]) => [providerName, target.provider]));
  const withDefaults = [...providers.values()].filter(
    ({ isCustom, name: own, kind }) => !isCustom && own === kind,
  );
  const defaults = defaultRoutes(new Set(withDefaults.map(({ kind }) => kind)));
  const models = new Map(defaults.models.map((entry) => [entry.id, entry]));
  for (const [modelId, entry] of Object.entries(from.models)) {
    if (!providers.has(entry.provider))
      problems.push(`${lineOf(["models", modelId, "provider"])}: there is no provider ${entry.provider}`);
    models.set(modelId, toModelEntry(modelId, entry));
  }
  const known = (path: Path, modelId: string): void => {
    if (!models.has(modelId)) problems.push(`${lineOf(path)}: there is no model ${modelId}`);
  };
  for (const [modelId, { fallbacks }] of Object.entries(from.models)) {
    for (const [index, fallback] of fallbacks.entries())
      known(["models", modelId, "fallbacks", index], fallback);
  }
  const behind = new Map<Tier, readonly string[]>(defaults.tiers);
  for (const tier of tiers) {
    const ids = from.tiers[tier];
    if (!ids) continue;
    for (const [index, modelId] of ids.entries()) known(["tiers", tier, index], modelId);
    behind.set(tier, ids);
  }
  if (from.default !== undefined && !providers.has(from.default)) {
    problems.push(`${lineOf(["default"])}: there is no provider ${from.default}`);
  }
  return {
    table: { providers, models, tiers: behind, defaultProvider: from.default ?? theDefault(providers) },
    targets,
  };
};

const toModelEntry = (modelId: string, entry: RouteFile["models"][string]): ModelEntry => ({
  id: modelId,
  provider: entry.provider,
  upstreamId: entry.as ?? modelId,
  capabilities: entry.capabilities,
  contextTokens: entry.context,
  price: entry.price,
  fallbacks: entry.fallbacks,
});

/** OpenAI when it is there, else the only one there is. The demonstration model stands for nobody. */
const theDefault = (providers: ReadonlyMap<string, ProviderEntry>): string | undefined => {
  if (providers.has("openai")) return "openai";
  const [first, ...others] = providers.values();
  return first && others.length === 0 && first.kind === "openai" ? first.name : undefined;
};

const callersOf = (readVariable: ReadVariable): CallerKey[] =>
  keysIn(readVariable("CMDOP_ROUTER_KEYS")).map((key, index) => ({
    digest: createHash("sha256").update(key.reveal()).digest("hex"),
    caller: {
      keyId: `env-${index + 1}`,
      models: undefined,
      limits: undefined,
      providers: new Map(),
      search: [],
      budgets: [],
      account: undefined,
    },
  }));
