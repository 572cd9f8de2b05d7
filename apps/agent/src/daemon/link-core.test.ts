import { Failure } from "@cmdop/base";
import { SeededRandom } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { LinkCore, type LinkEffect, linkPolicy } from "./link-core.ts";

const nonce = new Uint8Array(32);
const lost = new Failure("connection_lost");
const facts = { relayId: "r", machineId: "mch_x" };

const createCore = (relays = ["a:1"], mayMoveTo?: (relay: string) => boolean): LinkCore =>
  new LinkCore({ relays, random: new SeededRandom(7), ...(mayMoveTo ? { mayMoveTo } : {}) });

const attemptOf = (effects: readonly LinkEffect[]): number => {
  const dial = effects.find((effect) => effect.kind === "dial");
  if (dial?.kind !== "dial") throw new Error("nothing was dialled");
  return dial.attempt;
};

/** From waiting to linked; the attempt's number. */
const link = (core: LinkCore, nowMs: number): number => {
  const attempt = attemptOf(core.dialNow(nowMs));
  core.challenged(attempt, { relayId: "r", nonce }, nowMs);
  core.registered(attempt, facts, nowMs);
  return attempt;
};

/** Fails until `count` waits were seen; each wait and the relay dialled after it. */
const failTimes = (core: LinkCore, failure: Failure, count: number): { waitMs: number; relay: string }[] => {
  const seen: { waitMs: number; relay: string }[] = [];
  let nowMs = 100_000;
  let attempt = attemptOf(core.dialNow(nowMs));
  while (seen.length < count) {
    core.ended(attempt, failure, nowMs);
    const { state } = core;
    if (state.kind !== "waiting") throw new Error(state.kind);
    seen.push({ waitMs: state.retryAtMs - nowMs, relay: state.relay });
    nowMs = core.nextWakeMs;
    attempt = attemptOf(core.tick(nowMs));
  }
  return seen;
};

