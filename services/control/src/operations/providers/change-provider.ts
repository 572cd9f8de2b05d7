// Changes of providers, of an account, a fleet or the installation. Their keys go in, to the router, and nowhere else.
import { Failure, newId } from "@cmdop/base";
import type { Expression, ExpressionBuilder, Selectable, SqlBool } from "kysely";
import { z } from "zod";
import { type Answer, assertVersion, type WriteCall } from "../../operation.ts";
import { providerContext, providersSubject } from "../../store/models/own-providers.ts";
import { checkProvider } from "../../store/models/provider-kinds.ts";
import { type ProviderModel, providerModelsSchema } from "../../store/models/provider-models.ts";
import type { Schema } from "../../store/schema.ts";
import type { ProviderTable } from "../../store/tables/model-tables.ts";
import { assertRoom } from "../../store/turns.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { providerBody, toProvider } from "./provider-view.ts";

/** A change of one never reaches a row of another. */
export type ProviderOwner =
  | { readonly kind: "account" | "fleet"; readonly id: string }
  | { readonly kind: "installation" };

/** Of a fleet, and of the installation. The router is told both, and those of the caller's account. */
export const providersMax = 64;
export const accountProvidersMax = 32;

export const newProviderBody = z.object(providerBody);

export const changedProviderBody = z.object({
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .nullable()
    .optional(),
  keys: z.array(z.string().min(1).max(4096)).max(64).optional(),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(4096)).optional(),
  models: providerModelsSchema.optional(),
});

type ChangeCall = Pick<WriteCall, "tx" | "services" | "actor" | "ifMatch">;

export const isOwnedBy =
  (owner: ProviderOwner) =>
  (eb: ExpressionBuilder<Schema, "providers">): Expression<SqlBool> =>
    owner.kind === "installation"
      ? eb.and([eb("fleet_id", "is", null), eb("account_id", "is", null)])
      : eb(owner.kind === "fleet" ? "fleet_id" : "account_id", "=", owner.id);

const fleetOf = (owner: ProviderOwner): { readonly fleet?: string } =>
  owner.kind === "fleet" ? { fleet: owner.id } : {};

/** The log says whose it was: an account's and the installation's stand in no fleet's log. */
const accountOf = (owner: ProviderOwner): { readonly account?: string } =>
  owner.kind === "account" ? { account: owner.id } : {};

const whose = { account: "An account", fleet: "A fleet", installation: "The installation" } as const;

const toColumn = (models: readonly ProviderModel[] | null): string | null =>
  models === null ? null : JSON.stringify(models);

/** Without it they would go on for half a minute with what they were told last. */
const tellRouters = (tx: ChangeCall["tx"], owner: ProviderOwner): void =>
  tx.revoke(
    [providersSubject(owner.kind === "installation" ? null : owner.id)],
    "the providers of models changed",
  );

