import { createHash, timingSafeEqual } from "node:crypto";
import type { Random } from "@cmdop/base";
import type { HomeSecrets } from "./ports.ts";

const secretBytes = 32;

const digestOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();

/** Per-session tokens of homes. The core keeps their digests, so that no dump of its state opens a home. */
export const createHomeSecrets = (random: Random): HomeSecrets => ({
  mint: () => {
    const secret = Buffer.from(random.bytes(secretBytes)).toString("base64url");
    return { secret, digest: digestOf(secret).toString("base64url") };
  },
  matches: (secret, digest) => {
    const expected = Buffer.from(digest, "base64url");
    const actual = digestOf(secret);
    return expected.length === actual.length && timingSafeEqual(actual, expected);
  },
});
