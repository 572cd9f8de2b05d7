import { createHash, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createTestCertificates } from "./certificates.ts";

describe("createTestCertificates", () => {
  it("gives a leaf that the CA signed, for the names, and the pin of the CA's key", async () => {
    const made = await createTestCertificates({ names: ["relay.test", "127.0.0.1"] });
    const ca = new X509Certificate(made.ca);
    const leaf = new X509Certificate(made.leaf);
    const spki = ca.publicKey.export({ type: "spki", format: "der" });
    expect({
      issued: leaf.checkIssued(ca) && leaf.verify(ca.publicKey),
      isCa: [ca.ca, leaf.ca],
      names: leaf.subjectAltName,
      pin: `sha256:${createHash("sha256").update(spki).digest("base64url")}`,
    }).toEqual({
      issued: true,
      isCa: [true, false],
      names: "DNS:relay.test, IP Address:127.0.0.1",
      pin: made.caPin,
    });
  });
});
