// Opens sessions at the relay as the one who asked would, and signs the tickets for them.
import { createHash } from "node:crypto";
import { type MintContext, mintOperatorToken, mintSessionToken } from "@cmdop/authority";
import { type Clock, Failure, type Random } from "@cmdop/base";
import { createClient } from "@cmdop/sdk";
import type { SessionDesk } from "../../ports.ts";

export interface SessionDeskOptions {
  /** `host:port`. */
  readonly relays: readonly string[];
  /** Of the relays' certificate authority; undefined: the system's authorities. */
  readonly relayCaPin: string | undefined;
  readonly mint: MintContext;
  readonly clock: Clock;
  readonly random: Random;
}

/** Of the token that opens one session. */
const openingMs = 60_000;
const answerMs = 20_000;

export const createSessionDesk = (options: SessionDeskOptions): SessionDesk => {
  const { relays, relayCaPin, mint, clock, random } = options;
  return {
    relays,
    relayCaPin,
    open: async (party, { machines, machine, idempotencyKey, ...wish }) => {
      if (relays.length === 0) {
        throw new Failure("not_configured", "The control plane knows no relay: CMDOP_CONTROL_RELAYS.");
      }
      const { token } = await mintOperatorToken(mint, {
        operator: party.name,
        role: "operator",
        actor: party.actor,
        machines,
        fleet: party.fleetId,
        fence: party.fence,
        validMs: openingMs,
      });
      const client = createClient({
        relay: relays,
        token,
        clock,
        random,
        ...(relayCaPin === undefined ? {} : { ca: { pin: relayCaPin } }),
      });
      try {
        const given = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
        const { session } = await client.open({
          ...given,
          ...(machine === undefined ? {} : { machine }),
          // The relay tells keys apart by the operator's name, which two accounts may share.
          idempotencyKey: createHash("sha256")
            .update(JSON.stringify([party.fence.subjects, idempotencyKey]))
            .digest("base64url"),
          signal: AbortSignal.timeout(answerMs),
        });
        return { sessionId: session.id, machineId: session.machineId, name: session.name };
      } finally {
        await client.dispose();
      }
    },
    ticket: async (party, { sessionId, role, validMs }) => {
      const minted = await mintSessionToken(mint, {
        operator: party.name,
        role,
        actor: party.actor,
        sessionId,
        fleet: party.fleetId,
        accountId: party.accountId,
        fence: party.fence,
        validMs,
      });
      return { token: minted.token, expiresAtMs: minted.expiresAtMs };
    },
  };
};
