import { Failure } from "@cmdop/base";
import { describe, expect, it } from "vitest";
import { type Input, InputQueue } from "./input-queue.ts";
import type { InputAckFrame, InputFrame, InputRefusal } from "./stream-frames.ts";

const stream = new Uint8Array(16);
const limits = { frameBytesMax: 4, inFlightBytesMax: 12, pendingBytesMax: 40, pendingInputsMax: 5 };

const open = () => {
  const queue = new InputQueue(limits);
  queue.startSync({ outage: true, nowMs: 0 });
  const results: Record<string, string> = {};
  const write = (text: string, options: Partial<Input> = {}) =>
    queue.push({
      bytes: new TextEncoder().encode(text),
      paste: false,
      eof: false,
      epoch: 0,
      atMs: 0,
      maxAgeMs: 2_000,
      settle: (failure: Failure | undefined) => {
        results[text] = (results[text] ?? "") + (failure ? `${failure.code}` : "applied");
      },
      ...options,
    });
  const take = (): string[] => {
    const frames: InputFrame[] = [];
    for (let frame = queue.next(stream); frame; frame = queue.next(stream)) frames.push(frame);
    return frames.map(
      (frame) =>
        `${frame.number}<${frame.previous} ${new TextDecoder().decode(frame.data)}${frame.eof ? "$" : ""}`,
    );
  };
  const ack = (
    number: number,
    refusal?: InputRefusal,
    options: Partial<InputAckFrame> & { isHolder?: boolean; nowMs?: number } = {},
  ) =>
    queue.acked(
      {
        kind: "inputAck",
        number,
        refusal,
        refused: refusal ? number + 1 : 0,
        epoch: 0,
        abandoned: 0,
        ...options,
      },
      { nowMs: options.nowMs ?? 0, isHolder: options.isHolder ?? false },
    );
  /** The first input has been applied: the machine knows the stream. */
  const begin = () => {
    write("0");
    take();
    ack(1);
  };
  return { queue, results, write, take, ack, begin };
};

