import { Failure } from "@cmdop/base";
import { testSeed } from "@cmdop/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Actor, Input, InputAck, InputRefusal } from "../generated/cmdop/live/v1/frame_pb.ts";
import { decodeFrame, encodeFrame } from "./frames.ts";
import { fromFramed, toFramed } from "./framing.ts";
import {
  encodeInput,
  encodeInputAck,
  type InputAckFields,
  type InputFields,
  readInput,
  readInputAck,
  stampInput,
} from "./input-frames.ts";

const seed = testSeed();
const numRuns = 1_000;

const texts = fc.oneof(fc.constant(""), fc.string({ unit: "grapheme", maxLength: 20 }));
const bytes = fc.uint8Array({ maxLength: 200 });
const numbers = fc.oneof(fc.constantFrom(0, 1, 127, 128, 2 ** 31, 2 ** 32), fc.maxSafeNat());
const enums = fc.oneof(fc.nat(7), fc.constantFrom(128, 0x7fff_ffff));

const inputs = fc.record({
  operator: texts,
  stream: bytes,
  number: numbers,
  previous: numbers,
  epoch: numbers,
  data: bytes,
  paste: fc.boolean(),
  eof: fc.boolean(),
  actor: enums.map((value) => value as Actor),
});
const acks = fc.record({
  operator: texts,
  stream: bytes,
  number: numbers,
  refusal: enums.map((value) => value as InputRefusal),
  refused: numbers,
  epoch: numbers,
  abandoned: numbers,
});

type Plain = Readonly<Record<string, unknown>>;

/** Comparable: 64-bit numbers as bigints, bytes as text. */
const plain = (fields: Input | InputAck | Plain): Plain =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => name !== "$typeName")
      .map(([name, value]) => {
        if (value instanceof Uint8Array) return [name, Buffer.from(value).toString("hex")];
        const isShort = name === "actor" || name === "refusal" || typeof value !== "number";
        return [name, isShort ? value : BigInt(value)];
      }),
  );

const generated = (message: Uint8Array): Plain | undefined => {
  const { body } = decodeFrame(message);
  return body.case === "input" || body.case === "inputAck" ? plain(body.value) : undefined;
};

const generatedInput = (fields: InputFields): Uint8Array => {
  const { number, previous, epoch } = fields;
  const value = { ...fields, number: BigInt(number), previous: BigInt(previous), epoch: BigInt(epoch) };
  return encodeFrame({ case: "input", value });
};

const generatedAck = (fields: InputAckFields): Uint8Array => {
  const { number, refused, epoch, abandoned } = fields;
  return encodeFrame({
    case: "inputAck",
    value: {
      ...fields,
      number: BigInt(number),
      refused: BigInt(refused),
      epoch: BigInt(epoch),
      abandoned: BigInt(abandoned),
    },
  });
};

const outcome = (encode: () => Uint8Array): string => {
  try {
    return Buffer.from(encode()).toString("hex");
  } catch (error) {
    return error instanceof Failure ? error.code : String(error);
  }
};

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);

/** Frames of Input or InputAck, most of them odd: fields of any order, number and wire type, cut and changed. */
const oddFrames = fc
  .record({
    body: fc.constantFrom(0x12, 0x12, 0x22, 0x22, 0x0a),
    pieces: fc.array(
      fc.oneof(
        fc
          .tuple(fc.constantFrom(0x0a, 0x12, 0x32, 0x52), fc.uint8Array({ maxLength: 4 }))
          .map(([tag, data]) => [tag, data.length, ...data]),
        fc
          .tuple(fc.constantFrom(0x18, 0x20, 0x28, 0x30, 0x38, 0x40, 0x48, 0x50), fc.nat(300))
          .map(([tag, value]) => [tag, ...varint(value)]),
        fc.constantFrom([0x38, 0x81, 0x00], [0x98, 0x00, 0x05], [0x98, 0x80, 0x80, 0x80, 0x80, 0x00, 0x05]),
        fc.constant([0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        fc.constant([0x48, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        fc.constantFrom([0x0a, 0x81, 0x00, 0x41], [0x0a, 0x03, 0xef, 0xbb, 0xbf], [0x0a, 0x01, 0xff]),
        fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 4 }),
      ),
      { maxLength: 5 },
    ),
    isSorted: fc.boolean(),
    lengthError: fc.constantFrom(0, 0, 0, 0, 1, -1),
    tail: fc.constantFrom([], [], [], [0x1a, 0x00], [0x12, 0x00], [0xfa, 0x3f, 0x00]),
  })
  .map(({ body, pieces, isSorted, lengthError, tail }) => {
    const ordered = isSorted ? [...pieces].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)) : pieces;
    const inner = ordered.flat();
    return Uint8Array.from([body, Math.max(0, inner.length + lengthError), ...inner, ...tail]);
  });