export const addProvider = async (
  { tx, services, actor }: ChangeCall,
  owner: ProviderOwner,
  body: z.output<typeof newProviderBody>,
): Promise<Answer> => {
  checkProvider({
    kind: body.kind,
    baseUrl: body.baseUrl,
    hasHeaders: Object.keys(body.headers).length > 0,
    hasModels: body.models !== null,
  });
  const max = owner.kind === "account" ? accountProvidersMax : providersMax;
  await assertRoom(tx.db, {
    turn: `providers of ${owner.kind === "installation" ? "the installation" : owner.id}`,
    rows: tx.db
      .selectFrom("providers")
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where(isOwnedBy(owner)),
    max,
    full: `${whose[owner.kind]} has at most ${max} providers.`,
  });
  const id = newId("prv", services.random);
  const seal = (text: string): string => services.sealer.seal(text, providerContext(id));
  const row = await tx.db
    .insertInto("providers")
    .values({
      id,
      fleet_id: owner.kind === "fleet" ? owner.id : null,
      account_id: owner.kind === "account" ? owner.id : null,
      name: body.name,
      kind: body.kind,
      base_url: body.baseUrl,
      sealed_keys: body.keys.map(seal),
      sealed_headers: Object.keys(body.headers).length > 0 ? seal(JSON.stringify(body.headers)) : null,
      models: toColumn(body.models),
      created_at: tx.now,
      created_by: actor.id,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch((error: unknown) => {
      if (isUniqueViolation(error)) throw new Failure("name_taken", `There is a provider ${body.name}.`);
      throw error;
    });
  tx.audit({
    action: "provider.create",
    ...fleetOf(owner),
    target: { kind: "provider", id },
    body: {
      name: body.name,
      kind: body.kind,
      keys: body.keys.length,
      models: body.models?.length ?? null,
      ...accountOf(owner),
    },
  });
  tellRouters(tx, owner);
  return { status: 201, body: toProvider(row), version: row.version };
};

export const changeProvider = async (
  { tx, services, ifMatch }: ChangeCall,
  { owner, id }: { readonly owner: ProviderOwner; readonly id: string },
  body: z.output<typeof changedProviderBody>,
): Promise<Answer> => {
  const known = await tx.db
    .selectFrom("providers")
    .select(["id", "version", "kind", "base_url", "sealed_keys", "sealed_headers"])
    .where(isOwnedBy(owner))
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (!known) throw new Failure("not_found");
  assertVersion(known, ifMatch);
  checkProvider({
    kind: known.kind,
    baseUrl: body.baseUrl === undefined ? known.base_url : body.baseUrl,
    hasHeaders: Object.keys(body.headers ?? {}).length > 0,
    hasModels: (body.models ?? null) !== null,
  });
  assertSecretsStay(known, body);
  const seal = (text: string): string => services.sealer.seal(text, providerContext(known.id));
  const row = await tx.db
    .updateTable("providers")
    .set({
      version: known.version + 1,
      ...(body.baseUrl === undefined ? {} : { base_url: body.baseUrl }),
      ...(body.keys === undefined ? {} : { sealed_keys: body.keys.map(seal) }),
      ...(body.headers === undefined ? {} : { sealed_headers: seal(JSON.stringify(body.headers)) }),
      ...(body.models === undefined ? {} : { models: toColumn(body.models) }),
    })
    .where("id", "=", known.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  tx.audit({
    action: "provider.update",
    ...fleetOf(owner),
    target: { kind: "provider", id: known.id },
    body: { changed: Object.keys(body).sort(), ...accountOf(owner) },
  });
  tellRouters(tx, owner);
  return { status: 200, body: toProvider(row), version: row.version };
};

/** What was given for one address is sent to no other one: whoever may not see a key would have it sent to themselves. */
const assertSecretsStay = (
  known: Pick<Selectable<ProviderTable>, "base_url" | "sealed_keys" | "sealed_headers">,
  body: z.output<typeof changedProviderBody>,
): void => {
  if (body.baseUrl === undefined || originOf(body.baseUrl) === originOf(known.base_url)) return;
  const kept = [
    ...(known.sealed_keys.length > 0 && body.keys === undefined ? ["keys"] : []),
    ...(known.sealed_headers !== null && body.headers === undefined ? ["headers"] : []),
  ];
  if (kept.length === 0) return;
  throw new Failure(
    "invalid_argument",
    `${kept.join(" and ")}: with an address elsewhere they are given anew, or [] and {} for none.`,
    {
      details: {
        errors: kept.map((name) => ({ pointer: `/${name}`, detail: "given anew with the address" })),
      },
    },
  );
};

const originOf = (baseUrl: string | null): string | null =>
  baseUrl === null ? null : new URL(baseUrl).origin;

export const removeProvider = async (
  { tx }: ChangeCall,
  { owner, id }: { readonly owner: ProviderOwner; readonly id: string },
): Promise<Answer> => {
  const gone = await tx.db
    .deleteFrom("providers")
    .where(isOwnedBy(owner))
    .where("id", "=", id)
    .returning("name")
    .executeTakeFirst();
  if (!gone) throw new Failure("not_found");
  tx.audit({
    action: "provider.delete",
    ...fleetOf(owner),
    target: { kind: "provider", id },
    body: { name: gone.name, ...accountOf(owner) },
  });
  tellRouters(tx, owner);
  return { status: 204 };
};
