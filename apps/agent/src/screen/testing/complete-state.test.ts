import { describe, expect, it } from "vitest";
import { handWritten } from "../corpus.ts";
import { Emulator } from "../emulator.ts";
import { firstDifference, unknownFields } from "./complete-state.ts";

const drawn = (text: string): Emulator => {
  const emulator = new Emulator({ cols: 20, rows: 6, scrollback: 12 });
  emulator.write(Buffer.from(text));
  return emulator;
};

describe("screens that differ in one thing", () => {
  it.each([
    ["a character", "a\r", "b\r"],
    ["a character's marks", "e\u0301\r", "e\u0300\r"],
    ["a colour", "\x1b[31ma\x1b[m", "\x1b[32ma\x1b[m"],
    ["an underline's style", "\x1b[4:3ma\x1b[m", "\x1b[4:4ma\x1b[m"],
    ["a link", "\x1b]8;;http://a/\x07a\x1b]8;;\x07", "\x1b]8;;http://b/\x07a\x1b]8;;\x07"],
    ["an erased cell's background", "\x1b[41m\x1b[K\x1b[m", "\x1b[42m\x1b[K\x1b[m"],
    ["a blank and an empty cell", " \r", "\x1b[C\r"],
    ["a wrapped line", `${"a".repeat(20)}b`, `${"a".repeat(20)}\r\nb`],
    ["the history", "\n".repeat(7), `a${"\n".repeat(7)}\r`],
    ["the cursor's row", "\x1b[2H", "\x1b[3H"],
    ["a pending wrap", `${"a".repeat(20)}\x1b[m`, `${"a".repeat(20)}\x1b[20G`],
    ["the pen", "\x1b[31m", "\x1b[32m"],
    ["the pen's link", "\x1b]8;;http://a/\x07", "\x1b]8;;http://b/\x07"],
    ["the saved cursor", "\x1b[2H\x1b7\x1b[H", "\x1b[3H\x1b7\x1b[H"],
    ["the saved pen", "\x1b[31m\x1b7\x1b[m", "\x1b[32m\x1b7\x1b[m"],
    ["the saved charset", "\x1b(0\x1b7\x1b(B", "\x1b7"],
    ["the other screen's saved cursor", "\x1b[?1047h\x1b[5G\x1b7\x1b[?1047l\x1b[H", ""],
    ["the other screen's lines", "a\x1b[H\x1b[?47h", "b\x1b[H\x1b[?47h"],
    ["which screen it is", "\x1b[?47h", ""],
    ["a margin", "\x1b[2;4r", "\x1b[2;5r"],
    ["a tab stop", "\x1b[3G\x1bH\r", ""],
    ["a tab stop less", "\x1b[9G\x1b[g\r", ""],
    ["a charset", "\x1b)0", ""],
    ["the charset in use", "\x1b)0\x0e", "\x1b)0"],
    ["autowrap", "\x1b[?7l", ""],
    ["origin mode", "\x1b[?6h", ""],
    ["insert mode", "\x1b[4h", ""],
    ["line feed mode", "\x1b[20h", ""],
    ["the mouse", "\x1b[?1000h", "\x1b[?1002h"],
    ["the mouse's encoding", "\x1b[?1006h", ""],
    ["the cursor's style", "\x1b[3 q", "\x1b[5 q"],
    ["a hidden cursor", "\x1b[?25l", ""],
    ["bracketed paste", "\x1b[?2004h", ""],
    ["the title", "\x1b]2;a\x07", "\x1b]2;b\x07"],
    ["a title put away", "\x1b]2;a\x07\x1b[22;2t\x1b]2;b\x07", "\x1b]2;b\x07"],
    ["a colour of the palette", "\x1b]4;1;rgb:11/22/33\x07", ""],
    ["the keyboard's protocol", "\x1b[>1u", "\x1b[>5u"],
    ["what the next character joins", "a", "a\x1b[m"],
    ["a parameter", "\x1b[1", "\x1b[2"],
    ["a parameter's part", "\x1b[4:1", "\x1b[4:2"],
    ["a prefix", "\x1b[?1", "\x1b[1"],
    ["an introducer", "\x1b", ""],
    ["a string", "\x1b]2;a", "\x1b]2;b"],
    ["a string's number", "\x1b]1", "\x1b]2"],
    ["a request", "\x1bP$qm", "\x1bP$qr"],
  ])("%s", (_, one, other) => {
    const [a, same, b] = [drawn(one), drawn(one), drawn(other)];
    expect(firstDifference(a, same)).toBeUndefined();
    expect(firstDifference(a, b)).toBeDefined();
    expect(firstDifference(b, a)).toBeDefined();
  });

  it("half a character", () => {
    const [a, b] = [drawn(""), drawn("")];
    a.write(Uint8Array.of(0xe6, 0xbc));
    expect(firstDifference(a, b)).toBeDefined();
  });
});

it("colours that differ in bits that nothing reads are equal", () => {
  expect(firstDifference(drawn("\x1b[38;2;1;2;3m\x1b[31ma"), drawn("\x1b[31ma"))).toBeUndefined();
});

describe("what xterm keeps", () => {
  it.each(handWritten.map(({ name, bytes }) => [name, bytes] as const))(
    "is all known after %s",
    (_, bytes) => {
      expect(unknownFields(drawn(Buffer.from(bytes).toString()))).toEqual([]);
    },
  );

  it.each([
    ["a service", (emulator: Emulator): object => emulator.core.core.coreService],
    ["the parser", (emulator: Emulator): object => emulator.core.core._inputHandler._parser],
    ["a screen", (emulator: Emulator): object => emulator.core.core._bufferService.buffers.alt],
    ["the pen", (emulator: Emulator): object => emulator.core.core._inputHandler._curAttrData],
    [
      "a line",
      (emulator: Emulator): object => emulator.core.core._bufferService.buffers.normal.lines.get(2) ?? {},
    ],
  ])("is found where it is new in %s", (_, find) => {
    const emulator = drawn("text");
    Object.assign(find(emulator), { remembered: 1 });
    expect(unknownFields(emulator)).toHaveLength(1);
  });
});
