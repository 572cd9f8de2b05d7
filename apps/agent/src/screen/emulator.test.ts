import { describe, expect, it } from "vitest";
import { Emulator } from "./emulator.ts";
import { readScreenState } from "./screen-state.ts";
import { drawingBytesMax } from "./snapshot-writer.ts";
import { createTerminal } from "./xterm-internals.ts";

const geometry = { cols: 20, rows: 6, scrollback: 12 };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const repliesTo = (text: string): string => {
  const emulator = new Emulator(geometry);
  let replies = "";
  emulator.onReply((reply) => {
    replies += reply;
  });
  emulator.write(encode(text));
  emulator.dispose();
  return replies;
};

const firstLine = (emulator: Emulator): string =>
  emulator.core.terminal.buffer.active
    .getLine(emulator.core.terminal.buffer.active.baseY)
    ?.translateToString(true) ?? "";

const drawn = (data: Uint8Array, at = geometry): Emulator => {
  const emulator = new Emulator(at);
  emulator.write(data);
  return emulator;
};

describe("answers to queries", () => {
  it.each([
    ["DA1", "\x1b[c", "\x1b[?1;2c"],
    ["DA2", "\x1b[>c", "\x1b[>0;276;0c"],
    ["DA3, not answered", "\x1b[=c", ""],
    ["status", "\x1b[5n", "\x1b[0n"],
    ["cursor", "ab\r\nc\x1b[6n", "\x1b[2;2R"],
    ["cursor at a pending wrap", `${"a".repeat(20)}\x1b[6n`, "\x1b[1;21R"],
    ["cursor, DEC form", "\x1b[?6n", "\x1b[?1;1R"],
    ["mode that is set", "\x1b[?2004h\x1b[?2004$p", "\x1b[?2004;1$y"],
    ["mode that is not", "\x1b[?2026$p", "\x1b[?2026;2$y"],
    ["mode that is not known", "\x1b[?9999$p", "\x1b[?9999;0$y"],
    ["mode, ANSI", "\x1b[4h\x1b[4$p", "\x1b[4;1$y"],
    ["margins", "\x1b[2;5r\x1bP$qr\x1b\\", "\x1bP1$r2;5r\x1b\\"],
    ["version", "\x1b[>q", "\x1bP>|xterm.js(6.0.0)\x1b\\"],
    ["size in characters", "\x1b[18t", "\x1b[8;6;20t"],
    ["size in pixels, not answered", "\x1b[14t\x1b[16t", ""],
    ["title, never answered", "\x1b]0;echo hi\x07\x1b[20t\x1b[21t", ""],
    ["foreground", "\x1b]10;?\x07", "\x1b]10;rgb:ffff/ffff/ffff\x1b\\"],
    ["background", "\x1b]11;?\x1b\\", "\x1b]11;rgb:0000/0000/0000\x1b\\"],
    ["cursor colour", "\x1b]12;?\x07", "\x1b]12;rgb:ffff/ffff/ffff\x1b\\"],
    [
      "foreground and background",
      "\x1b]10;?;?\x07",
      "\x1b]10;rgb:ffff/ffff/ffff\x1b\\\x1b]11;rgb:0000/0000/0000\x1b\\",
    ],
    ["background that was set", "\x1b]11;#102030\x07\x1b]11;?\x07", "\x1b]11;rgb:1010/2020/3030\x1b\\"],
    [
      "background that was restored",
      "\x1b]11;#102030\x07\x1b]111\x07\x1b]11;?\x07",
      "\x1b]11;rgb:0000/0000/0000\x1b\\",
    ],
    [
      "palette",
      "\x1b]4;1;?;21;?;244;?\x07",
      "\x1b]4;1;rgb:cccc/0000/0000\x1b\\\x1b]4;21;rgb:0000/0000/ffff\x1b\\\x1b]4;244;rgb:8080/8080/8080\x1b\\",
    ],
    ["kitty keyboard, not answered: viewers differ", "\x1b[?u", ""],
    ["clipboard, not answered", "\x1b]52;c;?\x07", ""],
    ["terminfo, not answered", "\x1bP+q544e\x1b\\", ""],
    ["enquiry, not answered", "\x05", ""],
    ["several, in order", "\x1b[5n\x1b[c\x1b[6n", "\x1b[0n\x1b[?1;2c\x1b[1;1R"],
  ])("%s", (_, query, reply) => {
    expect(repliesTo(query)).toBe(reply);
  });

  it("are not caused by a snapshot", () => {
    const emulator = drawn(
      encode("\x1b]0;t\x07\x1b]11;#123456\x07\x1b[>1u\x1b[?1003;1006;2004h\x1b[31mx\x1b[?1049hy"),
    );
    let replies = "";
    const viewer = new Emulator(geometry);
    viewer.onReply((reply) => {
      replies += reply;
    });
    viewer.write(emulator.snapshot().data);
    expect(replies).toBe("");
  });
});

