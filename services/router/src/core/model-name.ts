// What a caller may write as a model: `@tier(+modifier)*`, `vendor/model`, a raw id, and a suffix behind any of the
// last two; `:online` behind the first one too.

export const tiers = ["cheap", "budget", "fast", "standard", "balanced", "smart", "premium"] as const;
export type Tier = (typeof tiers)[number];

/** What a model must be able to do; modifiers of an alias are filters over it. */
export const capabilities = ["agents", "vision", "code"] as const;
export type Capability = (typeof capabilities)[number];

/** OpenRouter's variants (https://openrouter.ai/docs/features/model-routing). Anything else after a colon is part of the id. */
const suffixes = ["online", "free", "nitro", "floor", "exacto", "extended", "thinking"] as const;
export type Suffix = (typeof suffixes)[number];

export type ModelName =
  | {
      readonly kind: "alias";
      readonly tier: Tier;
      readonly needs: readonly Capability[];
      readonly isOnline: boolean;
    }
  | {
      readonly kind: "model";
      /** As written, with its suffix. */
      readonly written: string;
      /** Without the suffix. */
      readonly id: string;
      /** Before the first slash; undefined: a raw id. */
      readonly vendor: string | undefined;
      readonly suffix: Suffix | undefined;
    }
  | { readonly kind: "invalid"; readonly reason: string };

/** One that is longer is none. */
export const nameCharsMax = 256;
const printable = /^[!-~]+$/;

export const parseModelName = (text: string): ModelName => {
  if (text === "") return { kind: "invalid", reason: "model is empty" };
  if (text.length > nameCharsMax)
    return { kind: "invalid", reason: `model is longer than ${nameCharsMax} characters` };
  if (!printable.test(text))
    return { kind: "invalid", reason: "model holds a space or a character that is not ASCII" };
  return text.startsWith("@") ? parseAlias(text) : parseId(text);
};

const parseAlias = (written: string): ModelName => {
  const isOnline = written.endsWith(":online");
  const text = isOnline ? written.slice(0, -":online".length) : written;
  const [name = "", ...modifiers] = text.slice(1).split("+");
  const tier = tiers.find((candidate) => candidate === name);
  if (!tier)
    return {
      kind: "invalid",
      reason: `@${name} is no tier: the tiers are ${tiers.map((t) => `@${t}`).join(", ")}`,
    };
  const needs: Capability[] = [];
  for (const modifier of modifiers) {
    const need = capabilities.find((candidate) => candidate === modifier);
    if (!need) {
      return {
        kind: "invalid",
        reason: `+${modifier} is no modifier: the modifiers are ${capabilities.map((c) => `+${c}`).join(", ")}`,
      };
    }
    if (!needs.includes(need)) needs.push(need);
  }
  return { kind: "alias", tier, needs, isOnline };
};

const parseId = (text: string): ModelName => {
  const colon = text.lastIndexOf(":");
  const suffix = colon > 0 ? suffixes.find((candidate) => candidate === text.slice(colon + 1)) : undefined;
  const id = suffix ? text.slice(0, colon) : text;
  const slash = id.indexOf("/");
  if (slash === 0 || slash === id.length - 1)
    return { kind: "invalid", reason: "a model with a slash is written vendor/model" };
  return { kind: "model", written: text, id, vendor: slash > 0 ? id.slice(0, slash) : undefined, suffix };
};
