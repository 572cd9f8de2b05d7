// The models of a provider as they stand on a command line: ID, or ID with what it can, reads and costs behind commas.
import type { ControlSchemas } from "@cmdop/sdk";
import { usageError } from "../cli-error.ts";

export type ProviderModel = ControlSchemas["ProviderModel"];

const capabilities = ["agents", "vision", "code"] as const;
const priceForm = /^price=(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/;
const contextForm = /^context=(\d{1,12})$/;

export const parseProviderModel = (text: string): ProviderModel => {
  const [id = "", ...details] = text.split(",");
  if (!/^[!-~]{1,256}$/.test(id)) {
    throw usageError(
      `--model ${id} is no model's id: up to 256 ASCII characters without spaces.`,
      "As: --model big-1",
    );
  }
  let model: ProviderModel = { id, capabilities: [], contextTokens: null, price: null };
  for (const detail of details) {
    const capability = capabilities.find((name) => name === detail);
    const [, input, output] = priceForm.exec(detail) ?? [];
    const [, context] = contextForm.exec(detail) ?? [];
    if (capability) model = { ...model, capabilities: [...model.capabilities, capability] };
    else if (context) model = { ...model, contextTokens: Number(context) };
    else if (input && output) model = { ...model, price: { input: Number(input), output: Number(output) } };
    else {
      throw usageError(
        `--model ${id} has no ${detail}: behind an id stand ${capabilities.join(", ")}, context=TOKENS and price=INPUT/OUTPUT.`,
        "As: --model big-1,agents,vision,context=128000,price=0.5/1.5",
      );
    }
  }
  return model;
};

/** What is there with some added or said anew and others taken out. The last one stays: without a list it is any. */
export const changeModels = (
  known: readonly ProviderModel[] | null,
  change: { readonly added: readonly ProviderModel[]; readonly removed: readonly string[] },
): ProviderModel[] => {
  const models = new Map([...(known ?? []), ...change.added].map((model) => [model.id, model]));
  for (const id of change.removed) {
    if (!models.delete(id)) throw usageError(`It has no model ${id}.`, "Type: cmdop providers list --json");
  }
  if (models.size === 0) {
    throw usageError(
      "That is its last model; without a list it is asked for any.",
      "If so, type: cmdop providers update NAME --any-model",
    );
  }
  return [...models.values()];
};
