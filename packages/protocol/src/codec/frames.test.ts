import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Failure } from "@cmdop/base";
import { testSeed } from "@cmdop/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Channel, FrameSchema } from "../generated/cmdop/live/v1/frame_pb.ts";
import { limits } from "../limits.ts";
import {
  bodyCase,
  decodeFrame,
  encodeAck,
  encodeFrame,
  encodeOutput,
  type FrameBody,
  outputData,
  peekFrame,
  sliceOutput,
} from "./frames.ts";
import { prefixBytes, toRetained } from "./framing.ts";

const seed = testSeed();
const maxOffset = Number.MAX_SAFE_INTEGER;

const failureCode = (action: () => unknown): string => {
  try {
    action();
    return "accepted";
  } catch (error) {
    return error instanceof Failure ? error.code : `not a failure: ${String(error)}`;
  }
};

const offsets = fc.oneof(
  fc.maxSafeNat(),
  fc.constantFrom(0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, maxOffset - limits.frameDataBytesMax),
);
const outputs = fc.record({
  offset: offsets.map((offset) => Math.min(offset, maxOffset - limits.frameDataBytesMax)),
  channel: fc.constantFrom(Channel.UNSPECIFIED, Channel.PTY, Channel.STDOUT, Channel.STDERR),
  data: fc.uint8Array({ maxLength: 300 }),
});

const bodies: readonly FrameBody[] = [
  { case: "output", value: { offset: 7n, data: Uint8Array.of(1, 2, 3), channel: Channel.STDERR } },
  {
    case: "input",
    value: { operator: "ann", stream: new Uint8Array(16), number: 3n, previous: 2n, data: Uint8Array.of(3) },
  },
  { case: "ack", value: { offset: 1n << 40n } },
  { case: "snapshot", value: { offset: 9n, cols: 80, rows: 24, data: new Uint8Array(500), title: "vi ✓" } },
  { case: "exit", value: { code: -1, signal: "SIGHUP" } },
  { case: "presence", value: { attachments: [{ operator: "ann" }, { operator: "bob" }] } },
  { case: "logChunk", value: { requestId: 1n, frame: new Uint8Array(100), done: true } },
  { case: "move", value: { relays: ["a:1", "b:2"], withinMs: 5 } },
];

