// TLS towards a server of ours: the authority is trusted by its certificate, or by the hash of its key.

import { createHash, type X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { checkServerIdentity, connect, type TLSSocket } from "node:tls";
import { Failure } from "@cmdop/base";

export interface TlsTarget {
  readonly host: string;
  readonly port: number;
  readonly servername: string;
  readonly ca: string | undefined;
  readonly pinnedCa: string | undefined;
  /** What is spoken over it; absent: HTTP/2. */
  readonly alpn?: "h2" | "http/1.1";
  /** What is dialed, for what is said when it fails; absent: a relay. */
  readonly peer?: TlsPeer;
  /** Of a name with several addresses. */
  readonly addressTimeoutMs?: number;
}

export type TlsPeer = "relay" | "control plane";

/**
 * Of a name with several addresses, each but the last has this long; then it is given up, not raced. Node's own 250 ms are
 * less than the way to a satellite and back, and less than the second after which a lost SYN is sent again.
 */
export const addressTimeoutMsDefault = 2_500;
const chainMax = 4;
const serverAuth = "1.3.6.1.5.5.7.3.1";

const untrustedCode = (peer: TlsPeer) => (peer === "relay" ? "untrusted_relay" : "untrusted_control");

/** `sha256:` and the base64url SHA-256 of a certificate's SPKI. */
export const pinOf = (certificate: X509Certificate): string => {
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(spki).digest("base64url")}`;
};

const isValidAt = (certificate: X509Certificate, wallMs: number): boolean =>
  wallMs >= certificate.validFromDate.getTime() && wallMs <= certificate.validToDate.getTime();

/**
 * Checks the chain that a server sent against a pinned authority: every certificate is in its time and signed by
 * the next, the last is an authority with the pinned key, and the first is for a server of this name. Throws
 * `untrusted_relay`, or `untrusted_control`.
 */
export const checkPinnedChain = (
  leaf: X509Certificate | undefined,
  servername: string,
  pinnedCa: string,
  wallMs: number,
  peer: TlsPeer = "relay",
): void => {
  const untrusted = (why: string): Failure =>
    new Failure(untrustedCode(peer), `The ${peer}'s certificate was refused: ${why}.`);
  if (!leaf) throw untrusted("it sent none");
  const isForName = isIP(servername) ? leaf.checkIP(servername) : leaf.checkHost(servername);
  if (!isForName) throw untrusted(`it is not for ${servername}`);
  if (leaf.keyUsage && !leaf.keyUsage.includes(serverAuth)) throw untrusted("it is not for a server");
  let certificate = leaf;
  for (let depth = 0; depth < chainMax; depth += 1) {
    if (!isValidAt(certificate, wallMs)) throw untrusted("it has expired or is not valid yet");
    const issuer = certificate.issuerCertificate;
    if (!issuer) break;
    if (!issuer.ca || !certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
      throw untrusted("its chain is broken");
    }
    if (pinOf(issuer) === pinnedCa) {
      if (!isValidAt(issuer, wallMs)) throw untrusted("its authority has expired or is not valid yet");
      return;
    }
    certificate = issuer;
  }
  throw untrusted("its authority is not the pinned one");
};

const certificateErrors =
  /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|HOSTNAME_MISMATCH|ERR_SSL_.*CERTIFICATE)/;

export const fromConnectError = (
  error: Error & { code?: string },
  { host, port, peer = "relay" }: Pick<TlsTarget, "host" | "port" | "peer">,
): Failure => {
  const code = error.code ?? "";
  if (certificateErrors.test(code)) {
    return new Failure(untrustedCode(peer), undefined, { cause: error });
  }
  if (code === "ECONNREFUSED") {
    return new Failure("unavailable", `Nobody listens at the ${peer}'s address, ${host}:${port}.`, {
      cause: error,
    });
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new Failure("unavailable", `The ${peer}'s name, ${host}, has no address.`, { cause: error });
  }
  return new Failure("unavailable", `The ${peer} at ${host}:${port} cannot be reached.`, { cause: error });
};

/** Connects and verifies; nothing was sent over the connection yet. Throws `untrusted_relay` (`untrusted_control`) and `unavailable`. */
export const openTls = (target: TlsTarget, onSocket: (socket: TLSSocket) => void): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const peer = target.peer ?? "relay";
    // A value of its own: the types of node:tls do not know it.
    const patience = { autoSelectFamilyAttemptTimeout: target.addressTimeoutMs ?? addressTimeoutMsDefault };
    const socket = connect({
      host: target.host,
      port: target.port,
      ...patience,
      // SNI carries names only (RFC 6066, 3).
      ...(isIP(target.servername) ? {} : { servername: target.servername }),
      ALPNProtocols: [target.alpn ?? "h2"],
      minVersion: "TLSv1.3",
      ...(target.ca === undefined ? {} : { ca: target.ca }),
      // With a pin the chain is checked below, before a byte is sent.
      rejectUnauthorized: target.pinnedCa === undefined,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(target.servername, certificate),
    });
    onSocket(socket);
    const failed = (error: Error): void =>
      reject(error instanceof Failure ? error : fromConnectError(error, target));
    socket.once("error", failed);
    socket.once("close", () => reject(new Failure("unavailable", `The ${peer} closed the connection.`)));
    socket.once("secureConnect", () => {
      try {
        if (target.pinnedCa !== undefined) {
          const leaf = socket.getPeerX509Certificate();
          checkPinnedChain(leaf, target.servername, target.pinnedCa, Date.now(), peer);
        }
        if (target.alpn === undefined && socket.alpnProtocol !== "h2") {
          throw new Failure("unavailable", `What answers at the ${peer}'s address does not speak HTTP/2.`);
        }
        socket.off("error", failed);
        resolve(socket);
      } catch (error) {
        socket.destroy();
        reject(error);
      }
    });
  });
