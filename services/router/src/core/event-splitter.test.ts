import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataOf, EventSplitter, EventTooLarge } from "./event-splitter.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const line = fc.oneof(
  fc.constantFrom(
    "data: {}",
    "data:x",
    "data:  two spaces",
    "data",
    ": comment",
    "event: e",
    "id: 1",
    "data: ü👋",
  ),
  fc.string({ maxLength: 8 }).map((text) => `data: ${text.replace(/[\r\n]/g, "")}`),
);
const lineEnd = fc.constantFrom("\n", "\r\n");

describe("a stream cut anywhere", () => {
  it("gives the bytes that came, cut at blank lines, with the data that eventsource-parser reads", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(line, { minLength: 1, maxLength: 4 }), lineEnd), { maxLength: 6 }),
        fc.array(fc.nat(40), { maxLength: 30 }),
        (events, cuts) => {
          const text = events.map(([lines, end]) => `${lines.join(end)}${end}${end}`).join("");
          const bytes = encode(text);
          const splitter = new EventSplitter(10_000);
          const pieces: Uint8Array[] = [];
          let at = 0;
          for (const cut of [...cuts, bytes.length]) {
            pieces.push(...splitter.push(bytes.subarray(at, at + cut)));
            at = Math.min(bytes.length, at + cut);
          }
          expect(pieces.map(decode)).toEqual(events.map(([lines, end]) => `${lines.join(end)}${end}${end}`));
          const expected: string[] = [];
          createParser({ onEvent: ({ data }) => expected.push(data) }).feed(text);
          expect(pieces.flatMap((piece) => dataOf(piece) || [])).toEqual(
            expected.filter((data) => data !== ""),
          );
        },
      ),
    );
  });

  it("keeps no more of one event than its bound", () => {
    const splitter = new EventSplitter(10);
    expect(() => splitter.push(encode("data: 12345678"))).toThrow(EventTooLarge);
  });

  it("does not copy an event that lies within one chunk", () => {
    const chunk = encode("data: a\n\ndata: b\n\n");
    expect(new EventSplitter(100).push(chunk).map(({ buffer }) => buffer === chunk.buffer)).toEqual([
      true,
      true,
    ]);
  });
});

it("bytes that are no UTF-8 are refused", () => {
  expect(() => dataOf(Uint8Array.of(...encode("data: "), 0xff, 10, 10))).toThrow(TypeError);
});

describe("an event that comes byte by byte", () => {
  it("takes little more memory than its bytes", () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const bytes = encode(`data: ${"x".repeat(500_000)}\n\n`);
    const splitter = new EventSplitter(1_000_000);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let at = 0; at < bytes.length - 1; at += 1) splitter.push(bytes.subarray(at, at + 1));
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
    expect(splitter.push(bytes.subarray(-1)).map(decode)).toEqual([decode(bytes)]);
  });
});
