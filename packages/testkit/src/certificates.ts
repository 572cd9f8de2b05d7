import "reflect-metadata";
import * as x509 from "@peculiar/x509";

export interface TestCertificates {
  /** PEM of the certificate authority. */
  readonly ca: string;
  /** `sha256:` and the base64url of the CA's SPKI hash. */
  readonly caPin: string;
  /** PEM of the leaf followed by the CA, as a server presents it. */
  readonly cert: string;
  /** PEM of the leaf alone. */
  readonly leaf: string;
  /** PKCS#8 PEM. */
  readonly key: string;
}

export interface TestCertificateOptions {
  /** DNS names and IP addresses; default localhost, 127.0.0.1 and ::1. */
  readonly names?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;

const serial = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex");

const toAltName = (name: string): x509.JsonGeneralName =>
  /^[0-9.]+$|:/.test(name) ? { type: "ip", value: name } : { type: "dns", value: name };

/** A fresh CA (ECDSA P-256) and a server certificate under it. For tests: nothing here is stored. */
export const createTestCertificates = async (
  options: TestCertificateOptions = {},
): Promise<TestCertificates> => {
  const { names = ["localhost", "127.0.0.1", "::1"] } = options;
  const notBefore = options.notBefore ?? new Date(Date.now() - dayMs);
  const notAfter = options.notAfter ?? new Date(Date.now() + 30 * dayMs);
  const caKeys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: "CN=cmdop test CA",
    notBefore: new Date(Date.now() - 2 * dayMs),
    notAfter: new Date(Date.now() + 60 * dayMs),
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: "CN=cmdop test relay",
    issuer: ca.subject,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map(toAltName)),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const spki = await crypto.subtle.exportKey("spki", caKeys.publicKey);
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const pin = Buffer.from(await crypto.subtle.digest("SHA-256", spki)).toString("base64url");
  const caPem = ca.toString("pem");
  const leafPem = leaf.toString("pem");
  return {
    ca: caPem,
    caPin: `sha256:${pin}`,
    cert: `${leafPem}\n${caPem}`,
    leaf: leafPem,
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`,
  };
};
