// The models that a provider is said to have: what the router lists of it, and all that it is asked for.
import { z } from "zod";

export const providerModelsMax = 256;

/** US dollars. */
const dollars = z.number().min(0).max(1_000_000);

const providerModelSchema = z
  .object({
    id: z
      .string()
      .regex(/^[!-~]{1,256}$/, "up to 256 ASCII characters without spaces")
      .describe("As the provider calls it; requests name it `provider/id`"),
    capabilities: z
      .array(z.enum(["agents", "vision", "code"]))
      .max(3)
      .default([]),
    contextTokens: z.int().min(1).nullable().default(null),
    price: z
      .object({ input: dollars, output: dollars })
      .nullable()
      .default(null)
      .describe("US dollars for a million tokens"),
  })
  .meta({ id: "ProviderModel" });
export type ProviderModel = z.output<typeof providerModelSchema>;

export const providerModelsSchema = z
  .array(providerModelSchema)
  .min(1)
  .max(providerModelsMax)
  .refine((models) => new Set(models.map(({ id }) => id)).size === models.length, "an id stands there twice")
  .nullable()
  .describe("What it has, and all that it is asked for; null: any model that it takes");
