// What a control plane keeps on disk beside its database: its certificate and the keys that must not be in it.

import { type KeyObject, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  makePrivateDirectory,
  openPrivateKey,
  openServerTls,
  renewServerTls,
  type ServerTls,
  writeSecretFile,
} from "@cmdop/authority";
import { type Clock, Failure } from "@cmdop/base";
import { type ControlPaths, controlPaths, sealingKeysVariable } from "./control-paths.ts";

export interface ControlHome extends ControlPaths {
  readonly tls: ServerTls;
  /** The first key that signs tickets and machine tokens; those after it are in the database. */
  readonly firstSigningKey: KeyObject;
  /** Signs the audit log's checkpoints; another one on purpose. */
  readonly auditKey: KeyObject;
  /** Names the audit log in its checkpoints. Chosen at the first start: witnesses refuse a log of another name. */
  readonly auditOrigin: string;
  /** For the marks of pages, and the digests of requests that may be repeated. */
  readonly pageKey: Uint8Array;
  /** Seal providers' keys, webhooks' secrets and second factors at rest (AES-256). The first one seals, all open. */
  readonly sealingKeys: readonly [Uint8Array, ...(readonly Uint8Array[])];
}

const keyBytes = 32;
const tlsName = "control";
const tlsDirOf = (dir: string): string => path.join(dir, "tls");

/** Made anew when its time runs out, under the authority that is served. */
export const renewControlTls = (
  dir: string,
  options: {
    readonly names: readonly string[];
    readonly pin: string;
    readonly clock: Pick<Clock, "wallMs">;
  },
): Promise<ServerTls> => renewServerTls(tlsDirOf(dir), { name: tlsName, ...options });

/** Makes what is missing and keeps what is there. */
export const openControlHome = async (
  dir: string,
  {
    names,
    auditName,
    sealingKeys,
  }: {
    readonly names: readonly string[];
    readonly auditName: string;
    /** In place of the file. */
    readonly sealingKeys?: string | undefined;
  },
): Promise<ControlHome> => {
  await makePrivateDirectory(dir);
  return {
    tls: await openServerTls(tlsDirOf(dir), { name: tlsName, names }),
    firstSigningKey: (await openPrivateKey(path.join(dir, "signing.key"))).key,
    auditKey: (await openPrivateKey(path.join(dir, "audit.key"))).key,
    auditOrigin: await openAuditOrigin(path.join(dir, "audit.origin"), auditName),
    pageKey: (await openSymmetricKeys(path.join(dir, "page.key")))[0],
    sealingKeys:
      sealingKeys === undefined
        ? await openSymmetricKeys(path.join(dir, "sealing.key"))
        : toSymmetricKeys(sealingKeys, sealingKeysVariable),
    ...controlPaths(dir),
  };
};

const openAuditOrigin = async (file: string, name: string): Promise<string> => {
  await writeSecretFile(file, `${name}/audit\n`, { onlyIfAbsent: true });
  return (await readFile(file, "utf8")).trim();
};

/** One key a line, the newest first. */
const openSymmetricKeys = async (file: string): Promise<[Uint8Array, ...Uint8Array[]]> => {
  await writeSecretFile(file, `${randomBytes(keyBytes).toString("base64url")}\n`, { onlyIfAbsent: true });
  return toSymmetricKeys(await readFile(file, "utf8"), file);
};

/** One key a line or word, the newest first; nothing of them stands in the failure. */
const toSymmetricKeys = (text: string, where: string): [Uint8Array, ...Uint8Array[]] => {
  const [first, ...rest] = text
    .trim()
    .split(/[\s,]+/)
    .map((word) => Buffer.from(word, "base64url"));
  if (!first || [first, ...rest].some((key) => key.length !== keyBytes)) {
    throw new Failure(
      "not_configured",
      `${where} holds other things than keys of ${keyBytes} bytes in base64url.`,
    );
  }
  return [first, ...rest];
};
