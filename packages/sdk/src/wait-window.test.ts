import { SeededRandom, testSeed } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { stripTerminalSequences } from "./terminal-text.ts";
import { WaitWindow } from "./wait-window.ts";

const pieces = ["a", "xyz", "ü", "日本", "👩‍👩‍👧", "\x1b[31m", "\x1b]0;t✓\x07", "\r\n", "é"];

describe("the text that a wait searches in", () => {
  it.each(Array.from({ length: 30 }, (_, index) => testSeed() + index))(
    "is the same however it is cut, and knows the byte after each character (CMDOP_TEST_SEED=%i)",
    (seed) => {
      const random = new SeededRandom(seed);
      const text = Array.from({ length: 60 }, () => random.pick(pieces)).join("");
      const bytes = new TextEncoder().encode(text);
      const window = new WaitWindow(10_000, true);
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + random.int(1, 9));
        window.push({ kind: "output", offset: 1_000 + at, bytes: bytes.subarray(at, end), channel: "pty" });
        at = end;
      }
      const plain = stripTerminalSequences(text);
      expect(window.text).toBe(plain);
      for (let end = 1; end <= plain.length; end += 1) {
        // Not inside a surrogate pair, which has no byte of its own.
        if ((plain.codePointAt(end - 1) ?? 0) > 0xffff) continue;
        const offset = window.offsetAfter(end) ?? 0;
        const before = new TextDecoder().decode(bytes.subarray(0, offset - 1_000));
        expect({ end, plain: stripTerminalSequences(before) }).toEqual({ end, plain: plain.slice(0, end) });
      }
    },
  );

  it("is bounded", () => {
    const window = new WaitWindow(100, false);
    for (let at = 0; at < 1_000; at += 1) {
      window.push({ kind: "output", offset: at * 10, bytes: new Uint8Array(10).fill(97), channel: "pty" });
      expect(window.text.length).toBeLessThanOrEqual(200);
    }
    expect(window.offsetAfter(window.text.length)).toBe(10_000);
  });

  it("keeps characters of what comes after a gap apart", () => {
    const window = new WaitWindow(100, true);
    window.push({ kind: "output", offset: 0, bytes: Uint8Array.of(0x61, 0xe2), channel: "pty" });
    window.clear();
    window.push({ kind: "output", offset: 9, bytes: Uint8Array.of(0x62), channel: "pty" });
    expect(window.text).toBe("b");
    expect(window.offsetAfter(1)).toBe(10);
  });
});
