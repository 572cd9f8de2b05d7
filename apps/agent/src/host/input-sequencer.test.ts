import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputSequencer, streamKey } from "./input-sequencer.ts";

const key = streamKey("ann", new Uint8Array(16));

describe("the input sequencer", () => {
  it.each([
    { what: "the next", number: 6, previous: 5, verdict: { kind: "next" } },
    { what: "one sent again", number: 5, previous: 4, verdict: { kind: "duplicate", last: 5 } },
    { what: "a much older one", number: 1, previous: 0, verdict: { kind: "duplicate", last: 5 } },
    {
      what: "one with inputs missing before it",
      number: 7,
      previous: 6,
      verdict: { kind: "out_of_order", last: 5 },
    },
    { what: "one whose client dropped what was between", number: 9, previous: 5, verdict: { kind: "next" } },
    {
      what: "one that skips and does not say so",
      number: 9,
      previous: 4,
      verdict: { kind: "out_of_order", last: 5 },
    },
  ])("judges $what", ({ number, previous, verdict }) => {
    const sequencer = new InputSequencer(10);
    sequencer.applied(key, 5);
    expect(sequencer.judge(key, { number, previous })).toEqual(verdict);
  });

  it("asks the client of a stream that it does not know to begin at its first unsettled input", () => {
    const sequencer = new InputSequencer(10);
    expect(sequencer.judge(key, { number: 40, previous: 39 })).toEqual({ kind: "out_of_order", last: 0 });
    expect(sequencer.judge(key, { number: 40, previous: 0 })).toEqual({ kind: "next" });
  });

  it("never applies what was abandoned, and goes on behind it", () => {
    const inputs = new InputSequencer(10);
    inputs.applied("a", 1);
    inputs.abandon("a", 3);
    expect([inputs.last("a"), inputs.abandoned("a")]).toEqual([1, 3]);
    expect(inputs.judge("a", { number: 2, previous: 1 })).toEqual({ kind: "duplicate", last: 1 });
    expect(inputs.judge("a", { number: 4, previous: 1 })).toEqual({ kind: "out_of_order", last: 1 });
    expect(inputs.judge("a", { number: 4, previous: 3 })).toEqual({ kind: "next" });
  });

  it("keeps operators apart, also when they claim the same stream", () => {
    const sequencer = new InputSequencer(10);
    sequencer.applied(key, 5);
    expect(sequencer.last(streamKey("bob", new Uint8Array(16)))).toBe(0);
  });

  it("forgets the stream longest unused at its bound", () => {
    const sequencer = new InputSequencer(2);
    sequencer.applied("a", 1);
    sequencer.applied("b", 1);
    sequencer.applied("a", 2);
    sequencer.applied("c", 1);
    expect([sequencer.last("a"), sequencer.last("b"), sequencer.last("c")]).toEqual([2, 0, 1]);
  });

  it("applies each input once and in order, however often and in whatever order it is sent", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 80 }), (deliveries) => {
        const sequencer = new InputSequencer(10);
        const applied: number[] = [];
        // The first delivery of a new stream may be any; a client begins with 1.
        for (const number of [1, ...deliveries]) {
          if (sequencer.judge(key, { number, previous: number - 1 }).kind !== "next") continue;
          sequencer.applied(key, number);
          applied.push(number);
        }
        expect(applied).toEqual(applied.map((_, at) => at + 1));
      }),
    );
  });
});
