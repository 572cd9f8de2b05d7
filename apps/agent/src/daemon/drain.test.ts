import { createHash } from "node:crypto";
import { Scope } from "@cmdop/base";
import { SessionKind } from "@cmdop/protocol";
import {
  createTestCertificates,
  FakeRelay,
  type FakeRelayHome,
  FaultProxy,
  type TestCertificates,
  waitFor,
} from "@cmdop/testkit";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { AgentProcess } from "./testing/agent-process.ts";

const lines = 30_000;

/** Writes numbered lines, each with a checksum of its number, as fast as they are taken. */
const writer = `
  const { createHash } = require("node:crypto");
  let n = 0;
  const next = () => {
    while (n < ${lines}) {
      const digest = createHash("sha256").update(String(n)).digest("hex");
      n += 1;
      if (!process.stdout.write(n - 1 + " " + digest + "\\n")) return process.stdout.once("drain", next);
      if (n % 50 === 0) return setTimeout(next, 1);
    }
  };
  next();
`;

const expected = (): Buffer => {
  const text = Array.from({ length: lines }, (_, n) => {
    return `${n} ${createHash("sha256").update(String(n)).digest("hex")}\n`;
  });
  return Buffer.from(text.join(""));
};

/** What a home brought, as [from, to) of the session's output. */
const isExact = (home: FakeRelayHome, truth: Buffer): boolean => {
  const from = Number(home.hello?.offset);
  return home.breaks.length === 0 && home.output().equals(truth.subarray(from, home.offset));
};

describe("a drain", () => {
  let certificates: TestCertificates;
  let scope = new Scope();
  beforeAll(async () => {
    certificates = await createTestCertificates();
  });
  afterEach(async () => {
    await scope.close();
    scope = new Scope();
  });

  const startRelay = async (): Promise<FakeRelay> => {
    const relay = await FakeRelay.start({ tls: { key: certificates.key, cert: certificates.cert } });
    scope.add(() => relay.close());
    return relay;
  };

  it("overlaps: both relays have the session for a while, every byte exact, none lost", async () => {
    const first = await startRelay();
    const second = await startRelay();
    const relays = [first.address, second.address];
    const agent = new AgentProcess({ relays, caPin: certificates.caPin });
    scope.add(() => agent.close());
    agent.start();
    const old = await first.untilLinked(15_000);
    const truth = expected();
    const argv = [process.execPath, "-e", writer];
    const before = await old.open({ kind: SessionKind.COMMAND, argv, waitForReader: true });
    await waitFor(() => before.bytes > 100_000, { timeoutMs: 15_000 });

    old.move(4_000);
    const link = await second.untilLinked(15_000);
    expect(link.register?.sessions.map(({ sessionId }) => sessionId)).toEqual([before.sessionId]);
    const after = await link.orderHome(before.sessionId);
    const { offset } = before;
    await waitFor(() => before.offset > offset || before.exit, { what: "the old home going on" });
    const overlapFrom = Number(after.hello?.offset);
    await waitFor(() => before.offset > overlapFrom || before.exit, { what: "an overlap" });
    expect(old.isOver).toBe(false);

    await waitFor(() => after.exit, { timeoutMs: 15_000 });
    await waitFor(() => old.isOver, { timeoutMs: 10_000 });
    expect([isExact(before, truth), isExact(after, truth)]).toEqual([true, true]);
    expect(after.offset).toBe(truth.length);
    expect(before.offset).toBeGreaterThanOrEqual(overlapFrom);
    expect(second.links).toHaveLength(1);
  }, 60_000);

  it("survives connections that are reset in the middle of frames: every home's bytes are exact", async () => {
    const relay = await startRelay();
    const proxy = await FaultProxy.open(relay.address);
    scope.add(() => proxy.close());
    const agent = new AgentProcess({ relays: [proxy.address], caPin: certificates.caPin });
    scope.add(() => agent.close());
    agent.start();
    const truth = expected();
    const argv = [process.execPath, "-e", writer];
    const home = await (await relay.untilLinked(15_000)).open({ kind: SessionKind.COMMAND, argv });
    for (let round = 0; round < 3; round += 1) {
      const links = relay.links.length;
      const newest = relay.homes.at(-1);
      await waitFor(() => (newest?.bytes ?? 0) > 50_000 || newest?.exit, { timeoutMs: 15_000 });
      proxy.reset();
      const link = await waitFor(() => (relay.links.length > links ? relay.linked : undefined), {
        timeoutMs: 15_000,
      });
      await link.orderHome(home.sessionId);
    }
    await waitFor(() => relay.homes.at(-1)?.exit, { timeoutMs: 15_000 });
    expect(relay.homes.map((each) => isExact(each, truth))).toEqual([true, true, true, true]);
    expect(relay.homes.at(-1)?.offset).toBe(truth.length);
  }, 60_000);
});
