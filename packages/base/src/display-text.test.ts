import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toDisplayText } from "./display-text.ts";

describe("text of a peer that is shown", () => {
  it.each([
    ["a terminal's colours", "\u001b[31mred", "[31mred"],
    ["a title that rings and moves", "\u0007a\rb\nc", "abc"],
    ["8-bit controls", "a\u009b31mb\u0090c", "a31mbc"],
    ["a name that reads backwards", "photo\u202egnp.exe", "photognp.exe"],
    ["isolates and marks", "\u2066a\u2069\u061cb\u200fc", "abc"],
    ["what nobody sees", "a\u200bb\u00adc\u2063d\ufeff\u{e0041}", "abcd"],
    ["line and paragraph separators", "a\u2028b\u2029c", "abc"],
    ["half a character", "a\ud800b", "a\ufffdb"],
    ["words of any script", "Zoë 山田 مرحبا 👍", "Zoë 山田 مرحبا 👍"],
  ])("loses nothing but what acts or hides: %s", (_what, text, shown) => {
    expect(toDisplayText(text)).toBe(shown);
  });

  it("is cut between characters, and says so", () => {
    expect(toDisplayText("👍".repeat(300), 4)).toBe("👍👍👍…");
    expect(toDisplayText("👍".repeat(4), 4)).toBe("👍👍👍👍");
  });

  it("is left alone by a second time, whatever it is, and holds no control character", () => {
    const anything = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 0x10ffff }), fc.integer({ min: 0x2000, max: 0x2100 })),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(anything, (points) => {
        const shown = toDisplayText(String.fromCodePoint(...points), 256);
        return (
          toDisplayText(shown, 256) === shown &&
          !/[\p{Cc}\p{Bidi_Control}]/u.test(shown) &&
          Array.from(shown).length <= 256
        );
      }),
    );
  });
});