const input: InputFields = {
  operator: "ann",
  stream: new Uint8Array(16),
  number: 2,
  previous: 1,
  epoch: 0,
  data: Uint8Array.of(97),
  paste: false,
  eof: false,
  actor: 1,
};

describe(`inputs and their acknowledgements, seed ${seed}`, () => {
  it("Input by hand is the generated one, both ways", () => {
    fc.assert(
      fc.property(inputs, (fields) => {
        const framed = encodeInput(fields);
        expect(Buffer.from(framed).equals(generatedInput(fields))).toBe(true);
        const read = readInput(fromFramed(framed));
        expect(read && plain({ ...read })).toEqual(generated(fromFramed(framed)));
      }),
      { seed, numRuns },
    );
  });

  it("InputAck by hand is the generated one, both ways", () => {
    fc.assert(
      fc.property(acks, (fields) => {
        const framed = encodeInputAck(fields);
        expect(Buffer.from(framed).equals(generatedAck(fields))).toBe(true);
        const read = readInputAck(fromFramed(framed));
        expect(read && plain({ ...read })).toEqual(generated(fromFramed(framed)));
      }),
      { seed, numRuns },
    );
  });

  it("what is read of odd frames, the generated decoder reads the same", () => {
    let accepted = 0;
    fc.assert(
      fc.property(oddFrames, (message) => {
        for (const read of [readInput(message), readInputAck(message)]) {
          if (!read) continue;
          accepted += 1;
          expect(plain({ ...read })).toEqual(generated(message));
        }
      }),
      { seed, numRuns: 10_000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it("leaves what is out of the ordinary to the generated decoder", () => {
    const bodies: Readonly<Record<string, readonly number[]>> = {
      "an unknown field": [0x50, 1],
      "a repeated field": [0x18, 1, 0x18, 1],
      "a wrong wire type": [0x1a, 0],
      "text that is not UTF-8": [0x0a, 1, 0xff],
      "a field beyond the end": [0x12, 5, 1],
      "a number beyond 2^53": [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    };
    for (const [name, body] of Object.entries(bodies)) {
      expect(readInput(Uint8Array.from([0x12, body.length, ...body])), name).toBeUndefined();
      expect(readInputAck(Uint8Array.from([0x22, body.length, ...body])), name).toBeUndefined();
    }
    for (const message of [[], [0x12], [0x12, 0, 0x12, 0], [0x1a, 0]]) {
      expect(readInput(Uint8Array.from(message))).toBeUndefined();
    }
  });

  it("what is out of the ordinary is sent or refused as the generated encoder does", () => {
    const odd: readonly Partial<InputFields>[] = [
      { operator: "\ud800" },
      { number: -1 },
      { epoch: 2 ** 64 },
      { actor: (2 ** 31) as Actor },
      { actor: -1 as Actor },
      { number: 2 ** 60 },
    ];
    for (const fields of odd) {
      const value = { ...input, ...fields };
      expect(outcome(() => encodeInput(value))).toBe(outcome(() => generatedInput(value)));
    }
    expect(outcome(() => encodeInput({ ...input, number: -1 }))).toBe("invalid_argument");
  });
});

describe("a stamp on an input", () => {
  it("is what decoding, naming the sender and encoding again give", () => {
    fc.assert(
      fc.property(inputs, texts, enums, (fields, operator, actor) => {
        const sent = { ...fields, operator: "", actor: 0 as Actor };
        const stamped = stampInput(encodeInput(sent), operator, actor as Actor);
        expect(stamped).toEqual(encodeInput({ ...sent, operator, actor: actor as Actor }));
      }),
      { seed, numRuns },
    );
  });

  it("is refused to what names a sender, also an empty one, and to what is out of the ordinary", () => {
    const sent = { ...input, operator: "", actor: 0 as Actor };
    const rest = [...fromFramed(encodeInput(sent)).subarray(2)];
    const framed = (...inner: number[]) => toFramed(Uint8Array.of(0x12, inner.length, ...inner));
    expect(stampInput(framed(...rest), "alice", 1)).toEqual(
      encodeInput({ ...sent, operator: "alice", actor: 1 }),
    );
    expect(stampInput(encodeInput({ ...sent, operator: "mallory" }), "alice", 1)).toBeUndefined();
    expect(stampInput(framed(0x0a, 0, ...rest), "alice", 1)).toBeUndefined();
    expect(stampInput(framed(...rest, 0x48, 0), "alice", 1)).toBeUndefined();
    expect(stampInput(framed(...rest, ...rest), "alice", 1)).toBeUndefined();
    expect(stampInput(framed(0x10, 1, ...rest), "alice", 1)).toBeUndefined();
    expect(stampInput(encodeFrame({ case: "ack", value: { offset: 1n } }), "alice", 1)).toBeUndefined();
  });
});
