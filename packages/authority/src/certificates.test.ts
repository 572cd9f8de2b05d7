import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, connect as tlsConnect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CertifiedKey,
  createCertificateAuthority,
  createServerCertificate,
  fetchPinnedAuthority,
} from "./certificates.ts";
import { certificatePin } from "./fingerprint.ts";

let authority: CertifiedKey;
let stranger: CertifiedKey;
let server: ReturnType<typeof createServer>;
let port: number;
let received = 0;

beforeAll(async () => {
  authority = await createCertificateAuthority(Date.now());
  stranger = await createCertificateAuthority(Date.now());
  const certified = await createServerCertificate(authority, ["localhost", "127.0.0.1"], Date.now());
  server = createServer(
    { cert: certified.certificatePem, key: certified.keyPem, ALPNProtocols: ["h2"] },
    (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        received += data.length;
      });
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.close();
});

describe("the pinned authority", () => {
  it("is found in the handshake, with nothing sent, and is then enough to verify the relay", async () => {
    const pem = await fetchPinnedAuthority({
      host: "127.0.0.1",
      port,
      pin: certificatePin(authority.certificatePem),
    });
    expect(received).toBe(0);
    const socket = tlsConnect({
      host: "127.0.0.1",
      port,
      ca: [pem],
      rejectUnauthorized: true,
      ALPNProtocols: ["h2"],
    });
    await once(socket, "secureConnect");
    expect([socket.authorized, socket.alpnProtocol]).toEqual([true, "h2"]);
    socket.destroy();
  });

  it("is not found under another pin", async () => {
    const pin = certificatePin(stranger.certificatePem);
    await expect(fetchPinnedAuthority({ host: "127.0.0.1", port, pin })).rejects.toMatchObject({
      code: "untrusted_relay",
    });
  });

  it("is not the server's own certificate", async () => {
    const certified = await createServerCertificate(authority, ["localhost"], Date.now());
    const pin = certificatePin(certified.certificatePem);
    await expect(fetchPinnedAuthority({ host: "127.0.0.1", port, pin })).rejects.toMatchObject({
      code: "untrusted_relay",
    });
  });
});
