import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CertifiedKey, initRelayHome, readRelayTls, relayPaths } from "@cmdop/authority";
import { Scope } from "@cmdop/base";
import { createServiceLog } from "@cmdop/service";
import { FakeClock, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createServedCertificate, type ServedCertificate } from "./served-certificate.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let scope: Scope;
let dir: string;
let clock: FakeClock;
let served: CertifiedKey[];
let events: { event: string; daysLeft?: number }[];
beforeEach(async () => {
  scope = new Scope();
  dir = await mkdtemp(join(tmpdir(), "cmdop-relay-"));
  scope.add(() => rm(dir, { recursive: true, force: true }));
  clock = new FakeClock();
  served = [];
  events = [];
  await initRelayHome(dir, [], clock);
});
afterEach(() => scope.close());

const watch = async (): Promise<ServedCertificate> => {
  const certificate = createServedCertificate({
    dir,
    first: await readRelayTls(dir),
    serve: (pair) => void served.push(pair),
    clock,
    log: createServiceLog("relay", "debug", { write: (line: string) => void events.push(JSON.parse(line)) }),
  });
  scope.add(certificate.watch());
  return certificate;
};

/** A look, and the next one waits. */
const pass = async (ms: number): Promise<void> => {
  clock.advance(ms);
  await waitFor(() => clock.pending === 1);
};

it("is warned of once a day while less than 21 days are left, until a new one is there", async () => {
  clock.jumpWall(375.5 * dayMs);
  const certificate = await watch();
  await pass(hourMs);
  expect(events).toEqual([]);
  await pass(dayMs);
  await pass(hourMs);
  await pass(dayMs);
  const warning = { level: "warn", event: "certificate.ends_soon" };
  expect(events).toMatchObject([
    { ...warning, daysLeft: 20 },
    { ...warning, daysLeft: 19 },
  ]);

  await initRelayHome(dir, [], clock);
  await waitFor(() => events.at(-1)?.event === "certificate.reloaded");
  expect(served).toEqual([await readRelayTls(dir)]);
  expect(certificate.leftMs() / dayMs).toBeCloseTo(397, 0);
  await pass(dayMs);
  expect(events).toHaveLength(3);
});

it("is served when its key comes later than it, however late", async () => {
  const { certificate, certificateKey } = relayPaths(dir);
  const before = await readRelayTls(dir);
  clock.jumpWall(340 * dayMs);
  await initRelayHome(dir, [], clock);
  const after = await readRelayTls(dir);
  await writeFile(certificateKey, before.keyPem);
  await writeFile(certificate, before.certificatePem);
  await watch();
  await writeFile(certificate, after.certificatePem);
  await waitFor(() => events.at(-1)?.event === "certificate.invalid");
  await writeFile(certificateKey, after.keyPem);
  await pass(hourMs);
  expect(served).toEqual([after]);
});