describe(`frames, seed ${seed}`, () => {
  it("Output made by hand is what the generated decoder reads, and the shortest form", () => {
    fc.assert(
      fc.property(outputs, ({ offset, channel, data }) => {
        const framed = encodeOutput({ offset, channel, data });
        const message = framed.subarray(prefixBytes);
        const decoded = fromBinary(FrameSchema, message);
        expect(decoded.body).toMatchObject({ case: "output", value: { offset: BigInt(offset), channel } });
        expect(Buffer.from(message).equals(toBinary(FrameSchema, decoded))).toBe(true);
        expect(Buffer.from(framed.subarray(0, prefixBytes)).readUIntBE(1, 4)).toBe(message.length);
        const peeked = peekFrame(message);
        expect(peeked).toMatchObject({ body: "output", field: 1, offset, channel, dataLength: data.length });
        expect(Buffer.from(outputData(message, peeked)).equals(data)).toBe(true);
      }),
      { seed, numRuns: 500 },
    );
  });

  it("a slice is the same output from a later offset", () => {
    fc.assert(
      fc.property(outputs, fc.nat(300), ({ offset, channel, data }, cut) => {
        const skip = Math.min(cut, data.length);
        const sliced = sliceOutput(encodeOutput({ offset, channel, data }), offset + skip);
        const expected = encodeOutput({ offset: offset + skip, channel, data: data.subarray(skip) });
        expect(Buffer.from(sliced).equals(expected)).toBe(true);
      }),
      { seed },
    );
  });

  it("a slice outside the output is a broken invariant", () => {
    const framed = encodeOutput({ offset: 10, channel: Channel.PTY, data: Uint8Array.of(1, 2) });
    for (const offset of [9, 13]) expect(() => sliceOutput(framed, offset)).toThrow(RangeError);
    expect(() => sliceOutput(encodeAck(5), 5)).toThrow(RangeError);
    for (const offset of [-1, 0.5, Number.NaN, maxOffset + 1])
      expect(() => encodeAck(offset)).toThrow(RangeError);
  });

  it.each(bodies)("$case goes through encode, peek and decode", (body) => {
    const message = encodeFrame(body).subarray(prefixBytes);
    const decoded = decodeFrame(message);
    expect([bodyCase(message), decoded.body.case]).toEqual([body.case, body.case]);
    expect(Buffer.from(toBinary(FrameSchema, decoded)).equals(message)).toBe(true);
  });

  it("Ack made by hand is the generated one", () => {
    for (const offset of [0, 1, 300, 2 ** 40, maxOffset]) {
      const generated = encodeFrame({ case: "ack", value: { offset: BigInt(offset) } });
      expect(Buffer.from(encodeAck(offset)).equals(generated)).toBe(true);
    }
  });

  it("what peekFrame accepts as Output, the generated decoder reads the same", () => {
    const tags = [0x08, 0x12, 0x18, 0x0a, 0x22, 0x28, 0x10, 0x0d, 0x09, 0x7a];
    const piece = fc.oneof(
      fc.constantFrom(...tags).map((tag) => [tag]),
      fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 6 }),
      fc.nat(5).map((length) => [0x12, length, ...new Array<number>(length).fill(65)]),
      fc.nat(200).map((value) => [0x08, value & 0x7f]),
    );
    const inner = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.flat());
    let accepted = 0;
    fc.assert(
      fc.property(inner, (bytes) => {
        const message = Uint8Array.from([0x0a, bytes.length, ...bytes]);
        const code = failureCode(() => peekFrame(message));
        expect(["accepted", "malformed_message"]).toContain(code);
        if (code !== "accepted") return;
        accepted += 1;
        const peeked = peekFrame(message);
        const { body } = fromBinary(FrameSchema, message);
        expect(body.case).toBe("output");
        const value = body.case === "output" ? body.value : undefined;
        expect({
          offset: value?.offset,
          channel: value?.channel,
          data: Buffer.from(value?.data ?? []).toString("hex"),
        }).toEqual({
          offset: BigInt(peeked.offset),
          channel: peeked.channel,
          data: Buffer.from(outputData(message, peeked)).toString("hex"),
        });
      }),
      { seed, numRuns: 5_000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  it("random and mutated bytes are a frame or malformed, never anything else, and both decoders agree", () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(...bodies),
        fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 4 }),
        fc.nat(600),
      )
      .map(([body, changes, cut]) => {
        const message = Uint8Array.from(encodeFrame(body).subarray(prefixBytes));
        for (const [at, byte] of changes) message[at % message.length] = byte;
        return cut < message.length ? message.subarray(0, cut) : message;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 60 })), (message) => {
        const peek = failureCode(() => peekFrame(message));
        const decode = failureCode(() => decodeFrame(message));
        expect(["accepted", "malformed_message"]).toContain(peek);
        expect(["accepted", "malformed_message"]).toContain(decode);
        if (peek !== "accepted") expect(decode).toBe(peek);
        if (decode === "accepted") {
          expect(decodeFrame(message).body.case).toBe(peekFrame(message).body);
        }
      }),
      { seed, numRuns: 5_000 },
    );
  });

  it.each([
    ["a body cut off", [0x0a, 5, 0x08, 1], "malformed_message"],
    [
      "a length beyond 2^53",
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      "malformed_message",
    ],
    [
      "an offset beyond 2^53",
      [0x0a, 9, 0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
      "malformed_message",
    ],
    [
      "a negative offset",
      [0x0a, 11, 0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
      "malformed_message",
    ],
    [
      "eleven bytes of number",
      [0x0a, 12, 0x08, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0],
      "malformed_message",
    ],
    ["two bodies", [0x1a, 0, 0x1a, 0], "malformed_message"],
    ["a body as a number", [0x08, 1], "malformed_message"],
    ["an offset as bytes", [0x0a, 2, 0x0a, 0], "malformed_message"],
    ["data as a number", [0x0a, 2, 0x10, 0], "malformed_message"],
    ["field number 0", [0x02, 0], "malformed_message"],
    ["a group", [0x0b, 0x0c], "malformed_message"],
    ["an inner field beyond its message", [0x2a, 2, 0x2a, 5, 1, 2, 3, 4, 5], "malformed_message"],
    ["an operator that is not UTF-8", [0x12, 3, 0x0a, 1, 0xff], "malformed_message"],
    ["an unknown field", [0xfa, 0x07, 1, 0], "accepted"],
    ["nothing", [], "accepted"],
  ])("%s: %j is %s", (_what, bytes, expected) => {
    expect(failureCode(() => decodeFrame(Uint8Array.from(bytes)))).toBe(expected);
  });

  it("an Output with more data than a frame may carry is too large", () => {
    const data = new Uint8Array(limits.frameDataBytesMax + 1);
    const framed = encodeOutput({ offset: 0, channel: Channel.PTY, data });
    expect(failureCode(() => decodeFrame(framed.subarray(prefixBytes)))).toBe("message_too_large");
  });

  it("a value that its field cannot hold is not sent", () => {
    expect(failureCode(() => encodeFrame({ case: "resize", value: { cols: -1 } }))).toBe("invalid_argument");
  });

  it("what is kept for long does not keep the block that it was read in", () => {
    const block = new Uint8Array(65_536).fill(9);
    const small = block.subarray(100, 300);
    const large = block.subarray(0, 40_000);
    const kept = toRetained(small);
    expect([kept.buffer === block.buffer, Buffer.from(kept).equals(small)]).toEqual([false, true]);
    expect(toRetained(large)).toBe(large);
  });
});
