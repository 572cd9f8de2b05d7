// Which providers can answer for a model, in which order. Pure: knows names, no keys and no addresses.
import {
  type Capability,
  capabilities,
  type ModelName,
  parseModelName,
  type Tier,
  tiers,
} from "./model-name.ts";
import { type Refusal, refuse } from "./refusals.ts";

export const providerKinds = ["openai", "openrouter", "demo"] as const;
export type ProviderKind = (typeof providerKinds)[number];

export interface ProviderEntry {
  /** As it stands in the configuration; also a label of metrics. */
  readonly name: string;
  readonly kind: ProviderKind;
  /** Written by the operator with an address of its own: `name/model` reaches it. */
  readonly isCustom: boolean;
  /** The key id of the caller who brought it; undefined: the operator's. */
  readonly owner?: string;
  /** Of one that a caller brought: where it is changed. */
  readonly isOf?: "account" | "fleet" | "installation" | "route-table";
  /** Of one that a caller brought: all that it may be asked for, by what it calls them. Undefined: anything. */
  readonly models?: ReadonlyMap<string, OwnModel>;
}

/** What is said of a model of a provider that a caller brought. */
export interface OwnModel {
  readonly capabilities: readonly Capability[];
  readonly contextTokens: number | undefined;
  readonly price: Price | undefined;
}

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

export interface ModelEntry {
  readonly id: string;
  readonly provider: string;
  /** What the provider calls it. */
  readonly upstreamId: string;
  readonly capabilities: readonly Capability[];
  readonly contextTokens: number | undefined;
  readonly price: Price | undefined;
  /** Asked in this order when this one fails. */
  readonly fallbacks: readonly string[];
}

export interface RouteTable {
  readonly providers: ReadonlyMap<string, ProviderEntry>;
  readonly models: ReadonlyMap<string, ModelEntry>;
  /** Models of a tier in the order of preference. */
  readonly tiers: ReadonlyMap<Tier, readonly string[]>;
  /** Where an id goes that stands nowhere in the table and has no vendor; undefined: nowhere. */
  readonly defaultProvider: string | undefined;
}

/** One provider that can be asked. */
export interface Candidate {
  readonly provider: ProviderEntry;
  readonly modelId: string;
  readonly upstreamId: string;
  readonly price: Price | undefined;
  /** Written with `:online` for a provider that has no such variant: the router searches itself. */
  readonly isOnline?: boolean;
  /** What the table says it can; undefined: it says nothing. */
  readonly capabilities?: readonly Capability[];
  /** Whether the model stands in the table: only then is its name a label of metrics. */
  readonly isListed: boolean;
}

export type Route = { readonly kind: "route"; readonly candidates: readonly [Candidate, ...Candidate[]] };

/** What a caller brought, by name. */
type OwnProviders = ReadonlyMap<string, { readonly provider: ProviderEntry }>;

/** `own`: the providers that the caller brought. What is asked of one of them is asked of no other provider. */
export const resolveRoute = (table: RouteTable, model: string, own?: OwnProviders): Route | Refusal => {
  const name = parseModelName(model);
  if (name.kind === "alias" && name.isOnline) return online(resolveAlias(table, name.tier, name.needs));
  if (name.kind === "invalid") return refuse("model_not_found", { message: name.reason, param: "model" });
  if (name.kind === "alias") return resolveAlias(table, name.tier, name.needs);
  const brought = name.vendor === undefined ? undefined : own?.get(name.vendor)?.provider;
  if (brought) return resolveBrought(brought, name);
  // An id that stands in the table with its suffix (a local model may be called so) goes before the suffix's meaning.
  const entry = table.models.get(name.written) ?? (name.suffix ? undefined : table.models.get(name.id));
  if (entry) return resolveEntry(table, entry);
  const based = name.suffix ? table.models.get(name.id) : undefined;
  if (based && name.suffix === "online") return online(resolveEntry(table, based));
  const provider = based ? table.providers.get(based.provider) : providerOf(table, name.vendor);
  if (!provider) return notConfigured(table, name.vendor);
  if (name.suffix === "online" && provider.kind !== "openrouter") {
    return online(resolveRoute(table, name.id, own));
  }
  if (name.suffix && provider.kind !== "openrouter") {
    return refuse("model_not_found", {
      message: `:${name.suffix} is a variant of OpenRouter's models, and ${name.id} is served by ${provider.name}.`,
      param: "model",
    });
  }
  const plainId =
    based?.upstreamId ??
    (isAddressedBy(provider, name.vendor) ? name.id.slice(provider.name.length + 1) : name.id);
  return {
    kind: "route",
    candidates: [
      {
        provider,
        modelId: name.written,
        upstreamId: name.suffix ? `${plainId}:${name.suffix}` : plainId,
        price: undefined,
        isListed: false,
      },
    ],
  };
};

