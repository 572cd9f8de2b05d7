import { Failure, newId } from "@cmdop/base";
import { z } from "zod";
import { canGrant } from "../../core/access/can.ts";
import { assertNotOutlasting, assertReachable } from "../../grants.ts";
import { assertVersion, readOperation, requirePrincipal, writeOperation } from "../../operation.ts";
import { clientSecretContext } from "../../store/identity/identity-providers.ts";
import { rightsOf } from "../../store/membership/memberships.ts";
import { assertRoom } from "../../store/turns.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import {
  access,
  fieldsSchema,
  params,
  providerSchema,
  slugSchema,
  toProvider,
} from "./identity-provider-view.ts";

/** The page of the sign-in lists them all, to anybody. */
const identityProvidersMax = 32;

export const listIdentityProviders = readOperation({
  id: "listIdentityProviders",
  method: "GET",
  path: "/v1/identity-providers",
  tag: "Identity providers",
  summary: "Where else people sign in",
  access,
  answers: { 200: z.object({ items: z.array(providerSchema) }) },
  handle: async ({ db, services }) => {
    const rows = await db.selectFrom("identity_providers").selectAll().orderBy("name").execute();
    const publicUrl = services.addresses.publicUrl();
    return { status: 200, body: { items: rows.map((row) => toProvider(row, publicUrl)) } };
  },
});

export const createIdentityProvider = writeOperation({
  id: "createIdentityProvider",
  method: "POST",
  path: "/v1/identity-providers",
  tag: "Identity providers",
  summary: "Let people sign in with OpenID Connect",
  access,
  isFreshSignInNeeded: true,
  body: fieldsSchema.extend({ slug: slugSchema, clientSecret: z.string().min(1).max(1024).optional() }),
  answers: { 201: providerSchema },
  handle: async ({ body, tx, services }) => {
    const { protocol, hostname } = new URL(body.issuer);
    if (protocol === "http:" && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) {
      throw new Failure("plaintext_refused", "An identity provider is reached by https.");
    }
    await assertRoom(tx.db, {
      turn: "identity providers",
      rows: tx.db.selectFrom("identity_providers").select(({ fn }) => fn.countAll<string>().as("count")),
      max: identityProvidersMax,
      full: `There are ${identityProvidersMax} identity providers already.`,
    });
    const id = newId("idp", services.random);
    const row = await tx.db
      .insertInto("identity_providers")
      .values({
        id,
        slug: body.slug,
        name: body.name,
        issuer: body.issuer,
        client_id: body.clientId,
        client_secret_sealed:
          body.clientSecret === undefined
            ? null
            : services.sealer.seal(body.clientSecret, clientSecretContext(id)),
        scopes: [...new Set(["openid", ...body.scopes])],
        groups_claim: body.groupsClaim,
        is_sign_up_allowed: body.signUp,
        is_mfa_trusted: body.mfaTrusted,
        created_at: tx.now,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("name_taken", "The slug or the issuer is taken.");
        throw error;
      });
    tx.audit({
      action: "identity_provider.create",
      target: { kind: "identity_provider", id },
      body: {
        slug: row.slug,
        issuer: row.issuer,
        signUp: row.is_sign_up_allowed,
        mfaTrusted: row.is_mfa_trusted,
      },
    });
    return { status: 201, body: toProvider(row, services.addresses.publicUrl()), version: row.version };
  },
});

export const deleteIdentityProvider = writeOperation({
  id: "deleteIdentityProvider",
  method: "DELETE",
  path: "/v1/identity-providers/{provider}",
  tag: "Identity providers",
  summary: "Nobody signs in there any more; accounts and what they have stay",
  access,
  isFreshSignInNeeded: true,
  params,
  answers: { 204: null },
  handle: async ({ params: { provider }, tx }) => {
    const row = await tx.db
      .deleteFrom("identity_providers")
      .where("id", "=", provider)
      .returning("slug")
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such identity provider.");
    tx.audit({
      action: "identity_provider.delete",
      target: { kind: "identity_provider", id: provider },
      body: { slug: row.slug },
    });
    return { status: 204 };
  },
});