describe("a link", () => {
  it("is dialled, proved and linked", () => {
    const core = createCore();
    expect(core.nextWakeMs).toBe(Number.POSITIVE_INFINITY);
    expect(core.dialNow(0)).toEqual([{ kind: "dial", attempt: 1, relay: "a:1" }]);
    expect(core.state.kind).toBe("dialing");
    expect(core.challenged(1, { relayId: "r", nonce }, 5)).toEqual([
      { kind: "prove", attempt: 1, relayId: "r", nonce },
    ]);
    expect(core.registered(1, facts, 9)).toEqual([{ kind: "linked", attempt: 1 }]);
    expect(core.state).toEqual({
      kind: "linked",
      link: { attempt: 1, relay: "a:1", relayId: "r", machineId: "mch_x", sinceMs: 9 },
    });
    expect(core.liveAttempts).toEqual([1]);
  });

  it("answers one challenge, and takes one registration after it (I3)", () => {
    const core = createCore();
    const attempt = attemptOf(core.dialNow(0));
    expect(core.registered(attempt, facts, 1)).toEqual([]);
    expect(core.challenged(attempt, { relayId: "r", nonce }, 1)).toHaveLength(1);
    expect(core.challenged(attempt, { relayId: "r", nonce }, 1)).toEqual([]);
    expect(core.registered(attempt + 1, facts, 1)).toEqual([]);
    expect(core.state.kind).toBe("proving");
  });

  it("waits from 50 ms to 10 s, with jitter, and asks the next relay of the list each time (I4)", () => {
    const seen = failTimes(createCore(["a:1", "b:1", "c:1"]), lost, 12);
    expect(seen.map(({ relay }) => relay).slice(0, 5)).toEqual(["b:1", "c:1", "a:1", "b:1", "c:1"]);
    const outside = seen.filter(({ waitMs }, at) => {
      const ceiling = Math.min(10_000, 50 * 2 ** at);
      return waitMs < ceiling / 2 || waitMs > ceiling;
    });
    expect(outside).toEqual([]);
    expect(new Set(seen.map(({ waitMs }) => waitMs)).size).toBe(12);
  });

  it("waits at most half a second while a relay that held a settled link may be restarting", () => {
    const core = createCore();
    const first = link(core, 0);
    core.ended(first, lost, 60_000);
    const waits: number[] = [];
    for (let nowMs = core.nextWakeMs; nowMs < 65_000; nowMs = core.nextWakeMs) {
      const attempt = attemptOf(core.tick(nowMs));
      core.ended(attempt, lost, nowMs);
      waits.push(core.nextWakeMs - nowMs);
    }
    expect(waits.length).toBeGreaterThan(8);
    expect(Math.max(...waits.slice(0, -1))).toBeLessThanOrEqual(500);
  });

  it("does not begin anew after a link that broke at once", () => {
    const core = createCore();
    let nowMs = 0;
    for (let round = 0; round < 8; round += 1) {
      const attempt = link(core, nowMs);
      nowMs += 10;
      core.ended(attempt, lost, nowMs);
    }
    expect(core.nextWakeMs - nowMs).toBeGreaterThan(3_000);
  });

  it("asks each relay once before a refusal that time does not mend makes the wait long", () => {
    const waits = failTimes(createCore(["a:1", "b:1"]), new Failure("token_revoked"), 3);
    expect(waits[0]).toMatchObject({ relay: "b:1" });
    expect(waits[0]?.waitMs).toBeLessThanOrEqual(50);
    expect(waits[1]?.waitMs).toBeGreaterThanOrEqual(30_000);
    expect(waits[2]?.waitMs).toBeGreaterThanOrEqual(60_000);
  });

  it("dials at once when it is told that what was refused has changed", () => {
    const core = createCore();
    const attempt = attemptOf(core.dialNow(0));
    core.ended(attempt, new Failure("identity_unproven"), 10);
    expect(core.dialNow(20)).toEqual([{ kind: "dial", attempt: attempt + 1, relay: "a:1" }]);
    expect(core.dialNow(30)).toEqual([]);
  });

  it("does not fight who took over: it waits a minute and longer, at the same relay", () => {
    const core = createCore(["a:1", "b:1"]);
    const attempt = link(core, 0);
    core.ended(attempt, new Failure("superseded"), 60_000);
    expect(core.state).toMatchObject({ kind: "waiting", relay: "a:1" });
    expect(core.nextWakeMs - 60_000).toBeGreaterThanOrEqual(30_000);
    const again = attemptOf(core.tick(core.nextWakeMs));
    core.challenged(again, { relayId: "r", nonce }, 130_000);
    core.registered(again, facts, 130_000);
    core.ended(again, new Failure("superseded"), 140_000);
    expect(core.nextWakeMs - 140_000).toBeGreaterThanOrEqual(60_000);
  });

  it("honours the time that a relay names", () => {
    const core = createCore();
    core.ended(
      attemptOf(core.dialNow(0)),
      new Failure("rate_limited", undefined, { retryAfterMs: 4_000 }),
      0,
    );
    expect(core.nextWakeMs).toBe(4_000);
  });

  it("gives up on a relay that says nothing", () => {
    const core = createCore();
    const attempt = attemptOf(core.dialNow(0));
    expect(core.overdue(linkPolicy.dialMs - 1)).toBeUndefined();
    expect(core.nextWakeMs).toBe(linkPolicy.dialMs);
    expect(core.overdue(linkPolicy.dialMs)).toBe(attempt);
    core.challenged(attempt, { relayId: "r", nonce }, 14_000);
    expect(core.overdue(14_000 + linkPolicy.proveMs)).toBe(attempt);
  });

  it("drains: the old link runs until another is linked and its time is over (I1, I2)", () => {
    const core = createCore(["a:1", "b:1"]);
    const old = link(core, 0);
    core.moved(old, { relays: [], withinMs: 8_000 }, 10_000);
    expect(core.state).toMatchObject({ kind: "draining", link: { attempt: old }, next: { relay: "b:1" } });
    expect(core.nextWakeMs).toBeLessThanOrEqual(11_000);
    const next = attemptOf(core.tick(core.nextWakeMs));
    core.challenged(next, { relayId: "r2", nonce }, 11_000);
    expect(core.liveAttempts).toEqual([old]);
    core.registered(next, { relayId: "r2", machineId: "mch_x" }, 11_100);
    expect(core.liveAttempts).toEqual([next, old]);
    expect(core.tick(17_999)).toEqual([]);
    expect(core.tick(18_000 + linkPolicy.retireGraceMs)).toEqual([{ kind: "close", attempt: old }]);
    expect(core.liveAttempts).toEqual([next]);
  });

  it("goes back to the preferred relay when another drains", () => {
    const core = createCore(["a:1", "b:1", "c:1"]);
    core.ended(attemptOf(core.dialNow(0)), lost, 0);
    const onB = attemptOf(core.tick(core.nextWakeMs));
    core.challenged(onB, { relayId: "r", nonce }, 100);
    core.registered(onB, facts, 100);
    core.moved(onB, { relays: [], withinMs: 8_000 }, 10_000);
    expect(core.state).toMatchObject({ next: { relay: "a:1" } });
  });

  it("keeps the old link while no other can be had, whatever time it was given", () => {
    const core = createCore(["a:1", "b:1"]);
    const old = link(core, 0);
    core.moved(old, { relays: [], withinMs: 1_000 }, 10_000);
    for (let round = 0; round < 10; round += 1) {
      const nowMs = core.nextWakeMs;
      core.ended(attemptOf(core.tick(nowMs)), lost, nowMs);
    }
    expect(core.state).toMatchObject({ kind: "draining", link: { attempt: old } });
    core.ended(old, lost, 60_000);
    expect(core.state.kind).toBe("waiting");
  });

  it("goes on with the attempt under way when the old link ends first, superseded by that very attempt", () => {
    const core = createCore();
    const old = link(core, 0);
    core.moved(old, { relays: [], withinMs: 8_000 }, 10_000);
    const next = attemptOf(core.tick(core.nextWakeMs));
    core.challenged(next, { relayId: "r", nonce }, 11_000);
    core.ended(old, new Failure("superseded"), 11_001);
    expect(core.state).toMatchObject({ kind: "proving", attempt: next });
    core.registered(next, facts, 11_002);
    expect(core.liveAttempts).toEqual([next]);
  });

  it("moves to an address outside its list only where that is allowed", () => {
    const target = (mayMoveTo?: (relay: string) => boolean): string => {
      const core = createCore(["a:1"], mayMoveTo);
      core.moved(link(core, 0), { relays: ["evil:1"], withinMs: 1_000 }, 10_000);
      return core.state.kind === "draining" ? core.state.next.relay : core.state.kind;
    };
    expect(target()).toBe("a:1");
    expect(target(() => true)).toBe("evil:1");
  });

  it("says goodbye on every link when it stops, and dials no more", () => {
    const core = createCore(["a:1", "b:1"]);
    const old = link(core, 0);
    core.moved(old, { relays: [], withinMs: 8_000 }, 10_000);
    const next = attemptOf(core.tick(core.nextWakeMs));
    expect(core.stop()).toEqual([
      { kind: "goodbye", attempt: old },
      { kind: "close", attempt: next },
    ]);
    expect(core.tick(1e9)).toEqual([]);
    expect(core.dialNow(1e9)).toEqual([]);
    core.ended(old, lost, 1e9);
    expect(core.state).toEqual({ kind: "stopped" });
    expect(core.nextWakeMs).toBe(Number.POSITIVE_INFINITY);
  });
});
