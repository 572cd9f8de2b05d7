import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import tls from "node:tls";
import { certificateEndMs, openServerTls, type ServerTls } from "@cmdop/authority";
import { Scope } from "@cmdop/base";
import { FakeClock, waitFor } from "@cmdop/testkit";
import pino from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openListener } from "../adapters/http/listener.ts";
import { startCertificateUpkeep } from "./certificate.ts";

const dayMs = 24 * 3_600_000;

let scope: Scope;
let dir: string;
let clock: FakeClock;
let first: ServerTls;
let events: { event: string }[];
beforeEach(async () => {
  scope = new Scope();
  dir = await mkdtemp(path.join(tmpdir(), "cmdop-certificate-"));
  scope.add(() => rm(dir, { recursive: true, force: true }));
  // All of it before now: the certificates are good by this machine's clock as well.
  const madeMs = Date.now() - 340 * dayMs;
  first = await openServerTls(path.join(dir, "tls"), { name: "control", clock: { wallMs: () => madeMs } });
  // After the next look 60.5 days will be left of the 397, after the one that follows it 59.5.
  clock = new FakeClock(madeMs + 335.5 * dayMs);
  events = [];
});
afterEach(() => scope.close());

const start = (listeners: Parameters<typeof startCertificateUpkeep>[1]["listeners"]) => {
  const log = pino({ messageKey: "event" }, { write: (line: string) => events.push(JSON.parse(line)) });
  return startCertificateUpkeep(scope, { dir, names: [], first, listeners, clock, log });
};

/** A look, and the next one waits. */
const nextDay = async (): Promise<void> => {
  clock.advance(dayMs);
  await waitFor(() => clock.pending === 1);
};

it("is made anew 60 days before its end and served under the same authority; open connections go on", async () => {
  const listener = await openListener({
    host: "127.0.0.1",
    port: 0,
    tls: first,
    handle: (request, response) => void request.resume().once("end", () => response.end("hi")),
    connectionsMax: 10,
  });
  scope.add(() => listener.close());
  const dial = async (): Promise<tls.TLSSocket> => {
    const socket = tls.connect({
      port: listener.port,
      host: "127.0.0.1",
      servername: "localhost",
      ca: first.authorityPem,
    });
    scope.add(() => void socket.destroy());
    await once(socket, "secureConnect");
    return socket;
  };
  const ask = async (socket: tls.TLSSocket): Promise<string> => {
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const [answer] = await once(socket, "data");
    return String(answer).slice(0, 12);
  };
  const certificate = start([listener]);
  const open = await dial();
  expect(await ask(open)).toBe("HTTP/1.1 200");

  await nextDay();
  expect(events).toEqual([]);
  expect(Math.floor(certificate.leftMs() / dayMs)).toBe(60);

  await nextDay();
  expect(events.map(({ event }) => event)).toEqual(["certificate.renewed"]);
  expect(certificate.leftMs() / dayMs).toBeCloseTo(397, 0);
  expect(await ask(open)).toBe("HTTP/1.1 200");
  const late = await dial();
  expect(await ask(late)).toBe("HTTP/1.1 200");
  expect(late.getPeerCertificate().serialNumber).not.toBe(open.getPeerCertificate().serialNumber);
  expect(Date.parse(late.getPeerCertificate().valid_to) - clock.wallMs()).toBeGreaterThan(396 * dayMs);
});

it("is made anew when its authority's time runs out too: that gets a later end, and its pin stays", async () => {
  const given: ServerTls[] = [];
  clock.jumpWall(3_200 * dayMs);
  start([{ setTls: (pair) => void given.push(pair) }]);
  await nextDay();
  clock.jumpWall(340 * dayMs);
  await nextDay();
  expect(events.map(({ event }) => event)).toEqual(["certificate.renewed", "certificate.renewed"]);
  for (const { authorityPem, certificatePem, pin } of given) {
    expect(certificateEndMs(authorityPem)).toBeGreaterThanOrEqual(certificateEndMs(certificatePem));
    expect(pin).toBe(first.pin);
  }
});

it("is never made under another authority: a home that was emptied is left as it is, and that is said", async () => {
  const given: ServerTls[] = [];
  start([{ setTls: (pair) => void given.push(pair) }]);
  await rm(path.join(dir, "tls"), { recursive: true });
  await nextDay();
  await nextDay();
  expect(events.map(({ event }) => event)).toEqual([
    "certificate.renewal_failed",
    "certificate.renewal_failed",
  ]);
  expect([given, existsSync(path.join(dir, "tls"))]).toEqual([[], false]);
});
