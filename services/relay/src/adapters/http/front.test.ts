import { connect as connectHttp2 } from "node:http2";
import { connect, type TLSSocket } from "node:tls";
import { initRelayHome } from "@cmdop/authority";
import { openChannel } from "@cmdop/protocol/grpc";
import { FakeClock, waitFor } from "@cmdop/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { RelayFixture } from "../../testing/relay-fixture.ts";

let fixture: RelayFixture;

afterEach(async () => {
  await fixture.close();
});

const dial = async (protocol: string): Promise<{ socket: TLSSocket; closed: Promise<void> }> => {
  const socket = connect({
    ...fixture.address,
    ca: fixture.ca,
    servername: "localhost",
    ALPNProtocols: [protocol],
  });
  fixture.add(() => void socket.destroy());
  socket.on("error", () => undefined);
  socket.resume();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  return { socket, closed };
};

describe("a connection that says nothing, or not enough, is closed after 10 s", () => {
  const rows: readonly [string, string, string][] = [
    ["HTTP/1.1", "http/1.1", ""],
    ["HTTP/1.1 in the middle of its headers", "http/1.1", "GET /healthz HTTP/1.1\r\nHost: x\r\n"],
    ["HTTP/2", "h2", ""],
    ["HTTP/2 in the middle of its preface", "h2", "PRI * HT"],
  ];

  it.each(rows)("%s", async (_name, protocol, text) => {
    const clock = new FakeClock(Date.now());
    fixture = await RelayFixture.open({ clock, transport: { keepaliveIntervalMs: 1e9 } });
    const { socket, closed } = await dial(protocol);
    if (text !== "") socket.write(text);
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    const startMs = clock.nowMs();
    await waitFor(() => {
      clock.advance(500);
      return isClosed;
    });
    expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(9_500);
  });
});

describe("a peer that does not take its answer", () => {
  it("does not keep its connection", async () => {
    const clock = new FakeClock(Date.now());
    fixture = await RelayFixture.open({ clock, transport: { keepaliveIntervalMs: 1e9 } });
    const { host, port } = fixture.address;
    const session = connectHttp2(`https://${host}:${port}`, {
      ca: fixture.ca,
      servername: "localhost",
      settings: { initialWindowSize: 0 },
    });
    fixture.add(() => session.destroy());
    session.on("error", () => undefined);
    let isClosed = false;
    session.on("close", () => {
      isClosed = true;
    });
    const request = session.request({ ":path": "/healthz" });
    request.on("error", () => undefined);
    await new Promise((resolve) => request.once("response", resolve));
    await waitFor(() => {
      clock.advance(500);
      return isClosed;
    });
    expect(request.readableLength).toBe(0);
  });
});

describe("a request that is none", () => {
  it("ends its connection, and the relay serves on", async () => {
    fixture = await RelayFixture.open();
    const { socket, closed } = await dial("http/1.1");
    socket.write("\u0000\u0001\u0002 nonsense\r\n\r\n");
    await closed;
    const { isOpen } = await fixture.channel();
    expect(isOpen).toBe(true);
  });
});

describe("a certificate that was renewed", () => {
  it("is served to who dials next, without a restart", async () => {
    fixture = await RelayFixture.open();
    const named = { ca: fixture.ca, servername: "relay.example.org" };
    await expect(openChannel({ address: fixture.address, tls: named })).rejects.toMatchObject({
      code: "untrusted_relay",
    });
    const { dir } = fixture;
    await initRelayHome(dir, ["relay.example.org"]);
    await waitFor(() => fixture.lines.some(({ event }) => event === "certificate.reloaded"));
    const channel = await openChannel({ address: fixture.address, tls: named });
    expect(channel.isOpen).toBe(true);
    await channel.close();
  });
});
