// Providers of the installation: the router has them for every caller who, and whose fleet, brought none of that name.
import { z } from "zod";
import { type Operation, readOperation, writeOperation } from "../../operation.ts";
import {
  addProvider,
  changedProviderBody,
  changeProvider,
  isOwnedBy,
  newProviderBody,
  providersMax,
  removeProvider,
} from "./change-provider.ts";
import { providerSchema, toProvider } from "./provider-view.ts";

const tag = "Models";
const access = { kind: "installation", right: "installation:providers" } as const;
const owner = { kind: "installation" } as const;
const params = z.object({ provider: z.string().max(64) });

const listSharedProviders = readOperation({
  id: "listSharedProviders",
  method: "GET",
  path: "/v1/providers",
  tag,
  summary: "Providers that the installation shares with every fleet",
  access,
  answers: { 200: z.object({ items: z.array(providerSchema) }) },
  handle: async ({ db }) => {
    const rows = await db
      .selectFrom("providers")
      .selectAll()
      .where(isOwnedBy(owner))
      .orderBy("name")
      .limit(providersMax)
      .execute();
    return { status: 200, body: { items: rows.map(toProvider) } };
  },
});

const createSharedProvider = writeOperation({
  id: "createSharedProvider",
  method: "POST",
  path: "/v1/providers",
  tag,
  summary: "Share a provider of models with every fleet",
  description:
    "A fleet's own provider of the same name takes its place for that fleet, a person's own for that person.",
  access,
  body: newProviderBody,
  answers: { 201: providerSchema },
  handle: ({ body, ...call }) => addProvider(call, owner, body),
});

const updateSharedProvider = writeOperation({
  id: "updateSharedProvider",
  method: "PATCH",
  path: "/v1/providers/{provider}",
  tag,
  summary: "Replace a shared provider's address, keys, headers or models",
  access,
  params,
  body: changedProviderBody,
  answers: { 200: providerSchema },
  handle: ({ params: { provider }, body, ...call }) => changeProvider(call, { owner, id: provider }, body),
});

const deleteSharedProvider = writeOperation({
  id: "deleteSharedProvider",
  method: "DELETE",
  path: "/v1/providers/{provider}",
  tag,
  summary: "Take a shared provider away, with its keys",
  access,
  params,
  answers: { 204: null },
  handle: ({ params: { provider }, ...call }) => removeProvider(call, { owner, id: provider }),
});

export const sharedProviderOperations: readonly Operation[] = [
  listSharedProviders,
  createSharedProvider,
  updateSharedProvider,
  deleteSharedProvider,
];
