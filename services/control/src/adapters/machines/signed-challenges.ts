// Challenges that need no row until they are answered: a time, randomness, and a MAC over both.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Random } from "@cmdop/base";
import type { Challenges } from "../../ports.ts";

const randomBytes = 16;
const timeBytes = 6;
const macBytes = 16;

export const createSignedChallenges = (options: {
  readonly key: Uint8Array;
  readonly random: Random;
  readonly validMs: number;
}): Challenges => {
  const { key, random, validMs } = options;
  const macOf = (text: Uint8Array): Buffer =>
    createHmac("sha256", key).update("machine challenge\0").update(text).digest().subarray(0, macBytes);
  return {
    issue: (nowMs) => {
      const time = Buffer.alloc(timeBytes);
      time.writeUIntBE(nowMs + validMs, 0, timeBytes);
      const text = Buffer.concat([time, random.bytes(randomBytes)]);
      return {
        nonce: Buffer.concat([text, macOf(text)]).toString("base64url"),
        expiresAt: new Date(nowMs + validMs),
      };
    },
    check: (nonce, nowMs) => {
      const bytes = Buffer.from(nonce, "base64url");
      const text = bytes.subarray(0, timeBytes + randomBytes);
      const mac = bytes.subarray(timeBytes + randomBytes);
      // The one text of these bytes: a nonce is spent by its text.
      if (mac.length !== macBytes || bytes.toString("base64url") !== nonce) return undefined;
      if (!timingSafeEqual(mac, macOf(text))) return undefined;
      const untilMs = text.readUIntBE(0, timeBytes);
      return untilMs > nowMs ? { expiresAt: new Date(untilMs) } : undefined;
    },
  };
};
