// A fleet's own providers of models. Their keys go in, to the router, and nowhere else.
import { Failure, newId } from "@cmdop/base";
import { z } from "zod";
import {
  assertVersion,
  type Operation,
  readOperation,
  requireMembership,
  writeOperation,
} from "../../operation.ts";
import { providerContext } from "../../store/own-providers.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { providerBody, providerSchema, toProvider } from "./provider-view.ts";

const tag = "Models";
const fleetParams = z.object({ fleet: z.string().max(64) });
const providerParams = fleetParams.extend({ provider: z.string().max(64) });
const providersMax = 64;

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
      .where(({ eb, or }) => or([eb("fleet_id", "=", fleetId), eb("fleet_id", "is", null)]))
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
  body: z.object(providerBody),
  answers: { 201: providerSchema },
  handle: async ({ body, tx, services, actor, ...call }) => {
    const { fleetId } = requireMembership(call);
    const { count } = await tx.db
      .selectFrom("providers")
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where("fleet_id", "=", fleetId)
      .executeTakeFirstOrThrow();
    if (Number(count) >= providersMax) {
      throw new Failure("limit_reached", `A fleet has at most ${providersMax} providers.`);
    }
    const id = newId("prv", services.random);
    const seal = (text: string): string => services.sealer.seal(text, providerContext(id));
    const row = await tx.db
      .insertInto("providers")
      .values({
        id,
        fleet_id: fleetId,
        name: body.name,
        kind: body.kind,
        base_url: body.baseUrl,
        sealed_keys: body.keys.map(seal),
        sealed_headers: Object.keys(body.headers).length > 0 ? seal(JSON.stringify(body.headers)) : null,
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
      fleet: fleetId,
      target: { kind: "provider", id },
      body: { name: body.name, kind: body.kind, keys: body.keys.length },
    });
    return { status: 201, body: toProvider(row), version: row.version };
  },
});

const updateProvider = writeOperation({
  id: "updateProvider",
  method: "PATCH",
  path: "/v1/fleets/{fleet}/providers/{provider}",
  tag,
  summary: "Replace a provider's address, keys or headers",
  access: { kind: "fleet", right: "providers:manage" },
  params: providerParams,
  body: z.object({
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .nullable()
      .optional(),
    keys: z.array(z.string().min(1).max(4096)).max(64).optional(),
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(4096)).optional(),
  }),
  answers: { 200: providerSchema },
  handle: async ({ params, body, tx, services, ifMatch, ...call }) => {
    const { fleetId } = requireMembership(call);
    const known = await tx.db
      .selectFrom("providers")
      .select(["id", "version"])
      .where("fleet_id", "=", fleetId)
      .where("id", "=", params.provider)
      .forUpdate()
      .executeTakeFirst();
    if (!known) throw new Failure("not_found");
    assertVersion(known, ifMatch);
    const seal = (text: string): string => services.sealer.seal(text, providerContext(known.id));
    const row = await tx.db
      .updateTable("providers")
      .set({
        version: known.version + 1,
        ...(body.baseUrl === undefined ? {} : { base_url: body.baseUrl }),
        ...(body.keys === undefined ? {} : { sealed_keys: body.keys.map(seal) }),
        ...(body.headers === undefined ? {} : { sealed_headers: seal(JSON.stringify(body.headers)) }),
      })
      .where("id", "=", known.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    tx.audit({
      action: "provider.update",
      fleet: fleetId,
      target: { kind: "provider", id: known.id },
      body: { changed: Object.keys(body).sort() },
    });
    return { status: 200, body: toProvider(row), version: row.version };
  },
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
  handle: async ({ params, tx, ...call }) => {
    const { fleetId } = requireMembership(call);
    const gone = await tx.db
      .deleteFrom("providers")
      .where("fleet_id", "=", fleetId)
      .where("id", "=", params.provider)
      .returning("name")
      .executeTakeFirst();
    if (!gone) throw new Failure("not_found");
    tx.audit({
      action: "provider.delete",
      fleet: fleetId,
      target: { kind: "provider", id: params.provider },
      body: { name: gone.name },
    });
    return { status: 204 };
  },
});

export const providerOperations: readonly Operation[] = [
  listProviders,
  createProvider,
  updateProvider,
  deleteProvider,
];
