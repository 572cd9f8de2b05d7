import { createPrivateKey, randomBytes, type webcrypto, X509Certificate } from "node:crypto";
import { isIP, SocketAddress } from "node:net";
import { connect } from "node:tls";
import { Failure } from "@cmdop/base";
import { certificatePin } from "./fingerprint.ts";

// A server's own certificate authority (ECDSA P-256, which every TLS stack takes). @peculiar/x509 is loaded only
// where certificates are made: it costs 60 ms that no other start should pay.

const loadX509 = async () => {
  await import("reflect-metadata");
  return import("@peculiar/x509");
};

const dayMs = 86_400_000;
const authorityDays = 3650;
/** What browsers accept at most is 398 days. */
const certificateDays = 397;
/** A certificate with less time than this left is made anew by `openServerTls`. */
export const renewBeforeMs = 60 * dayMs;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export interface CertifiedKey {
  readonly certificatePem: string;
  /** PKCS8. */
  readonly keyPem: string;
}

const exportKey = async (key: webcrypto.CryptoKey): Promise<string> => {
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
    .export({ type: "pkcs8", format: "pem" })
    .toString();
};

const importKey = (pem: string): Promise<webcrypto.CryptoKey> => {
  const der = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  return crypto.subtle.importKey("pkcs8", new Uint8Array(der), algorithm, false, ["sign"]);
};

/** Positive and 16 bytes long. */
const serialNumber = (): string => {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
};

const validity = (nowMs: number, days: number) => ({
  // An hour back, for clocks that are behind.
  notBefore: new Date(nowMs - 3_600_000),
  notAfter: new Date(nowMs + days * dayMs),
});

const authorityName = "CN=cmdop CA ";