describe("an offset", () => {
  it("never lies inside a character", () => {
    const emulator = new Emulator(geometry);
    const offsets: number[] = [];
    for (const byte of encode("aé–👍")) {
      emulator.write(Uint8Array.of(byte));
      offsets.push(emulator.snapshot().offset);
    }
    expect(offsets).toEqual([1, 1, 3, 3, 3, 6, 6, 6, 6, 10]);
    expect(firstLine(emulator)).toBe("aé–👍");
  });

  it("lies where it lies because xterm loses characters that it gets in parts", () => {
    const { terminal, core } = createTerminal(geometry);
    core._inputHandler.parse(Uint8Array.of(0xe2, 0x80));
    core._inputHandler.parse(Uint8Array.of(0x93, 0x61));
    // When this fails, xterm has been mended: the bytes may be handed on as they come.
    expect(terminal.buffer.active.getLine(0)?.translateToString(true)).toBe("a");
  });
});

describe("hostile output", () => {
  it.each([
    ["lines inserted", "\x1b[2147483647L"],
    ["lines deleted", "\x1b[2147483647M"],
    ["scrolled up", "\x1b[2147483647S"],
    ["scrolled down", "\x1b[2147483647T"],
    ["tabs", "\x1b[2147483647I"],
    ["tabs back", "\x1b[2147483647Z"],
    ["repeated", "x\x1b[2147483647b"],
    ["erased", "\x1b[2147483647X"],
    ["columns inserted", "\x1b[2147483647'}"],
    ["erased at the last cell", "\x1b[6;20Hx\x1b[1J"],
    ["erased at the last cell, selectively", "\x1b[6;20Hx\x1b[?1J"],
  ])("%s", (_, sequence) => {
    const emulator = drawn(encode(sequence.repeat(20)));
    emulator.write(encode("\x1b[H\x1b[Jok"));
    expect([emulator.faults, firstLine(emulator)]).toEqual([0, "ok"]);
  });

  it("keeps neither endless titles nor endless links", () => {
    const emulator = drawn(
      encode(`\x1b]2;short\x07\x1b]2;${"t".repeat(5_000)}\x07\x1b]8;;http://a/${"u".repeat(5_000)}\x07link`),
    );
    expect([emulator.title, firstLine(emulator)]).toEqual(["short", "link"]);
    expect(emulator.snapshot().data.length).toBeLessThan(1_000);
  });

  it("forgets links that no cell shows", () => {
    const emulator = new Emulator({ cols: 10, rows: 3, scrollback: 0 });
    for (let i = 0; i < 20_000; i++) emulator.write(encode(`\x1b]8;;http://a/${i}\x07x\x1b]8;;\x07\r\n`));
    const ids = Array.from({ length: 20_001 }, (_, id) => emulator.links.get(id)).filter(
      (link) => link !== undefined,
    );
    expect(ids.length).toBeLessThanOrEqual(8_192);
    expect(emulator.links.get(20_000)?.uri).toBe("http://a/19999");
  });
});

describe("an unfinished sequence", () => {
  it.each([
    ["title", "\x1b]2;new title", "\x07after", "new title"],
    ["CSI", "\x1b[3", "1mafter", ""],
    ["CSI with a control inside", "\x1b[3\n", "1mafter", ""],
    ["C1 CSI", "\u009b3", "1mafter", ""],
    ["device control", "\x1bP$q", "r\x1b\\after", ""],
    ["string", "\x1b_some", "thing\x1b\\after", ""],
    ["escape", "\x1b", "[1mafter", ""],
    ["terminator", "\x1b]2;t\x1b", "\\after", "t"],
  ])("%s goes on in the viewer", (_, begin, end, title) => {
    const emulator = drawn(encode(`before${begin}`));
    const viewer = drawn(emulator.snapshot().data);
    for (const one of [emulator, viewer]) one.write(encode(end));
    expect(readScreenState(viewer)).toEqual(readScreenState(emulator));
    expect(viewer.title).toBe(title);
  });

  it.each([
    ["title", "\x1b]2;", "\x07after"],
    ["device control", "\x1bPq", "\x1b\\after"],
    ["string", "\x1b_", "\x1b\\after"],
    ["CSI", "\x1b[", "mafter"],
  ])("%s of more than 64 KiB is skipped by the viewer, and what follows it is not", (_, begin, end) => {
    const emulator = drawn(encode(`${begin}${"1".repeat(100_000)}`));
    const { data } = emulator.snapshot();
    expect(data.length).toBeLessThan(1_000);
    const viewer = drawn(data);
    viewer.write(encode(end));
    expect(firstLine(viewer)).toBe("after");
  });
});

