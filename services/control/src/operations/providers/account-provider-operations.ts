// Providers that somebody brings for themselves: for the calls of his own keys and logins, in whatever fleet they act.
// Nobody else sees or uses them, no owner of a fleet or of the installation either.
import { z } from "zod";
import type { Principal } from "../../core/access/principal.ts";
import { type Operation, readOperation, requireAccount, writeOperation } from "../../operation.ts";
import {
  accountProvidersMax,
  addProvider,
  changedProviderBody,
  changeProvider,
  isOwnedBy,
  newProviderBody,
  type ProviderOwner,
  removeProvider,
} from "./change-provider.ts";
import { providerSchema, toProvider } from "./provider-view.ts";

const tag = "Your account";
const params = z.object({ provider: z.string().max(64) });
const access = { kind: "signed_in" } as const;
const rows = "own";

const ownerOf = (call: { readonly principal: Principal | undefined }): ProviderOwner => ({
  kind: "account",
  id: requireAccount(call).id,
});

const listAccountProviders = readOperation({
  id: "listAccountProviders",
  method: "GET",
  path: "/v1/account/providers",
  tag,
  summary: "Providers of models that you brought for yourself",
  access,
  rows,
  answers: { 200: z.object({ items: z.array(providerSchema) }) },
  handle: async ({ db, ...call }) => {
    const found = await db
      .selectFrom("providers")
      .selectAll()
      .where(isOwnedBy(ownerOf(call)))
      .orderBy("name")
      .limit(accountProvidersMax)
      .execute();
    return { status: 200, body: { items: found.map(toProvider) } };
  },
});

const createAccountProvider = writeOperation({
  id: "createAccountProvider",
  method: "POST",
  path: "/v1/account/providers",
  tag,
  summary: "Bring a provider of models for yourself",
  description:
    "Your own keys and logins reach it in every fleet, and nobody else does. It takes the place of one of the same name " +
    "that a fleet brought or the installation shares.",
  access,
  rows,
  body: newProviderBody,
  answers: { 201: providerSchema },
  handle: ({ body, ...call }) => addProvider(call, ownerOf(call), body),
});

const updateAccountProvider = writeOperation({
  id: "updateAccountProvider",
  method: "PATCH",
  path: "/v1/account/providers/{provider}",
  tag,
  summary: "Replace the address, keys, headers or models of a provider of yours",
  access,
  rows,
  params,
  body: changedProviderBody,
  answers: { 200: providerSchema },
  handle: ({ params: { provider }, body, ...call }) =>
    changeProvider(call, { owner: ownerOf(call), id: provider }, body),
});

const deleteAccountProvider = writeOperation({
  id: "deleteAccountProvider",
  method: "DELETE",
  path: "/v1/account/providers/{provider}",
  tag,
  summary: "Take a provider of yours away, with its keys",
  access,
  rows,
  params,
  answers: { 204: null },
  handle: ({ params: { provider }, ...call }) => removeProvider(call, { owner: ownerOf(call), id: provider }),
});

export const accountProviderOperations: readonly Operation[] = [
  listAccountProviders,
  createAccountProvider,
  updateAccountProvider,
  deleteAccountProvider,
];
