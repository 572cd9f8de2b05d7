// A fleet's own providers of models.
import { z } from "zod";
import { type Operation, readOperation, requireMembership, writeOperation } from "../../operation.ts";
import { accountProviderOperations } from "./account-provider-operations.ts";
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
import { sharedProviderOperations } from "./shared-provider-operations.ts";

const tag = "Models";
const fleetParams = z.object({ fleet: z.string().max(64) });
const providerParams = fleetParams.extend({ provider: z.string().max(64) });

const listProviders = readOperation({
  id: "listProviders",
  method: "GET",
  path: "/v1/fleets/{fleet}/providers",
  tag,
  summary: "Providers that the fleet brought, and those that the installation shares",
  access: { kind: "fleet", right: "providers:read" },
  params: fleetParams,
  answers: { 200: z.object({ items: z.array(providerSchema) }) },
  handle: async ({ db, ...call }) => {
    const { fleetId } = requireMembership(call);
    const rows = await db
      .selectFrom("providers")
      .selectAll()
      .where(({ eb, or }) =>
        or([isOwnedBy({ kind: "fleet", id: fleetId })(eb), isOwnedBy({ kind: "installation" })(eb)]),
      )
      .orderBy("name")
      .limit(2 * providersMax)
      .execute();
    return { status: 200, body: { items: rows.map(toProvider) } };
  },
});

const createProvider = writeOperation({
  id: "createProvider",
  method: "POST",
  path: "/v1/fleets/{fleet}/providers",
  tag,
  summary: "Bring a provider of models, with keys of your own",
  access: { kind: "fleet", right: "providers:manage" },
  params: fleetParams,
  body: newProviderBody,
  answers: { 201: providerSchema },
  handle: ({ body, ...call }) =>
    addProvider(call, { kind: "fleet", id: requireMembership(call).fleetId }, body),
});

const updateProvider = writeOperation({
  id: "updateProvider",
  method: "PATCH",
  path: "/v1/fleets/{fleet}/providers/{provider}",
  tag,
  summary: "Replace a provider's address, keys, headers or models",
  access: { kind: "fleet", right: "providers:manage" },
  params: providerParams,
  body: changedProviderBody,
  answers: { 200: providerSchema },
  handle: ({ params: { provider }, body, ...call }) =>
    changeProvider(
      call,
      { owner: { kind: "fleet", id: requireMembership(call).fleetId }, id: provider },
      body,
    ),
});

const deleteProvider = writeOperation({
  id: "deleteProvider",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/providers/{provider}",
  tag,
  summary: "Take a provider away, with its keys",
  access: { kind: "fleet", right: "providers:manage" },
  params: providerParams,
  answers: { 204: null },
  handle: ({ params: { provider }, ...call }) =>
    removeProvider(call, { owner: { kind: "fleet", id: requireMembership(call).fleetId }, id: provider }),
});

export const providerOperations: readonly Operation[] = [
  listProviders,
  createProvider,
  updateProvider,
  deleteProvider,
  ...sharedProviderOperations,
  ...accountProviderOperations,
];
