// What a provider speaks: models, or searches of the web.
import { Failure } from "@cmdop/base";
import { z } from "zod";

export const providerKindSchema = z.enum(["openai", "openrouter", "serper", "searxng"]);
export type ProviderKind = z.output<typeof providerKindSchema>;

interface ProviderShape {
  readonly kind: ProviderKind;
  readonly baseUrl: string | null;
  readonly hasHeaders: boolean;
  readonly hasModels: boolean;
}

/** Throws Failure `invalid_argument` for what a provider of its kind has no use for, or cannot do without. */
export const checkProvider = ({ kind, baseUrl, hasHeaders, hasModels }: ProviderShape): void => {
  if (kind === "openai" || kind === "openrouter") return;
  if (hasModels) throw new Failure("invalid_argument", `models: ${kind} searches the web, it has none.`);
  if (hasHeaders) throw new Failure("invalid_argument", `headers: ${kind} is sent none.`);
  if (kind === "searxng" && baseUrl === null) {
    throw new Failure("invalid_argument", "baseUrl: searxng needs the address of a server of yours.");
  }
};
