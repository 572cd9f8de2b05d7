import type { Selectable } from "kysely";
import { z } from "zod";
import { providerOwnerOf } from "../../store/models/own-providers.ts";
import { providerKindSchema } from "../../store/models/provider-kinds.ts";
import { providerModelsSchema } from "../../store/models/provider-models.ts";
import type { ProviderTable } from "../../store/tables/model-tables.ts";

export const providerSchema = z
  .object({
    id: z.string(),
    name: z.string().describe("`name/model` reaches it"),
    kind: providerKindSchema,
    baseUrl: z.string().nullable(),
    keys: z.int().describe("How many keys it has; they are never shown"),
    models: providerModelsSchema,
    isShared: z.boolean().describe("Of the installation, for every fleet"),
    owner: z
      .enum(["account", "fleet", "installation"])
      .describe("Of several with one name the first of these counts"),
    createdAt: z.iso.datetime(),
    version: z.int(),
  })
  .meta({ id: "Provider" });

const key = z.string().min(1).max(4096);

export const providerBody = {
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "small letters, digits, dots, dashes"),
  kind: providerKindSchema
    .default("openai")
    .describe("openai: any OpenAI-compatible server; serper, searxng: searches of the web"),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .nullable()
    .default(null),
  keys: z.array(key).max(64).default([]),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(4096))
    .default({})
    .describe("Sent with every request to it; sealed as the keys are"),
  models: providerModelsSchema.default(null),
} as const;

export const toProvider = (row: Selectable<ProviderTable>): z.input<typeof providerSchema> => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  baseUrl: row.base_url,
  keys: row.sealed_keys.length,
  models: row.models,
  isShared: providerOwnerOf(row) === "installation",
  owner: providerOwnerOf(row),
  createdAt: row.created_at.toISOString(),
  version: row.version,
});
