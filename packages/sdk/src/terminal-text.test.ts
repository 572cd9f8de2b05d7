import { describe, expect, it } from "vitest";
import { createSequenceStripper, createTextStream, stripTerminalSequences } from "./terminal-text.ts";

const cases: readonly (readonly [string, string, string])[] = [
  ["plain text", "héllo ✓ 日本\r\n\tx", "héllo ✓ 日本\r\n\tx"],
  ["colours", "\x1b[1;31mred\x1b[0m.", "red."],
  ["8-bit CSI", "\x9b31mred", "red"],
  ["a title ended by BEL", "\x1b]0;title\x07text", "text"],
  ["a title ended by ST", "\x1b]0;title\x1b\\text", "text"],
  ["a hyperlink", "\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"],
  ["DCS", "\x1bP1$r0m\x1b\\x", "x"],
  ["APC, PM, SOS", "\x1b_a\x1b\\1\x1b^b\x1b\\2\x1bXc\x1b\\3", "123"],
  ["a character set", "\x1b(Btext", "text"],
  ["two-character escapes", "\x1b7a\x1b8b\x1bcc", "abc"],
  ["a sequence that another one interrupts", "\x1b[31\x1b[0mx", "x"],
  ["a sequence that CAN cancels", "\x1b[31\x18x", "x"],
  ["a string that an escape ends", "\x1b]0;t\x1b[31mx", "x"],
  ["other controls", "a\x00b\x08c\x7fd\x85e", "abcde"],
  ["a sequence without its end", "x\x1b[31", "x"],
];

describe("text without terminal sequences", () => {
  it.each(cases)("%s", (_, text, plain) => {
    expect(stripTerminalSequences(text)).toBe(plain);
  });

  it.each(cases)("%s, cut anywhere", (_, text, plain) => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const stripper = createSequenceStripper();
      expect(stripper.push(text.slice(0, cut)) + stripper.push(text.slice(cut))).toBe(plain);
    }
  });
});

describe("streamed text", () => {
  it("waits for the rest of a character", () => {
    const stream = createTextStream();
    const bytes = new TextEncoder().encode("a✓b");
    expect([...bytes].map((byte) => stream.push(Uint8Array.of(byte))).join("|")).toBe(
      "a||||✓|b".replace("||||", "|||"),
    );
    expect(stream.end()).toBe("");
  });

  it("replaces what never becomes one", () => {
    const stream = createTextStream();
    expect(stream.push(Uint8Array.of(0x61, 0xe2))).toBe("a");
    expect(stream.end()).toBe("�");
  });
});
