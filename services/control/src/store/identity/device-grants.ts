// Logins of terminals without a browser, while they wait.
import { createHash } from "node:crypto";
import { hashOpaqueToken, mintOpaqueToken } from "@cmdop/authority";
import { type Clock, Failure, newId, type Random } from "@cmdop/base";
import {
  type DevicePoll,
  pollDeviceGrant,
  pollIntervalS,
  userCodeAlphabet,
  userCodeChars,
} from "../../core/identity/device-grant.ts";
import { deviceGrantMs } from "../../core/identity/lifetimes.ts";
import type { ControlDatabase } from "../schema.ts";
import { takeTurns } from "../turns.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

/** At once in the whole installation; more are refused until some have run out. */
const waitingMax = 1_000;

export const addDeviceGrant = async (
  tx: WriteTransaction,
  random: Random,
  asked: { readonly client: Readonly<Record<string, string>>; readonly from: string | undefined },
): Promise<{ readonly id: string; readonly deviceCode: string; readonly userCode: string }> => {
  await tx.db.deleteFrom("device_grants").where("expires_at", "<", tx.now).execute();
  await takeTurns(tx.db, ["device grants"]);
  const { waiting } = await tx.db
    .selectFrom("device_grants")
    .select((row) => row.fn.countAll().as("waiting"))
    .where("state", "in", ["waiting", "claimed"])
    .executeTakeFirstOrThrow();
  if (Number(waiting) >= waitingMax) {
    throw new Failure("rate_limited", "Too many logins wait to be approved.", { retryAfterMs: 60_000 });
  }
  const device = mintOpaqueToken("dvc", random);
  const userCode = newUserCode(random);
  const id = newId("dvg", random);
  await tx.db
    .insertInto("device_grants")
    .values({
      id,
      device_hash: device.hash,
      user_code_hash: userCodeHash(userCode),
      client: JSON.stringify(asked.client),
      requested_from: asked.from ?? null,
      state: "waiting",
      account_id: null,
      poll_interval_s: pollIntervalS,
      created_at: tx.now,
      expires_at: new Date(tx.nowMs + deviceGrantMs),
    })
    .execute();
  return { id, deviceCode: device.token, userCode };
};

const newUserCode = (random: Random): string => {
  let code = "";
  while (code.length < userCodeChars) {
    for (const byte of random.bytes(userCodeChars * 2)) {
      // 240 is a multiple of 20: above it, the draw would be biased.
      if (byte < 240 && code.length < userCodeChars) code += userCodeAlphabet.charAt(byte % 20);
    }
  }
  return code;
};

export const userCodeHash = (code: string): Buffer =>
  createHash("sha256").update(`user code\0${code}`).digest();

/** Answers a terminal that asks whether it is approved. Bookkeeping, not a change: what it leads to is audited. */
export interface DevicePolls {
  poll(deviceCode: string): Promise<DevicePoll>;
}

export const createDevicePolls = (options: {
  readonly database: ControlDatabase;
  readonly clock: Pick<Clock, "wallMs">;
}): DevicePolls => ({
  poll: (deviceCode) =>
    options.database.transaction(async (db) => {
      const nowMs = options.clock.wallMs();
      const row = await db
        .selectFrom("device_grants")
        .selectAll()
        .where("device_hash", "=", hashOpaqueToken(deviceCode))
        .forUpdate()
        .executeTakeFirst();
      const poll = pollDeviceGrant(
        row && {
          state: row.state,
          intervalS: row.poll_interval_s,
          polledAtMs: row.polled_at?.getTime(),
          expiresAtMs: row.expires_at.getTime(),
        },
        nowMs,
      );
      if (row && (poll.kind === "authorization_pending" || poll.kind === "slow_down")) {
        await db
          .updateTable("device_grants")
          .set({
            polled_at: new Date(nowMs),
            ...(poll.kind === "slow_down" ? { poll_interval_s: poll.intervalS } : {}),
          })
          .where("id", "=", row.id)
          .execute();
      }
      return poll;
    }),
});
