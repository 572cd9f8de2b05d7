import { Failure } from "@cmdop/base";
import { testSeed } from "@cmdop/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toFramed } from "./framing.ts";
import { MessageAssembler } from "./message-assembler.ts";

const seed = testSeed();

const collect = (messageBytesMax = 1_000_000): { assembler: MessageAssembler; messages: string[] } => {
  const messages: string[] = [];
  const assembler = new MessageAssembler({
    messageBytesMax,
    message: (message, framed) => {
      expect(framed.subarray(5).equals(message)).toBe(true);
      messages.push(message.toString("hex"));
    },
  });
  return { assembler, messages };
};

const cutAt = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const sorted = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, index) => bytes.subarray(from, sorted[index] ?? bytes.length));
};

const failureOf = (action: () => void): string => {
  try {
    action();
    return "accepted";
  } catch (error) {
    return error instanceof Failure ? error.code : String(error);
  }
};

describe(`MessageAssembler, seed ${seed}`, () => {
  it("gives the same messages wherever the bytes are cut, and whenever it is paused", () => {
    const sizes = fc.oneof(fc.nat(40), fc.constantFrom(0, 65_535, 65_536, 200_000));
    fc.assert(
      fc.property(
        fc.array(sizes, { maxLength: 8 }),
        fc.array(fc.nat(300_000), { maxLength: 30 }),
        fc.array(fc.boolean(), { maxLength: 40 }),
        (lengths, cuts, pauses) => {
          const sent = lengths.map((length, index) => Buffer.alloc(length, index + 1));
          const { assembler, messages } = collect();
          cutAt(Buffer.concat(sent.map((message) => toFramed(message))), cuts).forEach((chunk, index) => {
            if (pauses[index] === true) assembler.pause();
            assembler.push(chunk);
            if (pauses[index] === false) assembler.resume();
          });
          assembler.resume();
          assembler.end();
          expect(messages).toEqual(sent.map((message) => message.toString("hex")));
        },
      ),
      { seed, numRuns: 200 },
    );
  });

  it("random bytes are messages or a failure, and nothing follows a failure", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 10 }), (chunks) => {
        const { assembler, messages } = collect(100);
        const outcome = failureOf(() => {
          for (const chunk of chunks) assembler.push(Buffer.from(chunk));
          assembler.end();
        });
        expect([
          "accepted",
          "malformed_message",
          "message_too_large",
          "truncated_message",
          "unimplemented",
        ]).toContain(outcome);
        if (outcome === "accepted" || outcome === "truncated_message") return;
        const before = messages.length;
        assembler.push(Buffer.from(toFramed(Buffer.from("more"))));
        assembler.end();
        expect(messages.length).toBe(before);
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it.each([
    ["larger than the limit", [0, 0, 0, 0, 11], "message_too_large"],
    ["of four gigabytes", [0, 255, 255, 255, 255], "message_too_large"],
    ["compressed", [1, 0, 0, 0, 1, 7], "unimplemented"],
    ["with unknown flags", [2, 0, 0, 0, 1, 7], "malformed_message"],
    ["cut inside the prefix", [0, 0, 0], "truncated_message"],
    ["cut inside the message", [0, 0, 0, 0, 3, 1], "truncated_message"],
    ["empty", [0, 0, 0, 0, 0], "accepted"],
  ])("a message %s is %s", (_what, bytes, expected) => {
    const { assembler } = collect(10);
    const outcome = failureOf(() => {
      for (const byte of bytes) assembler.push(Buffer.of(byte));
      assembler.end();
    });
    expect(outcome).toBe(expected);
  });

  it("does not allocate what was only announced", () => {
    const { assembler } = collect(64 * 1024 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    assembler.push(Buffer.from([0, 3, 255, 255, 255, 1]));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });

  it("a message within one chunk is a view of it, and one across chunks a buffer of its own size", () => {
    const seen: Buffer[] = [];
    const assembler = new MessageAssembler({
      messageBytesMax: 1_000_000,
      message: (_message, framed) => {
        seen.push(framed);
      },
    });
    const chunk = Buffer.concat([toFramed(Buffer.alloc(100_000, 1)), toFramed(Buffer.alloc(200_000, 2))]);
    assembler.push(chunk.subarray(0, 150_000));
    assembler.push(chunk.subarray(150_000));
    expect(seen.map((framed) => framed.buffer === chunk.buffer)).toEqual([true, false]);
    expect(seen[1]?.buffer.byteLength).toBeLessThanOrEqual(200_005 * 2);
  });

  it("may be stopped by its own handler", () => {
    let count = 0;
    const assembler: MessageAssembler = new MessageAssembler({
      messageBytesMax: 10,
      message: () => {
        count += 1;
        assembler.stop();
      },
    });
    assembler.push(Buffer.concat([toFramed(Buffer.of(1)), toFramed(Buffer.of(2))]));
    expect(count).toBe(1);
  });
});