describe("a snapshot", () => {
  it("can leave history out", () => {
    const emulator = drawn(encode(Array.from({ length: 30 }, (_, i) => `line ${i}`).join("\r\n")));
    const lines = (scrollbackLines?: number): number =>
      drawn(emulator.snapshot(scrollbackLines).data).core.terminal.buffer.normal.length;
    expect([lines(), lines(5), lines(0)]).toEqual([18, 11, 6]);
    expect(firstLine(drawn(emulator.snapshot(0).data))).toBe("line 24");
  });

  it("leaves out the oldest history, then the looks, rather than be too large", () => {
    const large = { cols: 200, rows: 50, scrollback: 2_000 };
    const emulator = new Emulator(large);
    const line = (y: number): string =>
      Array.from({ length: 200 }, (_, x) => `\x1b[38;2;${x};${y % 256};7;48;2;${y % 256};1;${x}mx`).join("");
    for (let y = 0; y < 2_050; y++) emulator.write(encode(`${line(y)}\r\n`));
    const { data } = emulator.snapshot();
    expect(data.length).toBeLessThanOrEqual(drawingBytesMax);
    expect(data.length).toBeGreaterThan(drawingBytesMax / 2);
    const viewer = drawn(data, large);
    expect(readScreenState(viewer).normal.lines.slice(-50)).toEqual(
      readScreenState(emulator).normal.lines.slice(-50),
    );

    const huge = new Emulator({ cols: 1_000, rows: 200, scrollback: 0 });
    for (let y = 0; y < 200; y++) huge.write(encode(`\x1b[${y + 1}H${line(y).repeat(5)}`));
    expect(huge.snapshot().data.length).toBeLessThanOrEqual(drawingBytesMax);
  });

  it("leaves the history of a terminal that has one alone", () => {
    const viewer = drawn(encode(Array.from({ length: 12 }, (_, i) => `mine ${i}`).join("\r\n")));
    viewer.write(drawn(encode("theirs\x1b[?1049hfull")).snapshot().data);
    const { normal } = viewer.core.terminal.buffer;
    expect(normal.getLine(0)?.translateToString(true)).toBe("mine 0");
    expect(normal.getLine(6)?.translateToString(true)).toBe("theirs");
    expect(Buffer.from(drawn(encode("x")).snapshot().data).toString()).not.toMatch(/\x1bc|\x1b\[3J/);
  });

  it("drawn over another screen gives this one", () => {
    const viewer = drawn(
      encode(
        "\x1b[2;3r\x1b[?6;1;1003;2004h\x1b(0\x1b[31;44mold\x1b[4h\x1b[?7l\x1b]8;;http://a/\x07\x1b[?1049h\x1b[5;5Hold",
      ),
    );
    const emulator = drawn(encode("new\x1b[1mer"));
    viewer.write(emulator.snapshot().data);
    const [a, b] = [readScreenState(viewer), readScreenState(emulator)];
    // What was saved before on the other screen stays; nothing shows it.
    expect({ ...a, alternate: {}, normal: { ...a.normal, saved: {} } }).toEqual({
      ...b,
      alternate: {},
      normal: { ...b.normal, saved: {} },
    });
  });
});

describe("a resize", () => {
  it("to fewer columns with a full history keeps the last lines", () => {
    const emulator = drawn(
      encode(Array.from({ length: 31 }, (_, i) => `${i} ${"w".repeat(70)}`).join("\r\n")),
    );
    emulator.write(encode("\r\nprompt $ "));
    emulator.resize(13, 6);
    const { normal } = emulator.core.terminal.buffer;
    expect(normal.getLine(normal.length - 1)?.translateToString(true)).toBe("prompt $ ");
    expect(emulator.faults).toBe(0);
  });

  it("takes any size", () => {
    const emulator = drawn(encode("hello 漢字\r\nworld"));
    for (const [cols, rows] of [
      [1, 1],
      [2, 1],
      [500, 1],
      [3, 300],
      [0, 0],
      [20, 6],
    ] as const)
      emulator.resize(cols, rows);
    emulator.write(encode("!"));
    expect(emulator.faults).toBe(0);
  });
});
