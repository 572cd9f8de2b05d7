// What the control plane says about a key, as the router's own words.
import type { ActiveAnswer, OwnProvider, RouterPart } from "@cmdop/edge";
import type { Budget } from "../../core/budgets.ts";
import type { ProviderKind } from "../../core/route-table.ts";
import { Secret } from "../../core/secret.ts";
import type { Caller, ProviderTarget, SearchTarget } from "../../ports.ts";
import { isReservedHeader } from "./route-file-schema.ts";

export type Addresses = Readonly<Record<ProviderKind | "serper", string>>;

export const toCaller = (answer: ActiveAnswer, part: RouterPart, addresses: Addresses): Caller => {
  const { tokenId, fleet, subject } = answer;
  const { requestsPerMinute, tokensPerMinute, concurrent } = part.limits;
  return {
    keyId: tokenId,
    models: part.models === "*" ? undefined : part.models,
    limits: {
      requestsPerMinute: requestsPerMinute ?? undefined,
      tokensPerMinute: tokensPerMinute ?? undefined,
      concurrent: concurrent ?? undefined,
      requestBytes: undefined,
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
      fleetId: fleet.id,
      accountId: subject.kind === "account" ? subject.id : undefined,
    },
  };
};

const toBudget = (
  { of, limitMicros, spentMicros, resetsAtMs, isHard }: RouterPart["budgets"][number],
  { tokenId, fleet, subject }: ActiveAnswer,
): Budget => {
  const ids = {
    key: `${tokenId}/key`,
    machine: `${tokenId}/machine`,
    member: `${fleet.id}/${subject.id}/member`,
    fleet: `${fleet.id}/fleet`,
  } as const;
  return { id: ids[of], of, limitMicros, spentMicros, resetsAtMs, every: undefined, isHard };
};

/** Owned by the key, also when the fleet brought it: nothing of one key is shared with another. */
const toTarget = (
  { name, kind, baseUrl, keys, headers }: OwnProvider,
  owner: string,
  addresses: Addresses,
): ProviderTarget | undefined => {
  if (kind === "serper" || kind === "searxng") return undefined;
  return {
    provider: { name, kind, isCustom: baseUrl !== null, owner },
    baseUrl: baseUrl ?? addresses[kind],
    keys: keys.map((key) => new Secret(key)),
    headers: Object.fromEntries(Object.entries(headers).filter(([header]) => !isReservedHeader(header))),
  };
};

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
