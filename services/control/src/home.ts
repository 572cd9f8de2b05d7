// What a control plane keeps on disk beside its database: its certificate and the keys that must not be in it.

import type { KeyObject } from "node:crypto";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  makePrivateDirectory,
  openPrivateKey,
  openServerTls,
  type ServerTls,
  writeSecretFile,
} from "@cmdop/authority";
import { Failure } from "@cmdop/base";

export interface ControlHome {
  readonly tls: ServerTls;
  /** Signs tickets and machine tokens. */
  readonly signingKey: KeyObject;
  /** Signs the audit log's checkpoints; another one on purpose. */
  readonly auditKey: KeyObject;
  /** For the marks of pages. */
  readonly pageKey: Uint8Array;
  /** Seals providers' keys and webhooks' secrets at rest (AES-256). */
  readonly sealingKey: Uint8Array;
  /** The embedded database's directory. */
  readonly dataDir: string;
  /** The socket for whoever may read this directory. */
  readonly socket: string;
}

const keyBytes = 32;

/** Makes what is missing and keeps what is there. */
export const openControlHome = async (dir: string, names: readonly string[]): Promise<ControlHome> => {
  await makePrivateDirectory(dir);
  return {
    tls: await openServerTls(path.join(dir, "tls"), { name: "control", names }),
    signingKey: (await openPrivateKey(path.join(dir, "signing.key"))).key,
    auditKey: (await openPrivateKey(path.join(dir, "audit.key"))).key,
    pageKey: await openSymmetricKey(path.join(dir, "page.key")),
    sealingKey: await openSymmetricKey(path.join(dir, "sealing.key")),
    dataDir: path.join(dir, "data"),
    socket: path.join(dir, "control.sock"),
  };
};

const openSymmetricKey = async (file: string): Promise<Uint8Array> => {
  await writeSecretFile(file, `${randomBytes(keyBytes).toString("base64url")}\n`, { onlyIfAbsent: true });
  const key = Buffer.from((await readFile(file, "utf8")).trim(), "base64url");
  if (key.length !== keyBytes) {
    throw new Failure("not_configured", `${file} holds no key of ${keyBytes} bytes in base64url.`);
  }
  return key;
};
