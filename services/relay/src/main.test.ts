// The relay as a process: what it says when it cannot start, and how signals end it.
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createPrivateKey25519,
  initRelayHome,
  machineFingerprint,
  mintMachineToken,
  rawPublicKey,
} from "@cmdop/authority";
import { newMachineId, systemClock } from "@cmdop/base";
import { FakeAgent, holdPort, type ServiceProcess, startServiceProcess, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let home: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cmdop-relay-main-"));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(home, { recursive: true, force: true });
});

const start = (env: Record<string, string> = {}): ServiceProcess => {
  const service = startServiceProcess(join(import.meta.dirname, "main.ts"), {
    CMDOP_HOME: home,
    CMDOP_RELAY_PORT: "0",
    CMDOP_RELAY_METRICS_PORT: "0",
    ...env,
  });
  children.push(service.child);
  return service;
};

const listening = ({ events }: ServiceProcess): Promise<Record<string, unknown>> =>
  waitFor(() => events().find(({ event }) => event === "relay.listening"), { timeoutMs: 15_000 });

describe("a relay that cannot start says what to do", () => {
  it("without its home: cmdop relay init", async () => {
    const { exited, output } = start();
    expect(await exited).toBe(1);
    expect(output.err).toContain("cmdop relay init");
  });

  it("on a port in use: the port, and the variable that changes it", async () => {
    await initRelayHome(join(home, "relay"));
    const { port, release } = await holdPort();
    const relay = start({ CMDOP_RELAY_PORT: String(port) });
    const metrics = start({ CMDOP_RELAY_METRICS_PORT: String(port) });
    expect([await relay.exited, await metrics.exited]).toEqual([1, 1]);
    expect(relay.output.err).toContain(String(port));
    expect(relay.output.err).toContain("CMDOP_RELAY_PORT");
    expect(metrics.output.err).toContain("CMDOP_RELAY_METRICS_PORT");
    await release();
  });

  it("with wrong settings: all of them at once", async () => {
    const { exited, output } = start({ CMDOP_RELAY_PORT: "x", CMDOP_LOG_LEVEL: "y" });
    expect(await exited).toBe(1);
    expect(output.err.trim().split("\n")).toHaveLength(2);
  });
});

describe("signals", () => {
  it("SIGTERM drains and ends with 0, having said so; the log holds no secret", async () => {
    await initRelayHome(join(home, "relay"));
    const relay = start();
    const { child, exited, events, output } = relay;
    await listening(relay);
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    expect(events().map(({ event }) => event)).toEqual(
      expect.arrayContaining(["relay.starting", "relay.listening", "relay.draining", "relay.closed"]),
    );
    expect(output.out).not.toContain("PRIVATE KEY");
  });

  it("a second one ends it at once, with machines still linked", async () => {
    const { signer, paths } = await initRelayHome(join(home, "relay"));
    const relay = start();
    const { child, exited } = relay;
    const { port } = await listening(relay);
    const key = createPrivateKey25519();
    const { token } = await mintMachineToken(
      { signer, clock: systemClock },
      {
        machineId: newMachineId(),
        machineName: "build-1",
        keyFingerprint: machineFingerprint(rawPublicKey(key)),
        validMs: 60_000,
      },
    );
    const ca = await readFile(paths.authorityCertificate, "utf8");
    const address = { host: "127.0.0.1", port: Number(port) };
    const agent = await FakeAgent.link({ address, tls: { ca, servername: "localhost" }, token, key });
    child.kill("SIGTERM");
    await waitFor(() => agent.received.some((body) => body.case === "move"));
    const atMs = performance.now();
    child.kill("SIGTERM");
    expect(await exited).toBe(143);
    expect(performance.now() - atMs).toBeLessThan(2000);
    expect(await agent.closed).toMatchObject({ code: "connection_lost" });
    await agent.close();
  });
});
