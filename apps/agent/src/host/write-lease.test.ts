import { Actor } from "@cmdop/protocol";
import { describe, expect, it } from "vitest";
import { WriteLease, type Writer } from "./write-lease.ts";

const writer = (operator: string, actor: Actor = Actor.HUMAN, stream = 1): Writer => ({
  operator,
  actor,
  stream: Uint8Array.of(stream),
});
const ann = writer("ann");
const bob = writer("bob");
const robot = writer("robot", Actor.AI);
const script = writer("script", Actor.PROGRAM);
const setUp = () => new WriteLease({ aiLeaseMs: 4_000, absentHolderMs: 30_000 });

describe("the write lease", () => {
  it("lets everybody write while nobody holds it, in the current epoch", () => {
    const lease = setUp();
    expect([ann, robot, script].map((each) => lease.judge(each, 0))).toEqual(["write", "write", "write"]);
    expect(lease.judge(ann, 1)).toBe("stale");
  });

  it.each([
    { holder: ann, sender: ann, verdict: "write" },
    { holder: ann, sender: bob, verdict: "held" },
    { holder: ann, sender: writer("ann", Actor.HUMAN, 2), verdict: "held" },
    { holder: ann, sender: robot, verdict: "held" },
    { holder: robot, sender: ann, verdict: "preempt" },
    { holder: robot, sender: script, verdict: "held" },
    { holder: script, sender: ann, verdict: "held" },
  ])("with $holder.operator holding, judges $sender.operator: $verdict", ({ holder, sender, verdict }) => {
    const lease = setUp();
    lease.take(holder, 0);
    expect(lease.judge(sender, 1)).toBe(verdict);
  });

  it("lets a person pre-empt an AI with what was typed before the AI took it", () => {
    const lease = setUp();
    lease.take(robot, 0);
    expect(lease.judge(ann, 0)).toBe("preempt");
  });

  it("refuses what its holder typed in another epoch", () => {
    const lease = setUp();
    lease.take(ann, 0);
    lease.take(bob, 0);
    lease.handBack(bob, 0);
    expect(lease.holder).toEqual(ann);
    expect(lease.judge(ann, 1)).toBe("stale");
    expect(lease.judge(ann, 3)).toBe("write");
  });

  it("grows the epoch by one with each change and with nothing else", () => {
    const lease = setUp();
    const steps: [string, () => boolean, number][] = [
      ["take", () => lease.take(ann, 0), 1],
      ["take again", () => lease.take(ann, 0), 1],
      ["take over", () => lease.take(bob, 0), 2],
      ["hand back by somebody else", () => lease.handBack(ann, 0), 2],
      ["an AI takes from a person", () => lease.take(robot, 0), 2],
      ["hand back", () => lease.handBack(bob, 0), 3],
      ["hand back to everybody", () => lease.handBack(ann, 0), 4],
      ["hand back again", () => lease.handBack(ann, 0), 4],
    ];
    for (const [what, step, epoch] of steps) {
      step();
      expect([what, lease.epoch]).toEqual([what, epoch]);
    }
  });

  it("goes back to everybody when the one it was taken from is gone", () => {
    const lease = setUp();
    lease.take(ann, 0);
    lease.take(bob, 0);
    lease.presence([bob], 0);
    lease.handBack(bob, 0);
    expect(lease.holder).toBeUndefined();
  });

  it("ends for an AI four seconds after its last input", () => {
    const lease = setUp();
    lease.take(robot, 0);
    lease.used(3_000);
    expect([lease.tick(6_999), lease.tick(7_000), lease.epoch]).toEqual([false, true, 2]);
  });

  it("ends thirty seconds after its holder was last attached, and not when the holder came back", () => {
    const lease = setUp();
    lease.take(ann, 0);
    lease.presence([bob], 1_000);
    lease.presence([ann, bob], 20_000);
    lease.presence([bob], 25_000);
    expect([lease.tick(54_999), lease.tick(55_000)]).toEqual([false, true]);
  });

  it("takes nobody for gone when presence is not known in full", () => {
    const lease = setUp();
    lease.take(ann, 0);
    lease.presence(undefined, 0);
    expect(lease.tick(1_000_000)).toBe(false);
  });
});
