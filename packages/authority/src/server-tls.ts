import { lstat, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Clock, Failure, systemClock } from "@cmdop/base";
import {
  type CertifiedKey,
  createCertificateAuthority,
  createServerCertificate,
  isServing,
} from "./certificates.ts";
import { certificatePin } from "./fingerprint.ts";
import { makePrivateDirectory } from "./private-directory.ts";
import { writeSecretFile } from "./secret-file.ts";

export const isThere = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
};

export const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Failure("not_configured", `${path} cannot be read: make it with cmdop relay init.`, { cause });
  }
};

export interface ServerTls extends CertifiedKey {
  readonly authorityPem: string;
  /** `sha256:` and what clients pin: the authority's key. */
  readonly pin: string;
  /** File names that this call made or made anew. */
  readonly made: readonly string[];
}

/**
 * A server's CA and certificate in `dir`: made when missing, the certificate also when its time runs out or a name is
 * missing from it. The CA is never replaced: clients pin it.
 */
export const openServerTls = async (
  dir: string,
  options: {
    /** Of the files: `relay.crt` and `relay.key`. */
    readonly name: string;
    /** Beside localhost and this machine's own. */
    readonly names?: readonly string[];
    readonly clock?: Pick<Clock, "wallMs">;
  },
): Promise<ServerTls> => {
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
  const authorityPem = await readText(file("ca.crt"));
  const wanted = [...new Set(["localhost", "127.0.0.1", "::1", hostname().toLowerCase(), ...names])];
  const certificate = file(`${name}.crt`);
  const key = file(`${name}.key`);
  const isServed = (await isThere(certificate)) && (await isThere(key));
  if (!isServed || !isServing(await readText(certificate), authorityPem, wanted, clock.wallMs())) {
    const authority: CertifiedKey = { certificatePem: authorityPem, keyPem: await readText(file("ca.key")) };
    const certified = await createServerCertificate(authority, wanted, clock.wallMs());
    await writeSecretFile(key, certified.keyPem);
    await writeSecretFile(certificate, certified.certificatePem);
    made.push(`${name}.crt`, `${name}.key`);
  }
  return {
    certificatePem: await readText(certificate),
    keyPem: await readText(key),
    authorityPem,
    pin: certificatePin(authorityPem),
    made,
  };
};
