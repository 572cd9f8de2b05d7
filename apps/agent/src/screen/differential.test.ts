import { describe, expect, it } from "vitest";
import { Emulator } from "./emulator.ts";
import { readScreenState } from "./screen-state.ts";

const geometry = { cols: 20, rows: 6, scrollback: 30 };
const check = (text: string): void => {
  const bytes = Buffer.from(text);
  const whole = new Emulator(geometry);
  whole.write(bytes);
  const final = readScreenState(whole);
  whole.dispose();
  const prefix = new Emulator(geometry);
  for (let cut = 0; cut <= bytes.length; cut++) {
    if (cut > 0) prefix.write(bytes.subarray(cut - 1, cut));
    const snapshot = prefix.snapshot();
    const drawn = new Emulator(geometry);
    drawn.write(snapshot.data);
    if (prefix.isAtRest) expect(readScreenState(drawn), `at ${cut}`).toEqual(readScreenState(prefix));
    drawn.write(bytes.subarray(snapshot.offset));
    expect(readScreenState(drawn), `after ${cut}`).toEqual(final);
    drawn.dispose();
  }
  prefix.dispose();
};

describe("snapshot", () => {
  it.each([
    ["text", "hello\r\nworld"],
    ["wrap", "a".repeat(45)],
    ["pending", "a".repeat(20)],
    ["scroll", Array.from({ length: 50 }, (_, i) => `line ${i} ${"x".repeat(i % 30)}`).join("\r\n")],
    ["cjk", "漢字".repeat(12)],
    ["emoji", "👨‍👩‍👧 x 🇩🇪🇫🇷 e\u0301 ❤️ 1️⃣ ".repeat(4)],
    [
      "sgr",
      "\x1b[1;31mred\x1b[0m \x1b[4:3;58:2::1:2:3mcurly\x1b[38;2;1;2;3;48;5;200mboth\x1b[K\r\nmore\x1b[2J",
    ],
    ["alt", "abc\x1b[31m\x1b[?1049h\x1b[2J\x1b[3;4Halt\x1b[?1049lback"],
    ["link", "\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\ no \x1b]8;id=1;http://y/\x07two"],
    ["charset", "\x1b(0lqk\x1b(Babc\x1b)0\x0elqqk\x0f z\x1b7\x0e\x1b8q"],
    ["margins", "\x1b[2;4r\x1b[?6h\x1b[1;1Ha\r\nb\r\nc\r\nd\r\ne\x1b[?6l"],
    ["tabs", "\x1b[3g\x1b[5G\x1bH\x1b[11G\x1bH\r\tx\ty\r\n"],
    [
      "modes",
      "\x1b[?1;7;25;45;1003;1006;1004;2004h\x1b[4hins\x1b[D\x1b[Dx\x1b[4l\x1b[?7l\x1b=\x1b[5 q\x1b[20h\x1b[?2026h",
    ],
    ["title", "\x1b]0;ti tle\x07x\x1b[22;0t\x1b]2;zwei\x1b\\y\x1b[23;0t"],
  ])("%s", (_, text) => check(text));
});