const groupRolesSchema = z.object({
  items: z
    .array(z.object({ group: z.string().min(1).max(256), fleetId: z.string(), role: z.string().max(64) }))
    .max(1000),
});

export const listGroupRoles = readOperation({
  id: "listGroupRoles",
  method: "GET",
  path: "/v1/identity-providers/{provider}/group-roles",
  tag: "Identity providers",
  summary: "Which group there gives which role in which fleet here",
  access,
  params,
  answers: { 200: groupRolesSchema },
  handle: async ({ params: { provider }, db }) => {
    const row = await db
      .selectFrom("identity_providers")
      .select("version")
      .where("id", "=", provider)
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such identity provider.");
    const rows = await db
      .selectFrom("identity_group_roles")
      .selectAll()
      .where("provider_id", "=", provider)
      .orderBy("group_name")
      .orderBy("fleet_id")
      .execute();
    const items = rows.map(({ group_name, fleet_id, role }) => ({
      group: group_name,
      fleetId: fleet_id,
      role,
    }));
    return { status: 200, body: { items }, version: row.version };
  },
});

export const putGroupRoles = writeOperation({
  id: "putGroupRoles",
  method: "PUT",
  path: "/v1/identity-providers/{provider}/group-roles",
  tag: "Identity providers",
  summary: "Which group there gives which role in which fleet here; all of them at once",
  description: "Applied at each sign-in there. Give what you have yourself.",
  access,
  isFreshSignInNeeded: true,
  params,
  body: groupRolesSchema,
  answers: { 200: groupRolesSchema },
  handle: async ({ params: { provider }, body, tx, ifMatch, services, ...call }) => {
    const principal = requirePrincipal(call);
    const row = await tx.db
      .selectFrom("identity_providers")
      .selectAll()
      .where("id", "=", provider)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such identity provider.");
    assertVersion(row, ifMatch);
    const given = new Set(body.items.map(({ group, fleetId }) => JSON.stringify([group, fleetId])));
    if (given.size < body.items.length) {
      throw new Failure("invalid_argument", "A group gives one role in a fleet, and one is named twice.");
    }
    for (const { fleetId, role } of body.items) {
      const rights = await rightsOf(tx.db, role, fleetId);
      if (rights.size === 0) throw new Failure("invalid_argument", `There is no role ${role} in ${fleetId}.`);
      const decision = canGrant(principal, rights, fleetId, services.clock.wallMs());
      if (decision.kind === "deny") {
        throw new Failure("permission_denied", `You lack rights that ${role} has in ${fleetId}.`);
      }
      const giver = principal.memberships.get(fleetId);
      // Whoever comes by a group reaches every machine, and stays.
      if (giver) {
        const operation = "putGroupRoles";
        assertReachable({ ...call, services }, { giver, levels: new Map(), operation });
        assertNotOutlasting({ ...call, services }, { giver, end: null, operation });
      }
    }
    await tx.db.deleteFrom("identity_group_roles").where("provider_id", "=", provider).execute();
    if (body.items.length > 0) {
      await tx.db
        .insertInto("identity_group_roles")
        .values(
          body.items.map((item) => ({
            provider_id: provider,
            group_name: item.group,
            fleet_id: item.fleetId,
            role: item.role,
          })),
        )
        .execute();
    }
    await tx.db
      .updateTable("identity_providers")
      .set((set) => ({ version: set("version", "+", 1) }))
      .where("id", "=", provider)
      .execute();
    tx.audit({
      action: "identity_provider.put_group_roles",
      target: { kind: "identity_provider", id: provider },
      body: { items: body.items },
    });
    return { status: 200, body, version: row.version + 1 };
  },
});
