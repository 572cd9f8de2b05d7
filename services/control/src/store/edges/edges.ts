// Relays and routers: their credentials, as the internal API checks them.
import { hashOpaqueToken, parseOpaqueToken } from "@cmdop/authority";
import type { Reader } from "../schema.ts";

export interface Edge {
  readonly credentialId: string;
  readonly name: string;
  readonly kind: "relay" | "router";
  readonly isFirstUse: boolean;
}

/** Undefined for whatever is not the living credential of an edge. */
export const findEdge = async (db: Reader, token: string, nowMs: number): Promise<Edge | undefined> => {
  const parsed = parseOpaqueToken(token);
  if (parsed?.kind !== "edg") return undefined;
  const row = await db
    .selectFrom("credentials")
    .select(["id", "name", "client", "expires_at", "last_used_at"])
    .where("id", "=", parsed.id)
    .where("kind", "=", "edg")
    .where("hash", "=", hashOpaqueToken(token))
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (!row || (row.expires_at && row.expires_at.getTime() <= nowMs)) return undefined;
  return {
    credentialId: row.id,
    name: row.name,
    kind: row.client.kind === "router" ? "router" : "relay",
    isFirstUse: row.last_used_at === null,
  };
};
