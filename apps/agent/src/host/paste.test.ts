import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanPaste } from "./paste.ts";

const clean = (text: string | Buffer, isBracketed = false): string =>
  cleanPaste(Buffer.from(text as string), isBracketed).toString("utf8");

describe("a paste", () => {
  it.each([
    ["plain text", "echo hi", "echo hi"],
    ["line ends as a terminal sends them", "a\nb\r\nc\rd\r\n\r\n", "a\rb\rc\rd\r\r"],
    ["tabs", "a\tb", "a\tb"],
    ["no escape sequences", "\x1b[31mred\x1b[0m", "[31mred[0m"],
    ["no bracket markers", "x\x1b[201~rm -rf\n\x1b[200~", "x[201~rm -rf\r[200~"],
    ["no markers put together from parts", "\x1b\x1b[201~[201~", "[201~[201~"],
    ["no other C0 controls and no DEL", "a\0b\x03c\x08d\x7fe\x1af", "abcdef"],
    ["no C1 controls, among them CSI", "a\u009b201~b\u0085c", "a201~bc"],
    ["other scripts and emoji", "žluťoučký 日本 👩‍👩‍👧 ☃", "žluťoučký 日本 👩‍👩‍👧 ☃"],
    ["characters whose bytes look like C1 controls", "\u00db\u4e9b\u{1f49b}", "\u00db\u4e9b\u{1f49b}"],
  ])("keeps or strips: %s", (_, text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  it("strips C1 bytes that stand alone", () => {
    expect(cleanPaste(Buffer.from([0x61, 0x9b, 0x62, 0x85]), false)).toEqual(Buffer.from("ab"));
  });

  it("is bracketed when the screen's mode says so", () => {
    expect(clean("a\nb", true)).toBe("\x1b[200~a\rb\x1b[201~");
  });

  it("never holds a control that could end its bracket, whatever bytes come", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const cleaned = cleanPaste(bytes, false);
        // As a terminal reads it: by bytes, and by characters.
        expect(cleaned.every((byte) => byte === 9 || byte === 13 || (byte >= 32 && byte !== 127))).toBe(true);
        expect(cleaned.toString("utf8")).not.toMatch(/[\u0080-\u009f]/);
      }),
    );
  });
});