describe("inputs on their way", () => {
  it("numbers them in a chain", () => {
    const { write, take, ack, results } = open();
    write("a");
    write("b");
    expect(take()).toEqual(["1<0 a", "2<1 b"]);
    ack(1);
    write("c", { eof: true });
    expect(take()).toEqual(["3<2 c$"]);
    ack(3);
    expect(results).toEqual({ a: "applied", b: "applied", c: "applied" });
  });

  it("cuts large input between characters and not inside CR LF, a paste never", () => {
    const { write, take, begin, ack } = open();
    begin();
    write("abcü");
    expect(take()).toEqual(["2<1 abc", "3<2 ü"]);
    ack(3);
    write("abc\r\nd");
    expect(take()).toEqual(["4<3 abc", "5<4 \r\nd"]);
    ack(5);
    write("0123456789", { paste: true });
    expect(take()).toEqual(["6<5 0123456789"]);
  });

  it("holds back what is beyond the bytes in flight until they are applied", () => {
    const { write, take, begin, ack } = open();
    begin();
    write("aaaabbbbccccdddd");
    expect(take()).toEqual(["2<1 aaaa", "3<2 bbbb", "4<3 cccc"]);
    ack(2);
    expect(take()).toEqual(["5<4 dddd"]);
  });

  it("asks after an outage and sends again only what was not applied", () => {
    const { queue, write, take, begin, ack, results } = open();
    begin();
    write("a");
    write("b");
    take();
    queue.suspend();
    expect(take()).toEqual([]);
    expect(queue.startSync({ outage: true, nowMs: 1_000 })).toEqual({
      mustAsk: true,
      abandoned: 0,
      dropped: undefined,
    });
    expect(take()).toEqual([]);
    ack(2);
    expect(take()).toEqual(["3<2 b"]);
    expect(results).toEqual({ 0: "applied", a: "applied" });
  });

  it("drops everything that waits when a part of it is too old, but what is to be kept, and closes the chain", () => {
    const { queue, write, take, begin, ack, results } = open();
    begin();
    write("old");
    take();
    queue.suspend();
    write("new", { atMs: 2_900 });
    write("kept", { maxAgeMs: Number.POSITIVE_INFINITY });
    expect(queue.startSync({ outage: true, nowMs: 3_000 }).abandoned).toBe(2);
    const outcome = ack(1, undefined, { abandoned: 2, nowMs: 3_000 });
    expect(outcome).toEqual({ next: "nothing", dropped: { inputs: 2, bytes: 6 } });
    expect(results).toEqual({ 0: "applied", old: "input_dropped", new: "input_dropped" });
    expect(take()).toEqual(["3<2 kept"]);
  });

  it("reports as dropped only what the machine has given up: an earlier answer does not count", () => {
    const { queue, write, take, begin, ack, results } = open();
    begin();
    write("old");
    take();
    queue.suspend();
    queue.startSync({ outage: true, nowMs: 3_000 });
    // On its way over the old connection it was applied after all.
    expect(ack(1, undefined, { nowMs: 3_000 }).dropped).toBeUndefined();
    expect(results).toEqual({ 0: "applied" });
    expect(ack(2, undefined, { abandoned: 2, nowMs: 3_000 }).dropped).toEqual({ inputs: 0, bytes: 0 });
    expect(results).toEqual({ 0: "applied", old: "applied" });
    write("next");
    expect(take()).toEqual(["3<2 next"]);
  });

  it("asks once more when input became too old while it waited for the answer", () => {
    const { queue, write, take, begin, ack, results } = open();
    begin();
    write("late");
    take();
    queue.suspend();
    expect(queue.startSync({ outage: true, nowMs: 1_000 }).abandoned).toBe(0);
    expect(ack(1, undefined, { nowMs: 5_000 }).next).toBe("sync");
    expect(queue.startSync({ outage: false, nowMs: 5_000 }).abandoned).toBe(2);
    expect(ack(1, undefined, { abandoned: 2, nowMs: 5_000 }).dropped).toEqual({ inputs: 1, bytes: 4 });
    expect(results).toEqual({ 0: "applied", late: "input_dropped" });
  });

  it("gives what is kept a new number behind what was given up", () => {
    const { queue, write, take, begin, ack } = open();
    begin();
    write("kept", { maxAgeMs: Number.POSITIVE_INFINITY });
    write("old");
    take();
    queue.suspend();
    expect(queue.startSync({ outage: true, nowMs: 3_000 }).abandoned).toBe(3);
    ack(1, undefined, { abandoned: 3, nowMs: 3_000 });
    expect(take()).toEqual(["4<3 kept"]);
  });

  it("drops nothing old without an outage", () => {
    const { queue, write, take, begin } = open();
    begin();
    write("a");
    take();
    queue.startSync({ outage: false, nowMs: 9_000 });
    queue.acked(
      { kind: "inputAck", number: 1, refusal: undefined, refused: 0, epoch: 0, abandoned: 0 },
      { nowMs: 9_000, isHolder: false },
    );
    expect(take()).toEqual(["2<1 a"]);
  });

  it.each<[InputRefusal, string]>([
    ["leaseHeld", "lease_held"],
    ["staleEpoch", "input_stale"],
  ])("gives up the one that was refused as %s and brings the rest back into order", (refusal, code) => {
    const { queue, write, take, begin, ack, results } = open();
    begin();
    write("a");
    write("b");
    take();
    expect(ack(1, refusal).next).toBe("sync");
    expect(results).toEqual({ 0: "applied", a: code });
    queue.startSync({ outage: false, nowMs: 0 });
    expect(ack(1, "outOfOrder", { refused: 3 }).next).toBe("nothing");
    ack(1);
    expect(take()).toEqual(["3<1 b"]);
  });

  it("sends again with the new epoch what was typed behind the input that took the lease", () => {
    const { queue, write, take, begin, ack, results } = open();
    begin();
    write("a");
    write("b");
    take();
    ack(2);
    expect(ack(2, "staleEpoch", { epoch: 1, isHolder: true }).next).toBe("sync");
    queue.startSync({ outage: false, nowMs: 0 });
    ack(2);
    expect(queue.next(stream)).toMatchObject({ number: 3, previous: 2, epoch: 1 });
    expect(results).toEqual({ 0: "applied", a: "applied" });
  });

  it("tries again what a busy machine did not take", () => {
    const { queue, write, take, begin, ack } = open();
    begin();
    write("a");
    take();
    expect(ack(1, "busy").next).toBe("busy");
    expect(take()).toEqual([]);
    queue.startSync({ outage: false, nowMs: 0 });
    ack(1);
    expect(take()).toEqual(["2<1 a"]);
  });

  it.each<[InputRefusal, string]>([
    ["closed", "input_closed"],
    ["observer", "permission_denied"],
  ])("gives up everything when the answer is %s", (refusal, code) => {
    const { write, take, begin, ack, results } = open();
    begin();
    write("a");
    write("b");
    take();
    ack(1, refusal);
    expect(results).toEqual({ 0: "applied", a: code, b: code });
    expect(take()).toEqual([]);
  });

  it("is bounded in bytes and in inputs", () => {
    const { queue, write } = open();
    expect(queue.hasRoomFor(40)).toBe(true);
    write("x".repeat(30));
    expect([queue.hasRoomFor(10), queue.hasRoomFor(11)]).toEqual([true, false]);
    for (let at = 0; at < 4; at += 1) write(String(at));
    expect(queue.hasRoomFor(1)).toBe(false);
  });

  it("says how much of a cut input was applied when the rest is given up", () => {
    const { queue, write, take, begin, ack } = open();
    begin();
    let message = "";
    write("aaaabbbb", {
      settle: (failure) => {
        message = failure?.message ?? "";
      },
    });
    take();
    ack(2);
    queue.rejectAll(new Failure("session_ended"));
    expect(message).toMatch(/The first 4 bytes were applied\.$/);
    expect(queue.pendingBytes).toBe(0);
  });

  it("withdraws what was not sent", () => {
    const { write, take, begin, results } = open();
    begin();
    const withdraw = write("a");
    expect(withdraw()).toBe(true);
    expect(take()).toEqual([]);
    expect(results).toEqual({ 0: "applied" });
  });
});
