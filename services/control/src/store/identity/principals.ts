// From a credential to who asks and what they may.
import { hashOpaqueToken, parseOpaqueToken } from "@cmdop/authority";
import type { FailureCode } from "@cmdop/base";
import { type Selectable, sql } from "kysely";
import type { Credential, CredentialKind, MachineAccess, Principal } from "../../core/access/principal.ts";
import { isRight } from "../../core/access/rights.ts";
import { type InstallationRole, installationRoleRights, installationRoles } from "../../core/access/roles.ts";
import { isSecondFactorProven } from "../../core/identity/proofs.ts";
import {
  accessBy,
  membershipsBy,
  membershipsOf,
  membershipsOfService,
  toMemberships,
} from "../membership/memberships.ts";
import type { Reader } from "../schema.ts";
import type { CredentialTable } from "../tables/access-tables.ts";

export type FoundPrincipal =
  | {
      readonly kind: "principal";
      readonly principal: Principal;
      readonly lastUsedAtMs: number | undefined;
      readonly expiresAtMs: number | undefined;
      readonly revSeq: number;
    }
  /** `revSeq` is undefined where no credential was found. */
  | { readonly kind: "refused"; readonly code: FailureCode; readonly revSeq?: number };

const credentialKinds: readonly CredentialKind[] = ["ses", "cli", "api", "svc"];
const actors = ["human", "ai", "program"] as const;
const refused = (code: FailureCode): FoundPrincipal => ({ kind: "refused", code });

/** Who holds this token. The token is looked up by its id and compared by its hash; it is not kept anywhere. */
export const findPrincipal = async (db: Reader, token: string, nowMs: number): Promise<FoundPrincipal> => {
  const parsed = parseOpaqueToken(token);
  const kind = credentialKinds.find((candidate) => candidate === parsed?.kind);
  if (!parsed || !kind) return refused("unauthenticated");
  return readPrincipal(db, { id: parsed.id, kind, hash: Buffer.from(hashOpaqueToken(token)) }, nowMs);
};

/** Somebody whose token was checked before, as they are now: for what stays open. */
export const principalAgain = (
  db: Reader,
  { credential }: Principal,
  nowMs: number,
): Promise<FoundPrincipal> => readPrincipal(db, credential, nowMs);

type PrincipalRow = Pick<
  Selectable<CredentialTable>,
  | ("id" | "kind" | "fingerprint" | "account_id" | "service_account_id" | "scopes" | "fleets" | "client")
  | ("created_at" | "signed_in_at" | "proofs" | "expires_at" | "idle_ms" | "last_used_at" | "revoked_at")
> & {
  readonly account_name: string | null;
  readonly installation_role: string | null;
  readonly account_disabled_at: Date | null;
  readonly service_name: string | null;
  readonly service_role: string | null;
  readonly service_fleet_id: string | null;
  readonly service_disabled_at: Date | null;
  readonly service_fleet_slug: string | null;
  readonly service_fleet_ended_at: Date | null;
  readonly service_fleet_outage: string | null;
  readonly service_access: Readonly<Record<string, MachineAccess>> | null;
  readonly memberships: Parameters<typeof toMemberships>[0];
  readonly revocation_seq: number;
};

