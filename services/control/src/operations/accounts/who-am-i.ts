import { z } from "zod";
import { readOperation, requirePrincipal } from "../../operation.ts";

const whoAmISchema = z
  .object({
    kind: z.enum(["account", "service"]),
    id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    installationRole: z.string().nullable(),
    installationRights: z.array(z.string()),
    fleets: z.array(
      z.object({
        id: z.string(),
        slug: z.string(),
        role: z.string(),
        rights: z.array(z.string()),
        expiresAt: z.iso.datetime().nullable(),
        isSecondFactorNeeded: z.boolean(),
      }),
    ),
    credential: z.object({
      id: z.string(),
      kind: z.enum(["ses", "cli", "api", "svc"]),
      name: z.string(),
      fingerprint: z.string(),
      scopes: z.array(z.string()).nullable().describe("Null: all that its bearer may"),
      fleets: z.array(z.string()).nullable().describe("Null: all of its bearer's"),
      hasSecondFactor: z.boolean(),
      signedInAt: z.iso.datetime().nullable(),
      expiresAt: z.iso.datetime().nullable(),
      idleMs: z.number().nullable(),
    }),
    relays: z.array(z.string()).describe("Where sessions are reached, as host:port"),
    relayCaPin: z.string().nullable().describe("Of the relays' CA; null: the system's CAs are trusted"),
  })
  .meta({ id: "WhoAmI" });

const toTime = (atMs: number | undefined): string | null =>
  atMs === undefined ? null : new Date(atMs).toISOString();

export const whoAmI = readOperation({
  id: "whoAmI",
  method: "GET",
  path: "/v1/whoami",
  tag: "Your account",
  summary: "Who this credential stands for, and what it may",
  access: { kind: "signed_in" },
  answers: { 200: whoAmISchema },
  handle: async ({ db, ...call }) => {
    const principal = requirePrincipal(call);
    const { credential } = principal;
    const row = await db
      .selectFrom("credentials")
      .leftJoin("accounts", "accounts.id", "credentials.account_id")
      .select(["credentials.name", "credentials.expires_at", "credentials.idle_ms", "accounts.email"])
      .select("accounts.installation_role")
      .where("credentials.id", "=", credential.id)
      .executeTakeFirstOrThrow();
    const body: z.input<typeof whoAmISchema> = {
      kind: principal.kind,
      id: principal.id,
      name: principal.name,
      email: row.email,
      installationRole: row.installation_role,
      installationRights: [...principal.installationRights],
      fleets: [...principal.memberships.values()].map((membership) => ({
        id: membership.fleetId,
        slug: membership.fleetSlug,
        role: membership.role,
        rights: [...membership.rights],
        expiresAt: toTime(membership.expiresAtMs),
        isSecondFactorNeeded: membership.isSecondFactorNeeded,
      })),
      credential: {
        id: credential.id,
        kind: credential.kind,
        name: row.name,
        fingerprint: credential.fingerprint,
        scopes: credential.scopes === "*" ? null : [...credential.scopes],
        fleets: credential.fleets === "*" ? null : [...credential.fleets],
        hasSecondFactor: credential.hasSecondFactor,
        signedInAt: toTime(credential.signedInAtMs),
        expiresAt: row.expires_at?.toISOString() ?? null,
        idleMs: row.idle_ms === null ? null : Number(row.idle_ms),
      },
      relays: [...call.services.sessionDesk.relays],
      relayCaPin: call.services.sessionDesk.relayCaPin ?? null,
    };
    return { status: 200, body };
  },
});