const createAuthorityCertificate = async (
  name: string,
  keys: webcrypto.CryptoKeyPair,
  nowMs: number,
): Promise<string> => {
  const x509 = await loadX509();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name,
    ...validity(nowMs, authorityDays),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString("pem")}\n`;
};

export const createCertificateAuthority = async (
  nowMs: number,
  name = `${authorityName}${randomBytes(4).toString("hex")}`,
): Promise<CertifiedKey> => {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return {
    certificatePem: await createAuthorityCertificate(name, keys, nowMs),
    keyPem: await exportKey(keys.privateKey),
  };
};

/**
 * The authority, with a later end where a server certificate of now would outlive it. Its key and name stay: who pins it sees
 * no change. One that was brought is its maker's to renew.
 */
export const renewCertificateAuthority = async (
  authority: CertifiedKey,
  nowMs: number,
): Promise<CertifiedKey> => {
  const x509 = await loadX509();
  const { subject, issuer, notAfter, publicKey } = new x509.X509Certificate(authority.certificatePem);
  const isOurs = subject === issuer && subject.startsWith(authorityName);
  if (!isOurs || notAfter.getTime() >= nowMs + certificateDays * dayMs) return authority;
  const keys = {
    privateKey: await importKey(authority.keyPem),
    publicKey: await publicKey.export(algorithm, ["verify"]),
  };
  return { ...authority, certificatePem: await createAuthorityCertificate(subject, keys, nowMs) };
};

/**
 * A server certificate for these names and addresses, until its authority ends at the latest. `certificatePem` holds the
 * chain with the authority's certificate, so that who knows only the pin can find it in the handshake.
 */
export const createServerCertificate = async (
  authority: CertifiedKey,
  names: readonly string[],
  nowMs: number,
): Promise<CertifiedKey> => {
  const x509 = await loadX509();
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const issuer = new x509.X509Certificate(authority.certificatePem);
  const { notBefore, notAfter } = validity(nowMs, certificateDays);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: "CN=cmdop",
    issuer: issuer.subject,
    notBefore,
    notAfter: new Date(Math.min(notAfter.getTime(), issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.keyPem),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth], false),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) ? "ip" : "dns", value: name })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificatePem: `${certificate.toString("pem")}\n${authority.certificatePem}`,
    keyPem: await exportKey(keys.privateKey),
  };
};

/** When the chain's first certificate ends, milliseconds since 1970. */
export const certificateEndMs = (certificatePem: string): number =>
  new X509Certificate(certificatePem).validToDate.getTime();

/** Whether the key is that of the chain's first certificate. */
export const isPair = ({ certificatePem, keyPem }: CertifiedKey): boolean => {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
};

/** What a certificate is for, if this authority issued it; addresses in their short form. */
export const namesOf = (certificatePem: string, authorityPem: string): readonly string[] => {
  try {
    const certificate = new X509Certificate(certificatePem);
    const authority = new X509Certificate(authorityPem);
    if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) return [];
    return (certificate.subjectAltName ?? "").split(", ").flatMap((entry) => {
      const [, kind, name] = /^(DNS|IP Address):([0-9A-Za-z.:*-]+)$/.exec(entry) ?? [];
      if (name === undefined) return [];
      const isV6 = kind !== "DNS" && isIP(name) === 6;
      return isV6 ? new SocketAddress({ address: name, family: "ipv6" }).address : name;
    });
  } catch {
    return [];
  }
};

/** Whether a certificate still serves: issued by this authority and not outliving it, for all these names, with time left. */
export const isServing = (
  certificatePem: string,
  authorityPem: string,
  names: readonly string[],
  nowMs: number,
): boolean => {
  try {
    const certificate = new X509Certificate(certificatePem);
    const authority = new X509Certificate(authorityPem);
    return (
      certificate.checkIssued(authority) &&
      certificate.verify(authority.publicKey) &&
      certificate.validFromDate.getTime() <= nowMs &&
      certificate.validToDate <= authority.validToDate &&
      certificate.validToDate.getTime() - nowMs > renewBeforeMs &&
      names.every(
        (name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined,
      )
    );
  } catch {
    return false;
  }
};

export interface HandshakeTarget {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs?: number;
}

/** What a server shows in its handshake, whoever it is; nothing is sent to it. */
const readHandshake = <Value>(
  target: HandshakeTarget,
  /** Throws a `Failure` when it is not what was wanted. */
  read: (leaf: X509Certificate | undefined) => Value,
): Promise<Value> =>
  new Promise((resolve, reject) => {
    const socket = connect({
      host: target.host,
      port: target.port,
      ...(isIP(target.host) ? {} : { servername: target.host }),
      ALPNProtocols: ["h2", "http/1.1"],
      // The chain is judged by the caller; nothing is written to this socket.
      rejectUnauthorized: false,
      timeout: target.timeoutMs ?? 10_000,
    });
    const settle = (finish: () => void): void => {
      socket.destroy();
      finish();
    };
    socket.once("timeout", () => settle(() => reject(new Failure("timed_out"))));
    socket.once("error", (cause) =>
      settle(() => reject(new Failure("connection_lost", undefined, { cause }))),
    );
    socket.once("secureConnect", () => {
      const leaf = socket.getPeerX509Certificate();
      settle(() => {
        try {
          resolve(read(leaf));
        } catch (failure) {
          reject(failure);
        }
      });
    });
  });

/**
 * The CA certificate of a server of which only the pin is known, taken from its handshake. Nothing is sent to the
 * server; whoever gets the PEM dials again and verifies the server with it as the only trusted authority. Fails with
 * `untrusted_relay` when no certificate of the chain has the pin.
 */
export const fetchPinnedAuthority = (target: HandshakeTarget & { readonly pin: string }): Promise<string> =>
  readHandshake(target, (leaf) => {
    const pem = findPinned(leaf, target.pin);
    if (pem === undefined) throw new Failure("untrusted_relay");
    return pem;
  });

/** When the certificate that a server shows ends, milliseconds since 1970; nobody vouches for it. */
export const fetchCertificateEndMs = (target: HandshakeTarget): Promise<number> =>
  readHandshake(target, (leaf) => {
    if (leaf === undefined) throw new Failure("untrusted_relay");
    return leaf.validToDate.getTime();
  });

const chainLengthMax = 8;

const findPinned = (leaf: X509Certificate | undefined, pin: string): string | undefined => {
  let certificate = leaf;
  for (let depth = 0; certificate !== undefined && depth < chainLengthMax; depth += 1) {
    if (certificate.ca && certificatePin(certificate) === pin) return certificate.toString();
    const issuer: X509Certificate | undefined = certificate.issuerCertificate;
    if (issuer === undefined || issuer.fingerprint256 === certificate.fingerprint256) return undefined;
    certificate = issuer;
  }
  return undefined;
};
