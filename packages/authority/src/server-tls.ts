import { lstat, readFile, rename } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Clock, Failure, systemClock } from "@cmdop/base";
import {
  type CertifiedKey,
  createCertificateAuthority,
  createServerCertificate,
  isPair,
  isServing,
  namesOf,
  renewCertificateAuthority,
} from "./certificates.ts";
import { certificatePin } from "./fingerprint.ts";
import { makePrivateDirectory } from "./private-directory.ts";
import { hasCode, writeSecretFile } from "./secret-file.ts";

export const isThere = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
};

const unreadable = (path: string, cause?: unknown): Failure =>
  new Failure("not_configured", `${path} cannot be read: make it with cmdop relay init.`, { cause });

export const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw unreadable(path, cause);
  }
};

/** Names of a certificate; of those that came to it the last are left out. */
const namesMax = 100;

/** One that goes between a look and its reading is not there. */
const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined;
    throw unreadable(path, cause);
  }
};

interface FoundPair {
  readonly pair: CertifiedKey;
  /** The key is still where the next one is made. */
  readonly isUnfinished: boolean;
}

/**
 * A renewal puts the new key beside the old (`.key.next`), then the new certificate over the old, then the key: cut off
 * anywhere, the certificate has its key in one of the two. In this order of reading that holds while another process renews,
 * at the second look.
 */
const findPair = async (dir: string, name: string): Promise<FoundPair | undefined> => {
  const file = (suffix: string): string => join(dir, `${name}.${suffix}`);
  for (let look = 1; look <= 2; look += 1) {
    const nextKeyPem = await readIfThere(file("key.next"));
    const keyPem = await readIfThere(file("key"));
    const certificatePem = await readIfThere(file("crt"));
    if (certificatePem === undefined) continue;
    const isOf = (pem: string | undefined): pem is string =>
      pem !== undefined && isPair({ certificatePem, keyPem: pem });
    if (isOf(keyPem)) return { pair: { certificatePem, keyPem }, isUnfinished: false };
    if (isOf(nextKeyPem)) return { pair: { certificatePem, keyPem: nextKeyPem }, isUnfinished: true };
  }
  return undefined;
};

/** Fails with `not_configured` when one is missing, or they do not belong together. */
export const readServerPair = async (dir: string, name: string): Promise<CertifiedKey> => {
  const found = await findPair(dir, name);
  if (found) return found.pair;
  const [certificate, key] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  for (const path of [certificate, key]) await readText(path);
  throw new Failure(
    "not_configured",
    `${key} is not the key of ${certificate}: make both anew with cmdop relay init. Who pins the authority sees no change.`,
  );
};

export interface ServerTls extends CertifiedKey {
  readonly authorityPem: string;
  /** `sha256:` and what clients pin: the authority's key. */
  readonly pin: string;
  /** File names that this call made or made anew. */
  readonly made: readonly string[];
}

export interface ServerTlsOptions {
  /** Of the files: `relay.crt` and `relay.key`. */
  readonly name: string;
  /** Beside localhost and this machine's own. */
  readonly names?: readonly string[];
  readonly clock?: Pick<Clock, "wallMs">;
}

/**
 * A server's CA and certificate in `dir`: made when missing, the certificate also when its time runs out, a name is
 * missing from it or its key is another's. It keeps the names that it had. The CA's key is never replaced: clients pin it.
 */
export const openServerTls = async (dir: string, options: ServerTlsOptions): Promise<ServerTls> => {
  const { name, names = [], clock = systemClock } = options;
  const file = (suffix: string): string => join(dir, suffix);
  const made: string[] = [];
  await makePrivateDirectory(dir);
  if (!(await isThere(file("ca.crt")))) {
    const authority = await createCertificateAuthority(clock.wallMs());
    // The key first: a certificate without its key would look complete.
    await writeSecretFile(file("ca.key"), authority.keyPem);
    await writeSecretFile(file("ca.crt"), authority.certificatePem);
    made.push("ca.crt", "ca.key");
  }
  let authorityPem = await readText(file("ca.crt"));
  const wanted = [...new Set(["localhost", "127.0.0.1", "::1", hostname().toLowerCase(), ...names])];
  const found = await findPair(dir, name);
  if (found?.isUnfinished) await rename(file(`${name}.key.next`), file(`${name}.key`));
  let pair = found?.pair;
  if (!pair || !isServing(pair.certificatePem, authorityPem, wanted, clock.wallMs())) {
    const authority = await renewCertificateAuthority(
      { certificatePem: authorityPem, keyPem: await readText(file("ca.key")) },
      clock.wallMs(),
    );
    if (authority.certificatePem !== authorityPem) {
      authorityPem = authority.certificatePem;
      await writeSecretFile(file("ca.crt"), authorityPem);
      made.push("ca.crt");
    }
    const had = namesOf((await readIfThere(file(`${name}.crt`))) ?? "", authorityPem);
    const all = [...new Set([...wanted, ...had])].slice(0, namesMax);
    pair = await createServerCertificate(authority, all, clock.wallMs());
    await writeSecretFile(file(`${name}.key.next`), pair.keyPem);
    await writeSecretFile(file(`${name}.crt`), pair.certificatePem);
    await rename(file(`${name}.key.next`), file(`${name}.key`));
    made.push(`${name}.crt`, `${name}.key`);
  }
  const { certificatePem, keyPem } = pair;
  return { certificatePem, keyPem, authorityPem, pin: certificatePin(authorityPem), made };
};

/**
 * The same for a server that runs, under the authority that it was started with. A directory that was emptied or is not
 * mounted fails with `not_configured`: under a new authority nobody would trust the server.
 */
export const renewServerTls = async (
  dir: string,
  options: ServerTlsOptions & { readonly pin: string },
): Promise<ServerTls> => {
  const file = join(dir, "ca.crt");
  const authorityPem = await readIfThere(file);
  if (authorityPem === undefined || certificatePin(authorityPem) !== options.pin) {
    throw new Failure("not_configured", `${file} is not the authority that is served: put it back.`);
  }
  return openServerTls(dir, options);
};
