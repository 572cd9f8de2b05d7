import { once } from "node:events";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { createTestCertificates } from "@cmdop/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { type Listener, openListener } from "./listener.ts";

const { cert: certificatePem, key: keyPem } = await createTestCertificates();
const opened: Listener[] = [];
afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.close();
});

const open = async (): Promise<Listener> => {
  const listener = await openListener({
    host: "127.0.0.1",
    port: 0,
    tls: { certificatePem, keyPem },
    handle: (request, response) => {
      request.resume().once("end", () => response.end("hi"));
    },
    connectionsMax: 10,
    timeouts: { headersMs: 100, requestMs: 200, lookMs: 50 },
  });
  opened.push(listener);
  return listener;
};

const dial = async (port: number, isTls: boolean): Promise<net.Socket> => {
  const socket = isTls
    ? tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false })
    : net.connect(port, "127.0.0.1");
  await once(socket, isTls ? "secureConnect" : "connect");
  return socket;
};

describe.each([
  ["TLS", true],
  ["plain HTTP", false],
])("a caller over %s", (_name, isTls) => {
  it.each([
    ["in the middle of its headers", "GET / HTTP/1.1\r\nHost: x\r\n"],
    ["in the middle of its body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"],
  ])("that stops %s is let go", async (_where, text) => {
    const { port } = await open();
    const socket = await dial(port, isTls);
    socket.write(text);
    let answer = "";
    socket.on("data", (data: Buffer) => {
      answer += data.toString();
    });
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe("the end of a listener", () => {
  it("waits for no connection that is kept for the next request", async () => {
    const listener = await open();
    const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
    await new Promise<void>((resolve) => {
      https.get({ port: listener.port, host: "127.0.0.1", agent }, (answer) => {
        answer.resume().once("end", resolve);
      });
    });
    const startedMs = performance.now();
    await listener.close();
    // What does not end by itself is given 5 s.
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    agent.destroy();
  });
});
