import { createPublicKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import { watchFile } from "./watched-file.ts";

// The public keys whose tokens are accepted: a JWKS file (RFC 7517) of Ed25519 keys, each with a `kid`. A file
// with a private key or a key of another kind is refused whole: it is not what somebody meant to write.

const keySchema = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  kid: z.string().min(1).max(128),
  d: z.never().optional(),
});
const keySetSchema = z.object({ keys: z.array(keySchema).min(1).max(64) });

export type PublicJwk = z.infer<typeof keySchema>;
export type KeySet = ReadonlyMap<string, KeyObject>;

export const parseKeySet = (text: string): KeySet => {
  const parsed = keySetSchema.parse(JSON.parse(text));
  const keys = new Map<string, KeyObject>();
  for (const { kid, kty, crv, x } of parsed.keys) {
    if (keys.has(kid)) throw new Error(`two keys have the kid ${kid}`);
    keys.set(kid, createPublicKey({ key: { kty, crv, x }, format: "jwk" }));
  }
  return keys;
};

export interface OpenedKeySet {
  /** The keys now. */
  current(): KeySet;
  close(): void;
}

export interface KeySetEvents {
  reloaded(keys: number): void;
  /** The file cannot be used; the keys read before stay. */
  invalid(cause: unknown): void;
}

/** Reads the key set and follows its changes. Fails when there is no valid one at the start. */
export const openKeySet = async (path: string, events: KeySetEvents): Promise<OpenedKeySet> => {
  let keys: KeySet;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new Failure("not_configured", `There is no key set at ${path}: make one with cmdop relay init.`, {
      cause,
    });
  }
  try {
    keys = parseKeySet(text);
  } catch (cause) {
    throw new Failure("not_configured", `${path} is no valid key set (JWKS with Ed25519 keys).`, { cause });
  }
  const stop = watchFile(path, async () => {
    try {
      const next = await readFile(path, "utf8");
      if (next === text) return;
      keys = parseKeySet(next);
      text = next;
      events.reloaded(keys.size);
    } catch (cause) {
      events.invalid(cause);
    }
  });
  return { current: () => keys, close: stop };
};
