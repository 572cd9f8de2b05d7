// What a browser gets when somebody has proved who they are in it.
import type { Random } from "@cmdop/base";
import { setSessionCookie } from "../../core/identity/cookie.ts";
import { browserIdleMs, browserMaxMs } from "../../core/identity/lifetimes.ts";
import type { Proof } from "../../core/identity/proofs.ts";
import { addPersonalCredential } from "../keys/new-credentials.ts";
import type { Origin, WriteTransaction } from "../unit-of-work.ts";

export interface OpenedBrowserSession {
  readonly id: string;
  readonly fingerprint: string;
  readonly expiresAt: Date;
  /** Holds the secret. */
  readonly headers: { readonly "set-cookie": string };
}

export const openBrowserSession = async (
  tx: WriteTransaction,
  random: Random,
  options: { readonly accountId: string; readonly proofs: readonly Proof[]; readonly origin: Origin },
): Promise<OpenedBrowserSession> => {
  const { accountId, proofs, origin } = options;
  const expiresAt = new Date(tx.nowMs + browserMaxMs);
  const session = await addPersonalCredential(tx, random, {
    kind: "ses",
    accountId,
    name: "Browser",
    client: {
      ...(origin.client === undefined ? {} : { userAgent: origin.client }),
      ...(origin.ip === undefined ? {} : { ip: origin.ip }),
    },
    proofs,
    signedInAt: tx.now,
    idleMs: browserIdleMs,
    expiresAt,
  });
  await tx.db.updateTable("accounts").set({ last_sign_in_at: tx.now }).where("id", "=", accountId).execute();
  tx.audit({
    action: "account.sign_in",
    target: { kind: "account", id: accountId },
    body: { proofs: [...proofs], credential: session.id, fingerprint: session.fingerprint },
  });
  return {
    id: session.id,
    fingerprint: session.fingerprint,
    expiresAt,
    headers: { "set-cookie": setSessionCookie(session.secret, browserMaxMs) },
  };
};