/** Its own words for a model stand behind its name, a colon and what follows it among them. */
const resolveBrought = (
  provider: ProviderEntry,
  { written, id, suffix }: Extract<ModelName, { kind: "model" }>,
): Route | Refusal => {
  const toId = (text: string): string => text.slice(provider.name.length + 1);
  const candidate = (upstreamId: string, model: OwnModel | undefined): Candidate => ({
    provider,
    modelId: written,
    upstreamId,
    price: model?.price,
    ...(model && { capabilities: model.capabilities }),
    isListed: false,
  });
  const { models, kind } = provider;
  const [whole, plain] = [toId(written), toId(id)];
  const named = models?.get(whole);
  if (named) return { kind: "route", candidates: [candidate(whole, named)] };
  const based = models?.get(plain);
  if (models && !based) return notItsModel(provider, plain, models);
  // It has no such variant: the router searches.
  if (suffix === "online" && kind !== "openrouter") {
    return online({ kind: "route", candidates: [candidate(plain, based)] });
  }
  if (based && suffix && kind !== "openrouter") return notItsModel(provider, whole, models ?? new Map());
  return { kind: "route", candidates: [candidate(whole, based)] };
};

const shownModelsMax = 8;

const notItsModel = (
  { name, isOf = "fleet" }: ProviderEntry,
  id: string,
  models: ReadonlyMap<string, OwnModel>,
): Refusal => {
  const ids = [...models.keys()];
  const more = ids.length > shownModelsMax ? ` and ${ids.length - shownModelsMax} more` : "";
  const add =
    isOf === "route-table"
      ? "under its models in the router's route table"
      : `cmdop providers update ${name}${optionOf[isOf]} --model ${id}`;
  return refuse("model_not_found", {
    message: `${name} has no model ${id} on its list, but ${ids.slice(0, shownModelsMax).join(", ")}${more}. Add it: ${add}`,
    param: "model",
  });
};

/** Of the commands that change it. */
const optionOf = { account: " --for-me", fleet: "", installation: " --platform" } as const;

/** The same route with a search before the answer; OpenRouter's models have a variant for that. */
const online = (route: Route | Refusal): Route | Refusal => {
  if (route.kind === "refusal") return route;
  const toOnline = (candidate: Candidate): Candidate =>
    candidate.provider.kind === "openrouter"
      ? { ...candidate, upstreamId: `${candidate.upstreamId}:online` }
      : { ...candidate, isOnline: true };
  const [first, ...rest] = route.candidates;
  return { kind: "route", candidates: [toOnline(first), ...rest.map(toOnline)] };
};

/** The first part of the id is the provider's name, not a part of what the provider calls the model. */
const isAddressedBy = (provider: ProviderEntry, vendor: string | undefined): boolean =>
  vendor === provider.name && provider.kind !== "openrouter";

const providerOf = (table: RouteTable, vendor: string | undefined): ProviderEntry | undefined => {
  if (vendor === undefined)
    return table.defaultProvider === undefined ? undefined : table.providers.get(table.defaultProvider);
  const named = table.providers.get(vendor);
  if (named?.isCustom) return named;
  for (const provider of table.providers.values()) if (provider.kind === "openrouter") return provider;
  return named;
};

