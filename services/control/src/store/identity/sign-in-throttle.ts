// Counts wrong proofs in the database, so that all processes of a control plane count together and a restart forgets
// nothing. It is bookkeeping, not a change: it is not audited, the refusal is.
import { createHash } from "node:crypto";
import { networkOf } from "@cmdop/authority";
import { type Clock, Failure } from "@cmdop/base";
import { enterThrottle, type ThrottleKind, throttleForgetMs } from "../../core/identity/throttle.ts";
import type { ControlDatabase, Writer } from "../schema.ts";

/** Who tries, and for which account: an id, or the address that was typed. */
export interface Attempt {
  readonly account: string;
  readonly ip: string | undefined;
}

export interface SignInThrottle {
  /** Counts a try. `rate_limited` when it is one too many; then it is not counted. */
  enter(attempt: Attempt): Promise<void>;
}

export const createSignInThrottle = (options: {
  readonly database: ControlDatabase;
  readonly clock: Pick<Clock, "wallMs">;
}): SignInThrottle => ({
  enter: async (attempt) => {
    const nowMs = options.clock.wallMs();
    const retryAfterMs = await options.database.transaction(async (db) => {
      await db
        .deleteFrom("sign_in_throttles")
        .where("last_at", "<", new Date(nowMs - throttleForgetMs))
        .execute();
      const entered: { key: string; state: { tries: number; blockedUntilMs: number | undefined } }[] = [];
      // In one order, so that two attempts never wait for each other.
      for (const [kind, key] of keysOf(attempt)) {
        // Made or locked in one statement: between two, a success elsewhere removes the row.
        const row = await db
          .insertInto("sign_in_throttles")
          .values({ key, failures: 0, last_at: new Date(nowMs) })
          .onConflict((conflict) =>
            conflict.column("key").doUpdateSet((row) => ({ key: row.ref("excluded.key") })),
          )
          .returningAll()
          .executeTakeFirstOrThrow();
        const known = {
          tries: row.failures,
          lastAtMs: row.last_at.getTime(),
          blockedUntilMs: row.blocked_until?.getTime(),
        };
        const step = enterThrottle(known, kind, nowMs);
        if (step.kind === "refused") return step.retryAfterMs;
        entered.push({ key, state: step.state });
      }
      for (const { key, state } of entered) {
        await db
          .updateTable("sign_in_throttles")
          .set({
            failures: state.tries,
            last_at: new Date(nowMs),
            blocked_until: state.blockedUntilMs === undefined ? null : new Date(state.blockedUntilMs),
          })
          .where("key", "=", key)
          .execute();
      }
      return undefined;
    });
    if (retryAfterMs !== undefined) {
      throw new Failure("rate_limited", "Too many tries: wait a little.", { retryAfterMs });
    }
  },
});

/**
 * The proof was right: the account's count begins anew, and the address gets back the one try that it took. (It gets
 * no more: whoever has an account of their own must not wash an address clean with it.)
 */
export const forgetTries = async (db: Writer, attempt: Attempt): Promise<void> => {
  for (const [kind, key] of keysOf(attempt)) {
    if (kind === "address") {
      await db
        .updateTable("sign_in_throttles")
        .set((set) => ({ failures: set("failures", "-", 1), blocked_until: null }))
        .where("key", "=", key)
        .where("failures", ">", 0)
        .execute();
    } else {
      await db.deleteFrom("sign_in_throttles").where("key", "=", key).execute();
    }
  }
};

/** Hashed: what people type into the field for their address may be their password. */
const keysOf = ({ account, ip }: Attempt): readonly (readonly [ThrottleKind, string])[] => {
  const digest = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 22);
  const network = networkOf(ip ?? "");
  return [
    ["account", `account:${digest(account)}`],
    ["address", `address:${network}`],
    ["pair", `pair:${digest(account)}:${network}`],
  ];
};
