import { createPublicKey } from "node:crypto";
import { join } from "node:path";
import { type Clock, Failure, systemClock } from "@cmdop/base";
import type { CertifiedKey } from "./certificates.ts";
import { certificatePin, machineFingerprint, rawPublicKey } from "./fingerprint.ts";
import { parseKeySet } from "./key-set.ts";
import { makePrivateDirectory } from "./private-directory.ts";
import { loadPrivateKey, openPrivateKey } from "./private-key.ts";
import { writeSecretFile } from "./secret-file.ts";
import { isThere, openServerTls, readServerPair, readText } from "./server-tls.ts";
import { type TokenSigner, toPublicJwk } from "./tokens.ts";

// What a relay keeps on disk: its CA and certificate, the key that signs tokens, the set of keys whose tokens it
// takes, and what was revoked. All of it is made by `initRelayHome`; a running relay reads it, takes up what changes,
// and writes nothing.

export interface RelayPaths {
  readonly authorityCertificate: string;
  readonly authorityKey: string;
  readonly certificate: string;
  readonly certificateKey: string;
  readonly keySet: string;
  readonly signingKey: string;
  readonly revocations: string;
}

export const relayPaths = (dir: string): RelayPaths => ({
  authorityCertificate: join(dir, "tls", "ca.crt"),
  authorityKey: join(dir, "tls", "ca.key"),
  certificate: join(dir, "tls", "relay.crt"),
  certificateKey: join(dir, "tls", "relay.key"),
  keySet: join(dir, "keyset.json"),
  signingKey: join(dir, "signing.key"),
  revocations: join(dir, "revoked.ndjson"),
});

export interface RelayHome {
  readonly paths: RelayPaths;
  /** `sha256:` and what clients pin. */
  readonly pin: string;
  readonly signer: TokenSigner;
  /** What this call made or made anew, by file name. Empty when all was there. */
  readonly made: readonly string[];
}

/** A key's name in the key set is its fingerprint: the same key never has two names. */
export const openRelaySigner = async (dir: string): Promise<TokenSigner> => {
  const privateKey = await loadPrivateKey(relayPaths(dir).signingKey);
  return { privateKey, keyId: machineFingerprint(rawPublicKey(createPublicKey(privateKey))) };
};

/**
 * Makes what is missing and keeps what is there. The server certificate is made anew when its time runs out or a
 * name is missing from it, and keeps the names that it had; CA, signing key, key set and revocations are never replaced.
 */
export const initRelayHome = async (
  dir: string,
  names: readonly string[] = [],
  clock: Pick<Clock, "wallMs"> = systemClock,
): Promise<RelayHome> => {
  const paths = relayPaths(dir);
  const made: string[] = [];
  await makePrivateDirectory(dir);

  const tls = await openServerTls(join(dir, "tls"), { name: "relay", names, clock });
  made.push(...tls.made.map((file) => `tls/${file}`));

  if ((await openPrivateKey(paths.signingKey)).isNew) made.push("signing.key");
  const signer = await openRelaySigner(dir);
  if (!(await isThere(paths.keySet))) {
    await writeSecretFile(
      paths.keySet,
      `${JSON.stringify({ keys: [toPublicJwk(signer)] }, undefined, 2)}\n`,
      {
        onlyIfAbsent: true,
      },
    );
    made.push("keyset.json");
  } else if (!hasKey(await readText(paths.keySet), paths.keySet, signer.keyId)) {
    throw new Failure(
      "not_configured",
      `${paths.keySet} does not hold the key ${signer.keyId} of ${paths.signingKey}: add it, or restore the key.`,
    );
  }
  if (!(await isThere(paths.revocations))) {
    await writeSecretFile(paths.revocations, "", { onlyIfAbsent: true });
    made.push("revoked.ndjson");
  }
  return { paths, pin: tls.pin, signer, made };
};

const hasKey = (text: string, path: string, keyId: string): boolean => {
  try {
    return parseKeySet(text).has(keyId);
  } catch (cause) {
    throw new Failure("not_configured", `${path} is no valid key set (JWKS with Ed25519 keys).`, { cause });
  }
};

/** The certificate and key for the relay's port; fails with `not_configured` naming `cmdop relay init`. */
export const readRelayTls = (dir: string): Promise<CertifiedKey> => readServerPair(join(dir, "tls"), "relay");

/** The pin of the relay that has its home here. */
export const readRelayPin = async (dir: string): Promise<string> =>
  certificatePin(await readText(relayPaths(dir).authorityCertificate));