const resolveAlias = (table: RouteTable, tier: Tier, needs: readonly Capability[]): Route | Refusal => {
  const entries = (table.tiers.get(tier) ?? []).flatMap((id) => table.models.get(id) ?? []);
  const fitting = entries.filter((entry) => needs.every((need) => entry.capabilities.includes(need)));
  const written = `@${tier}${needs.map((need) => `+${need}`).join("")}`;
  const [first, ...rest] = fitting.flatMap((entry) => toCandidate(table, entry) ?? []);
  if (first) return { kind: "route", candidates: [first, ...rest] };
  return refuse("model_not_found", {
    message:
      entries.length === 0
        ? `No model stands behind @${tier} in the route table.`
        : `No model of @${tier} has what ${written} asks for.`,
    param: "model",
  });
};

const resolveEntry = (table: RouteTable, entry: ModelEntry): Route | Refusal => {
  const chain = [entry, ...entry.fallbacks.flatMap((id) => table.models.get(id) ?? [])];
  const [first, ...rest] = chain.flatMap((link) => toCandidate(table, link) ?? []);
  return first ? { kind: "route", candidates: [first, ...rest] } : notConfigured(table, entry.provider);
};

const toCandidate = (table: RouteTable, entry: ModelEntry): Candidate | undefined => {
  const provider = table.providers.get(entry.provider);
  if (!provider) return undefined;
  const { id: modelId, upstreamId, price, capabilities: can } = entry;
  return { provider, modelId, upstreamId, price, capabilities: can, isListed: true };
};

const notConfigured = (table: RouteTable, vendor: string | undefined): Refusal => {
  const hasOpenRouter = [...table.providers.values()].some(({ kind }) => kind === "openrouter");
  const variable = vendor === undefined || hasOpenRouter ? "OPENAI_API_KEY" : "OPENROUTER_API_KEY";
  return refuse("provider_not_configured", {
    message: `No provider is configured for this model. Bring one (cmdop providers add NAME, with --for-me for yourself alone), or set ${variable} at the router or add a provider to its route table, and start it again.`,
    param: "model",
  });
};

/** One row of GET /v1/models. */
export interface ListedModel {
  readonly id: string;
  readonly ownedBy: string;
  readonly capabilities: readonly Capability[];
  readonly contextTokens: number | undefined;
  readonly price: Price | undefined;
  /** For an alias: the models behind it, first the one that is asked first. */
  readonly resolvesTo: readonly string[] | undefined;
}

/** Every model whose provider is configured, every tier that leads to one, and those of the caller's own providers. */
export const listModels = (table: RouteTable, own?: OwnProviders): readonly ListedModel[] => {
  const usable = [...table.models.values()].filter(({ provider }) => table.providers.has(provider));
  const models = usable.map(
    ({ id, provider, capabilities: can, contextTokens, price }): ListedModel => ({
      id,
      ownedBy: provider,
      capabilities: can,
      contextTokens,
      price,
      resolvesTo: undefined,
    }),
  );
  const aliases = tiers.flatMap((tier): ListedModel[] => {
    const behind = (table.tiers.get(tier) ?? []).flatMap(
      (id) => usable.find((entry) => entry.id === id) ?? [],
    );
    const [first] = behind;
    if (!first) return [];
    return [
      {
        id: `@${tier}`,
        ownedBy: "router",
        capabilities: capabilities.filter((capability) =>
          behind.some((entry) => entry.capabilities.includes(capability)),
        ),
        contextTokens: first.contextTokens,
        price: first.price,
        resolvesTo: behind.map(({ id }) => id),
      },
    ];
  });
  const brought = [...(own?.values() ?? [])].flatMap(({ provider: { name, models: listed } }) =>
    [...(listed ?? [])].map(
      ([id, model]): ListedModel => ({
        id: `${name}/${id}`,
        ownedBy: name,
        ...model,
        resolvesTo: undefined,
      }),
    ),
  );
  return [...aliases, ...models, ...brought];
};
