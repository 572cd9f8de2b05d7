import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { Failure } from "@cmdop/base";
import { writeSecretFile } from "./secret-file.ts";

/** A new Ed25519 private key. */
export const createPrivateKey25519 = (): KeyObject => generateKeyPairSync("ed25519").privateKey;

export const toPem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/**
 * The Ed25519 key in a PKCS8 PEM file. Refuses a file that others may read: whoever has read it may have copied
 * it, and saying nothing would hide that.
 */
export const loadPrivateKey = async (path: string): Promise<KeyObject> => {
  let pem: string;
  try {
    const stat = await lstat(path);
    if ((stat.mode & 0o077) !== 0) {
      throw new Failure("not_configured", `${path} may be read by others: chmod 600 it, or make a new key.`);
    }
    pem = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("not_configured", `The key ${path} cannot be read.`, { cause });
  }
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: "pem" });
  } catch (cause) {
    throw new Failure("not_configured", `${path} holds no private key in PKCS8 PEM.`, { cause });
  }
  if (key.asymmetricKeyType !== "ed25519") {
    throw new Failure("not_configured", `${path} holds a key that is not Ed25519.`);
  }
  return key;
};

/** Loads the key, or makes one (0600) when there is none yet. */
export const openPrivateKey = async (path: string): Promise<{ key: KeyObject; isNew: boolean }> => {
  try {
    await lstat(path);
  } catch {
    await writeSecretFile(path, toPem(createPrivateKey25519()), { onlyIfAbsent: true });
    return { key: await loadPrivateKey(path), isNew: true };
  }
  return { key: await loadPrivateKey(path), isNew: false };
};
