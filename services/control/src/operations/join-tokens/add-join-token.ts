// Used by the two ways to ask for it: as a member of the fleet, and on the control plane's own machine.
import { mintOpaqueToken, toJoinString } from "@cmdop/authority";
import type { z } from "zod";
import { liveJoinTokensPerFleetMax } from "../../core/machines/limits.ts";
import type { Answer } from "../../operation.ts";
import type { Services } from "../../services.ts";
import { assertRoom } from "../../store/turns.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { type joinTokenBodySchema, type newJoinTokenSchema, toJoinToken } from "./join-token-view.ts";

export const addJoinToken = async (
  tx: WriteTransaction,
  services: Services,
  fleetId: string,
  wanted: z.output<typeof joinTokenBodySchema>,
): Promise<Answer<z.input<typeof newJoinTokenSchema>>> => {
  await assertRoom(tx.db, {
    turn: `join tokens of ${fleetId}`,
    rows: tx.db
      .selectFrom("join_tokens")
      .select((select) => select.fn.countAll<string>().as("count"))
      .where("fleet_id", "=", fleetId)
      .where("revoked_at", "is", null)
      .where("expires_at", ">", tx.now),
    max: liveJoinTokensPerFleetMax,
    full: `A fleet has ${liveJoinTokensPerFleetMax} join tokens at most.`,
  });
  const minted = mintOpaqueToken("jon", services.random);
  const { pins } = services.joining;
  const row = await tx.db
    .insertInto("join_tokens")
    .values({
      id: minted.id,
      fleet_id: fleetId,
      hash: minted.hash,
      fingerprint: minted.fingerprint,
      name: wanted.name,
      tags: [...new Set(wanted.tags)],
      ephemeral_after_ms: wanted.ephemeral ? wanted.ephemeralAfterMinutes * 60_000 : null,
      is_approval_needed: wanted.approval,
      pins: [...pins],
      max_uses: wanted.maxUses,
      created_at: tx.now,
      created_by: tx.actor.id,
      expires_at: new Date(tx.nowMs + wanted.expiresInS * 1_000),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  tx.audit({
    action: "join_token.create",
    fleet: fleetId,
    target: { kind: "join_token", id: row.id },
    body: {
      fingerprint: row.fingerprint,
      maxUses: row.max_uses,
      expiresAt: row.expires_at.toISOString(),
      tags: row.tags,
      approval: row.is_approval_needed,
    },
  });
  return {
    status: 201,
    body: {
      ...toJoinToken(row, tx.nowMs),
      secret: toJoinString({ pins, token: minted.token }),
      // Machines recognize this server by its key: also on loopback, where browsers come without TLS.
      controlUrl: services.addresses.publicUrl().replace(/^http:/, "https:"),
    },
    version: row.version,
  };
};