const readPrincipal = async (
  db: Reader,
  asked: { readonly id: string; readonly kind: CredentialKind; readonly hash?: Buffer },
  nowMs: number,
): Promise<FoundPrincipal> => {
  const { id, kind, hash } = asked;
  // Written out, because every request asks it: to build and compile it took as long as the engine takes to answer.
  const { rows } = await sql<PrincipalRow>`
    select c.id, c.kind, c.fingerprint, c.account_id, c.service_account_id, c.scopes, c.fleets, c.client, c.created_at,
      c.signed_in_at, c.proofs, c.expires_at, c.idle_ms, c.last_used_at, c.revoked_at,
      accounts.name as account_name, accounts.installation_role, accounts.disabled_at as account_disabled_at,
      service_accounts.name as service_name, service_accounts.role as service_role,
      service_accounts.fleet_id as service_fleet_id, service_accounts.disabled_at as service_disabled_at,
      fleets.slug as service_fleet_slug, fleets.disabled_at as service_fleet_ended_at,
      fleets.outage_policy as service_fleet_outage,
      ${accessBy("service_account_id", "service_accounts.id")} as service_access,
      ${membershipsBy(sql.ref("c.account_id"), { isEnded: false })} as memberships,
      -- Of the same moment as the credential: what an edge is answered has seen the revocations up to here.
      (select revocation_seq from audit_head) as revocation_seq
    from credentials c
    left join accounts on accounts.id = c.account_id
    left join service_accounts on service_accounts.id = c.service_account_id
    left join fleets on fleets.id = service_accounts.fleet_id
    where c.id = ${id} and ${hash ? sql`c.hash = ${hash}` : sql`true`}`.execute(db);
  const row = rows[0];
  if (!row || row.kind !== kind) return refused("unauthenticated");
  const revSeq = row.revocation_seq;
  if (row.revoked_at || row.account_disabled_at || row.service_disabled_at)
    return { kind: "refused", code: "token_revoked", revSeq };
  const isExpired = row.expires_at !== null && row.expires_at.getTime() <= nowMs;
  const idleFrom = (row.last_used_at ?? row.created_at).getTime();
  if (isExpired || (row.idle_ms !== null && idleFrom + Number(row.idle_ms) <= nowMs))
    return { kind: "refused", code: "token_expired", revSeq };

  const credential: Credential = {
    id: row.id,
    kind,
    fingerprint: row.fingerprint,
    scopes: row.scopes === null ? "*" : row.scopes.filter(isRight),
    fleets: row.fleets ?? "*",
    signedInAtMs: row.signed_in_at?.getTime(),
    hasSecondFactor: kind === "api" || kind === "svc" || isSecondFactorProven(row.proofs),
  };
  const lastUsedAtMs = row.last_used_at?.getTime();
  const expiresAtMs = row.expires_at?.getTime();
  const actor = actors.find((name) => name === row.client.actor);
  if (row.account_id !== null) {
    const role = installationRoles.find((name): name is InstallationRole => name === row.installation_role);
    return {
      kind: "principal",
      lastUsedAtMs,
      expiresAtMs,
      revSeq,
      principal: {
        kind: "account",
        id: row.account_id,
        name: row.account_name ?? row.account_id,
        actor,
        credential,
        revSeq,
        installationRights: new Set(role ? installationRoleRights[role] : []),
        memberships: toMemberships(row.memberships),
      },
    };
  }
  if (row.service_account_id === null || row.service_fleet_id === null) return refused("unauthenticated");
  return {
    kind: "principal",
    lastUsedAtMs,
    expiresAtMs,
    revSeq,
    principal: {
      kind: "service",
      id: row.service_account_id,
      name: row.service_name ?? row.service_account_id,
      actor,
      credential,
      revSeq,
      installationRights: new Set(),
      memberships: await membershipsOfService(db, {
        id: row.service_account_id,
        fleetId: row.service_fleet_id,
        role: row.service_role ?? "",
        fleetSlug: row.service_fleet_slug ?? "",
        fleetEndedAt: row.service_fleet_ended_at,
        outagePolicy: row.service_fleet_outage,
        access: row.service_access,
      }),
    },
  };
};

/**
 * Who somebody is when they are not here: for work that goes on in their name. What they may is what they may now;
 * the second factor was asked for when they ordered the work. Undefined: there is no such bearer any more.
 */
export const absentPrincipal = async (
  db: Reader,
  bearer: { readonly kind: "account" | "service"; readonly id: string },
): Promise<Principal | undefined> => {
  const credential: Credential = {
    id: bearer.id,
    kind: "svc",
    fingerprint: "",
    scopes: "*",
    fleets: "*",
    signedInAtMs: undefined,
    hasSecondFactor: true,
  };
  // First: what is revoked after the look below has a higher number.
  const head = await db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow();
  const common = {
    id: bearer.id,
    actor: "program" as const,
    credential,
    revSeq: Number(head.revocation_seq),
    installationRights: new Set<never>(),
  };
  if (bearer.kind === "account") {
    const account = await db
      .selectFrom("accounts")
      .select("name")
      .where("id", "=", bearer.id)
      .where("disabled_at", "is", null)
      .executeTakeFirst();
    return (
      account && {
        ...common,
        kind: "account",
        name: account.name,
        memberships: await membershipsOf(db, bearer.id),
      }
    );
  }
  const service = await db
    .selectFrom("service_accounts")
    .innerJoin("fleets", "fleets.id", "service_accounts.fleet_id")
    .select([
      "service_accounts.id",
      "service_accounts.name",
      "service_accounts.role",
      "service_accounts.fleet_id as fleetId",
      "fleets.slug as fleetSlug",
      "fleets.disabled_at as fleetEndedAt",
      "fleets.outage_policy as outagePolicy",
      accessBy("service_account_id", "service_accounts.id").as("access"),
    ])
    .where("service_accounts.id", "=", bearer.id)
    .where("service_accounts.disabled_at", "is", null)
    .executeTakeFirst();
  return (
    service && {
      ...common,
      kind: "service",
      name: service.name,
      memberships: await membershipsOfService(db, service),
    }
  );
};
