// Seals secrets at rest: AES-256-GCM, with a random nonce of 96 bits for each (at most 2^32 under one key; NIST SP
// 800-38D 8.3). A sealed text is `sealed1.<key>.<nonce>.<ciphertext and tag>`, in base64url: it names its key, so that
// old ones are still opened after a rotation.
//
// I1  What was sealed for one context is not opened in another: a row's secret cannot be moved to another row.
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import type { Random } from "@cmdop/base";
import type { Sealer } from "../../ports.ts";

const version = "sealed1";
const nonceBytes = 12;
const tagBytes = 16;

/** Public: the first eight bytes of the key's hash. */
const idOf = (key: Uint8Array): string =>
  createHash("sha256").update("cmdop sealing key\0").update(key).digest().subarray(0, 8).toString("hex");

/** The first key seals; all of them open. */
export const createAesSealer = (
  keys: readonly [Uint8Array, ...(readonly Uint8Array[])],
  random: Pick<Random, "bytes">,
): Sealer => {
  const byId = new Map(keys.map((key) => [idOf(key), key]));
  const [current] = keys;
  const currentId = idOf(current);
  return {
    seal: (plaintext, context) => {
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", current, nonce);
      cipher.setAAD(boundTo(currentId, context));
      const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return [version, currentId, base64url(nonce), base64url(sealed)].join(".");
    },
    open: (sealed, context) => {
      const [given, id = "", nonce = "", body = ""] = sealed.split(".");
      const key = byId.get(id);
      const bytes = Buffer.from(body, "base64url");
      if (given !== version || !key || bytes.length < tagBytes) return undefined;
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64url"));
        decipher.setAAD(boundTo(id, context));
        decipher.setAuthTag(bytes.subarray(-tagBytes));
        return Buffer.concat([decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()]).toString();
      } catch {
        return undefined;
      }
    },
    isCurrent: (sealed) => sealed.startsWith(`${version}.${currentId}.`),
  };
};

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

const boundTo = (keyId: string, context: string): Buffer => Buffer.from(`${version}\0${keyId}\0${context}`);
