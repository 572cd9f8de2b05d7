// What the control plane says about a key, as the router's own words.
import type { ActiveAnswer, OwnModel, OwnProvider, RouterPart } from "@cmdop/edge";
import type { Budget } from "../../core/budgets.ts";
import { capabilities } from "../../core/model-name.ts";
import type { ProviderEntry, ProviderKind } from "../../core/route-table.ts";
import { Secret } from "../../core/secret.ts";
import type { Caller, ProviderTarget, SearchTarget } from "../../ports.ts";
import { isReservedHeader } from "./route-file-schema.ts";

export type Addresses = Readonly<Record<ProviderKind | "serper", string>>;

export const toCaller = (answer: ActiveAnswer, part: RouterPart, addresses: Addresses): Caller => {
  const { tokenId, fingerprint, fleet, subject } = answer;
  const { requestsPerMinute, tokensPerMinute, concurrent, requestBytes } = part.limits;
  return {
    keyId: tokenId,
    models: part.models === "*" ? undefined : part.models,
    limits: {
      requestsPerMinute: requestsPerMinute ?? undefined,
      tokensPerMinute: tokensPerMinute ?? undefined,
      concurrent: concurrent ?? undefined,
      requestBytes: requestBytes ?? undefined,
    },
    providers: new Map(
      part.providers.flatMap((own) => {
        const target = toTarget(own, tokenId, addresses);
        return target ? [[own.name, target] as const] : [];
      }),
    ),
    search: part.providers.flatMap((own) => toSearchTarget(own, tokenId, addresses) ?? []),
    budgets: part.budgets.map((budget) => toBudget(budget, answer)),
    account: {
      tokenId,
      fingerprint,
      fleetId: fleet.id,
      accountId: subject.kind === "account" ? subject.id : undefined,
    },
  };
};

const toBudget = (
  { id: listedId, of, limitMicros, spentMicros, period, resetsAtMs, isHard }: RouterPart["budgets"][number],
  { tokenId, fleet, subject }: ActiveAnswer,
): Budget => {
  const ids = {
    key: `${tokenId}/key`,
    machine: `${tokenId}/machine`,
    member: `${fleet.id}/${subject.id}/member`,
    fleet: `${fleet.id}/fleet`,
  } as const;
  const figures = { limitMicros, spentMicros, resetsAtMs, every: undefined, isHard };
  return { id: listedId ?? ids[of], of, ...figures, listedId, period };
};

/** Owned by the key, also when the fleet brought it: nothing of one key is shared with another. */
const toTarget = (
  { name, owner: isOf = "fleet", kind, baseUrl, keys, headers, models }: OwnProvider,
  owner: string,
  addresses: Addresses,
): ProviderTarget | undefined => {
  if (kind === "serper" || kind === "searxng") return undefined;
  return {
    provider: {
      name,
      kind,
      isCustom: baseUrl !== null,
      owner,
      isOf,
      ...(models && { models: toModels(models) }),
    },
    baseUrl: baseUrl ?? addresses[kind],
    keys: keys.map((key) => new Secret(key)),
    headers: Object.fromEntries(Object.entries(headers).filter(([header]) => !isReservedHeader(header))),
  };
};

const toModels = (models: readonly OwnModel[]): NonNullable<ProviderEntry["models"]> =>
  new Map(
    models.map(({ id, capabilities: said, contextTokens, price }) => [
      id,
      {
        capabilities: capabilities.filter((known) => said.includes(known)),
        contextTokens: contextTokens ?? undefined,
        price: price ?? undefined,
      },
    ]),
  );

const toSearchTarget = (
  { name, kind, baseUrl, keys }: OwnProvider,
  owner: string,
  addresses: Addresses,
): SearchTarget | undefined => {
  const address = baseUrl ?? (kind === "serper" ? addresses.serper : undefined);
  if ((kind !== "serper" && kind !== "searxng") || address === undefined) return undefined;
  return {
    provider: { name, kind, owner },
    baseUrl: address,
    keys: keys.map((key) => new Secret(key)),
  };
};
