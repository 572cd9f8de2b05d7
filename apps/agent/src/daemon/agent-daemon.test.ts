import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { Failure, Scope } from "@cmdop/base";
import { ExitReason, SessionKind } from "@cmdop/protocol";
import {
  createTestCertificates,
  FakeRelay,
  type FakeRelayLink,
  type FakeRelayOptions,
  FaultProxy,
  isAlive,
  type TestCertificates,
  waitFor,
} from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AgentStatus } from "./status.ts";
import { AgentProcess } from "./testing/agent-process.ts";

const shell = { argv: ["/bin/sh"], env: { PS1: "$ " } };

describe("the agent daemon", { timeout: 60_000 }, () => {
  let certificates: TestCertificates;
  let scope = new Scope();

  beforeAll(async () => {
    certificates = await createTestCertificates();
  });
  afterEach(async () => {
    await scope.close();
    scope = new Scope();
  });

  const startRelay = async (options: FakeRelayOptions = {}, within = scope): Promise<FakeRelay> => {
    const tls = { key: certificates.key, cert: certificates.cert };
    const relay = await FakeRelay.start({ tls, ...options });
    within.add(() => relay.close());
    return relay;
  };

  const startAgent = (relays: FakeRelay[], within = scope): AgentProcess => {
    const agent = new AgentProcess({
      relays: relays.map(({ address }) => address),
      caPin: certificates.caPin,
    });
    within.add(() => agent.close());
    agent.start();
    return agent;
  };

  /** The process id of a session's shell, as it says itself. */
  const shellPid = async (home: { type(text: string): void; text(): string }): Promise<number> => {
    home.type("echo pid=$$=\n");
    return Number(await waitFor(() => /pid=(\d+)=/.exec(home.text())?.[1], { what: "the shell's pid" }));
  };

  it("starts a session host, links, and says how it is", async () => {
    const relay = await startRelay();
    const agent = startAgent([relay]);
    const link = await relay.untilLinked(15_000);
    const status = await agent.untilLinked();
    expect(link.isProven).toBe(true);
    expect(status).toMatchObject({
      version: 1,
      pid: agent.child.pid,
      home: agent.home,
      machine: { name: "testbench", id: "mch_fake", fingerprint: expect.stringMatching(/^sha256:.{43}$/) },
      relays: [relay.address],
      link: { state: "linked", relay: relay.address, relayId: relay.relayId, failure: null },
      host: { state: "running", pid: expect.any(Number) },
      sessions: [],
    });
    // Taken from the monotonic clock anew each time: it may differ by a millisecond.
    const sameLink = { ...status.link, sinceMs: expect.closeTo(status.link.sinceMs, -1) };
    expect(await agent.ask({ method: "status" })).toEqual({
      ok: true,
      status: { ...status, link: sameLink },
    });
    const modes = [
      "agent",
      "agent/identity.key",
      "agent/agent.sock",
      "agent/status.json",
      "logs/host.log",
    ].map((path) => (statSync(join(agent.home, path)).mode & 0o777).toString(8));
    expect(modes).toEqual(["700", "600", "600", "600", "600"]);
    expect(link.register?.facts).toMatchObject({ platform: process.platform, agentVersion: "0.1.0" });
    await waitFor(() => link.heartbeats.length > 0);
    expect(Number(link.heartbeats[0]?.diskFreeBytes)).toBeGreaterThan(0);
  });

  it("is one of a kind: a second one of the same home ends and says so", async () => {
    const relay = await startRelay();
    const agent = startAgent([relay]);
    await agent.untilLinked();
    const second = agent.spawn();
    const [code] = await once(second, "exit");
    expect(code).toBe(75);
    expect(agent.stderr).toContain("runs already");
    expect(relay.links).toHaveLength(1);
  });

  it("names every problem of its configuration and exits", async () => {
    const agent = new AgentProcess({ relays: ["nonsense:x"], caPin: "?" });
    scope.add(() => agent.close());
    const [code] = await once(agent.spawn(["--nonsense"]), "exit");
    expect(code).toBe(78);
    expect(agent.stderr).toContain("nonsense:x");
    expect(agent.stderr).toContain("CMDOP_RELAY_CA_PIN");
    expect(agent.stderr).toContain("--nonsense");
  });

  it("may be killed: its sessions live on, and the next daemon takes them over", async () => {
    const relay = await startRelay();
    const agent = startAgent([relay]);
    const first = await (await relay.untilLinked(15_000)).open(shell);
    const pid = await shellPid(first);
    const { host } = await agent.untilLinked();
    await agent.end("SIGKILL");
    await waitFor(() => first.isOver);
    expect([isAlive(pid), isAlive(host.pid ?? 0)]).toEqual([true, true]);

    agent.start();
    const link = await waitFor(() => (relay.links.length === 2 ? relay.linked : undefined), {
      timeoutMs: 15_000,
    });
    expect(link.register?.sessions).toMatchObject([{ sessionId: first.sessionId }]);
    expect(link.register?.sessions[0]?.exit).toBeUndefined();
    const again = await link.orderHome(first.sessionId);
    expect(Number(again.hello?.offset)).toBeGreaterThanOrEqual(first.offset);
    expect(await shellPid(again)).toBe(pid);
    expect((await agent.untilLinked()).host.pid).toBe(host.pid);
  });

  it("says goodbye on SIGTERM, is gone within 3 s, and leaves the sessions alone", async () => {
    const relay = await startRelay();
    const agent = startAgent([relay]);
    const link = await relay.untilLinked(15_000);
    const pid = await shellPid(await link.open(shell));
    const { host } = await agent.untilLinked();
    const startedMs = performance.now();
    expect(await agent.end("SIGTERM")).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(link.goodbye).toBe("SIGTERM");
    expect([isAlive(pid), isAlive(host.pid ?? 0), agent.status()]).toEqual([true, true, undefined]);
  });

  it("stops within 3 s also where neither relay nor session host answers any more", async () => {
    const relay = await startRelay();
    const proxy = await FaultProxy.open(relay.address);
    scope.add(() => proxy.close());
    const agent = new AgentProcess({ relays: [proxy.address], caPin: certificates.caPin });
    scope.add(() => agent.close());
    agent.start();
    const { host } = await agent.untilLinked();
    proxy.stall();
    process.kill(host.pid ?? 0, "SIGSTOP");
    const startedMs = performance.now();
    const code = await agent.end("SIGTERM");
    const tookMs = performance.now() - startedMs;
    process.kill(host.pid ?? 0, "SIGCONT");
    expect({ code, isInTime: tookMs < 3_000 }).toEqual({ code: 0, isInTime: true });
  });

  it("ends the session host too when asked to", async () => {
    const relay = await startRelay();
    const agent = startAgent([relay]);
    const link = await relay.untilLinked(15_000);
    const pid = await shellPid(await link.open(shell));
    const { host } = await agent.untilLinked();
    const ended = once(agent.child, "exit");
    expect(await agent.ask({ method: "stop", withHost: true })).toEqual({ ok: true });
    expect((await ended)[0]).toBe(0);
    await waitFor(() => !isAlive(pid) && !isAlive(host.pid ?? 0));
    expect(link.goodbye).toBe("asked to stop");
  });

  it("starts the session host again when that dies, and reports what was lost", async () => {
    const relay = await startRelay();
    const agent = startAgent([relay]);
    const link = await relay.untilLinked(15_000);
    const home = await link.open(shell);
    home.type("echo before the end\n");
    await home.untilText("before the end");
    const { host } = await agent.untilLinked();
    process.kill(host.pid ?? 0, "SIGKILL");
    const lost = await waitFor(() => link.reported(home.sessionId)?.exit, { timeoutMs: 15_000 });
    expect(lost.reason).toBe(ExitReason.LOST);
    const after = await agent.until(
      "hosting again",
      (status) => status.host.state === "running" && status.host.pid !== host.pid,
    );
    expect(after.link.state).toBe("linked");
    expect(relay.links).toHaveLength(1);
    // The link was never in question, and the next session works.
    const next = await link.open(shell);
    next.type("echo $((6*7))\n");
    await next.untilText("42");
  });

  it("tries a new token at once", async () => {
    const relay = await startRelay({ knobs: { refuses: new Failure("token_expired") } });
    const agent = startAgent([relay]);
    const { link } = await agent.until("refused", (status) => status.link.failure?.code === "token_expired");
    expect(Number(link.retryAtMs) - Date.now()).toBeGreaterThan(20_000);
    relay.knobs.refuses = undefined;
    agent.setToken("fresh-token");
    expect((await relay.untilLinked(15_000)).token).toBe("fresh-token");
  });

  describe("once it is linked", () => {
    const shared = new Scope();
    let relay: FakeRelay;
    let agent: AgentProcess;
    let link: FakeRelayLink;
    beforeAll(async () => {
      relay = await startRelay({}, shared);
      agent = startAgent([relay], shared);
      link = await relay.untilLinked(15_000);
    });
    afterAll(() => shared.close());

    const hosts =
      (sessionId: string, count: number) =>
      ({ sessions }: AgentStatus): boolean =>
        sessions.some(({ id, homes }) => id === sessionId && homes === count);
    const homesOf = (sessionId: string) => relay.homes.filter((home) => home.sessionId === sessionId);

    it("opens a session on the relay's order, carries its bytes, reports its end", async () => {
      const home = await link.open({ ...shell, name: "build" });
      expect(home.hello).toMatchObject({
        sessionId: home.sessionId,
        kind: SessionKind.TERMINAL,
        logStart: 0n,
      });
      home.type("echo $((6*7))\n");
      await home.untilText("42");
      const { sessions } = await agent.until("hosting", hosts(home.sessionId, 1));
      expect(sessions).toMatchObject([
        { id: home.sessionId, kind: "terminal", name: "build", ended: false, homes: 1 },
      ]);
      home.type("exit 3\n");
      await waitFor(() => link.reported(home.sessionId)?.exit);
      expect(link.reported(home.sessionId)?.exit).toMatchObject({ code: 3, reason: ExitReason.EXITED });
      expect(home.breaks).toEqual([]);
    });

    it("answers an order that cannot be carried out, and an order for a session that is not there", async () => {
      await expect(link.open({ kind: SessionKind.COMMAND, argv: ["/no/such/program"] })).rejects.toThrow(
        /^command_not_found/,
      );
      await expect(link.orderHome("ses_0123456789abcdefghijkl")).rejects.toThrow(/^session_not_found/);
      await expect(link.order("close", { sessionId: "ses_0123456789abcdefghijkl" })).rejects.toThrow(
        /^session_not_found/,
      );
    });

    it("closes and forgets", async () => {
      const home = await link.open(shell);
      await link.order("close", { sessionId: home.sessionId, graceMs: 2_000, forget: true });
      await waitFor(() => link.reports.some(({ forgotten }) => forgotten.includes(home.sessionId)));
      expect(link.reported(home.sessionId)?.exit?.reason).toBe(ExitReason.CLOSED);
    });

    it("opens a home again whose stream breaks, once, where the host's output is by then", async () => {
      const first = await link.open(shell);
      first.type("echo one\n");
      await first.untilText("one\r\n");
      first.end(new Failure("unavailable"));
      const second = await waitFor(() => {
        const [, opened] = homesOf(first.sessionId);
        return opened?.hello && opened;
      });
      expect(second.token).toBe(first.token);
      second.type("echo $((6*7))\n");
      await second.untilText("42");
      expect(Number(second.hello?.offset)).toBeGreaterThanOrEqual(first.offset);
      // The relay may have ordered it at the same time: there is one in the end.
      const third = await link.orderHome(first.sessionId);
      await waitFor(() => second.isOver);
      expect(homesOf(first.sessionId).filter((home) => !home.isOver)).toEqual([third]);
    });

    it("leaves a home closed that the relay closed", async () => {
      const home = await link.open(shell);
      await agent.until("hosting", hosts(home.sessionId, 1));
      home.end();
      await agent.until("without a home", hosts(home.sessionId, 0));
      expect(homesOf(home.sessionId)).toHaveLength(1);
    });
  });
});
