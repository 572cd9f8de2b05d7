import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ScreenSnapshot } from "./emulator.ts";
import { Emulator } from "./emulator.ts";
import { fastForwardBytesMin } from "./fast-forward.ts";
import { ScreenQueue } from "./screen-queue.ts";
import { readScreenState } from "./screen-state.ts";

const seed = Number(process.env.CMDOP_SEED ?? 20261123);
const numRuns = Number(process.env.CMDOP_FUZZ_RUNS ?? 60);

const events = { drawn: () => {}, reply: () => {}, title: () => {}, fault: () => {} };
const geometry = { cols: 20, rows: 5, scrollback: 30 };

/** Parsed bytes of the second run, and whether both screens are the same. */
const compare = (
  before: Uint8Array,
  flood: Uint8Array,
  after: Uint8Array,
  at = geometry,
): { parsed: number } => {
  const plain = new Emulator(at);
  for (const part of [before, flood, after]) plain.write(part);
  const queue = new ScreenQueue(at, events);
  queue.write(before);
  queue.run(() => 0, Number.POSITIVE_INFINITY);
  let parsed = 0;
  const { write } = queue.emulator;
  queue.emulator.write = (bytes: Uint8Array): void => {
    parsed += bytes.length;
    write.call(queue.emulator, bytes);
  };
  queue.write(flood);
  queue.run(() => 0, Number.POSITIVE_INFINITY);
  queue.write(after);
  queue.endRest();
  queue.run(() => 0, Number.POSITIVE_INFINITY);
  expect(readScreenState(queue.emulator)).toEqual(readScreenState(plain));
  expect(queue.emulator.offset).toBe(plain.offset);
  plain.dispose();
  queue.dispose();
  return { parsed };
};

const lines = (toLine: (index: number) => string, count = 40_000): Uint8Array =>
  Buffer.from(Array.from({ length: count }, (_, index) => toLine(index)).join(""));
const none = new Uint8Array(0);

describe("fast-forward", () => {
  it.each<[name: string, before: string, flood: (index: number) => string, after: string]>([
    ["yes", "", () => "y\r\n", ""],
    ["seq", "some\r\nlines\r\n", (i) => `${i}\r\n`, "$ "],
    ["log", "", (i) => `10:00:${i % 60} INFO request ${i} took ${i % 17} ms\r\n`, "\x1b[5A\x1b[2K"],
    ["colours", "\x1b[4m", (i) => `\x1b[3${i % 8};1mlevel\x1b[0m message ${i}\x1b[K\r\n`, "x"],
    ["a background over line ends", "", (i) => `\x1b[4${i % 8}mfull ${i}\r\n\x1b[m`, "\x1b[2K"],
    ["UTF-8", "", (i) => `é 漢字 👍 ${i} ¢\r\n`, ""],
    ["lines of several rows", "", (i) => `${"0123456789".repeat(7)}${i}\r\n`, "x"],
    ["lines of several rows that do not wrap", "\x1b[?7l", (i) => `${"w".repeat(70)}${i}\r\n`, "x"],
    ["lines of exactly the width", "", (i) => `${"w".repeat(10)}${String(i).padStart(10)}\r\n`, "\x1b8"],
    ["lines without CR", "", (i) => `${i % 9}\n${i}\r\n`, "x"],
    ["long lines", "", (i) => `${"abc ".repeat(i % 40)}\r\n`, ""],
    ["a cursor that was elsewhere", "\x1b[31m\x1b[2;7Hhere", (i) => `${i}\r\n`, "\x1b8"],
    ["the alternate screen", "\x1b[?1049h\x1b[3;3H", (i) => `${i}\r\n`, "\x1b[?1049l"],
    ["an open link", "\x1b]8;;http://a/\x07", (i) => `${i}\r\n`, "\x1b]8;;\x07"],
    ["insert mode and no wrap", "\x1b[4h\x1b[?7l", (i) => `${i} ${"w".repeat(30)}\r\n`, ""],
    ["DEC graphics", "\x1b(0", (i) => `qqx${i}\r\n`, ""],
    ["new line mode", "\x1b[20h", (i) => `${i}\r\n`, ""],
  ])("%s: the same screen, mostly unparsed", (_, before, flood, after) => {
    const bytes = lines(flood);
    const { parsed } = compare(Buffer.from(before), bytes, Buffer.from(after));
    expect(parsed).toBeLessThan(bytes.length / 10);
  });

  it.each<[name: string, before: string, flood: (index: number) => string]>([
    ["margins", "\x1b[2;4r", (i) => `${i}\r\n`],
    ["cursor movement", "", (i) => (i === 29_999 ? "end\x1b[A\r\n" : `${i}\x1b[A\r\n`)],
    ["modes", "", (i) => `${i}\x1b[?7l\r\n`],
    ["charsets", "", (i) => `${i}\x0e\r\n`],
    ["C1 controls", "", (i) => `${i}\u0085\r\n`],
    ["no line feed with CR", "", (i) => `${i}\n`],
    ["no lines", "", () => "x"],
    ["pens that are never reset", "", (i) => `\x1b[38;5;${i % 256}m\x1b[1m${i}\r\n`],
  ])("%s: the same screen, parsed", (_, before, flood) => {
    const bytes = lines(flood, 30_000);
    const { parsed } = compare(Buffer.from(before), bytes, none);
    expect(parsed).toBe(bytes.length);
  });

  it("begins again after what it could not skip", () => {
    const flood = Buffer.concat([
      lines((i) => `${i}\r\n`),
      Buffer.from("\x1b[2J\x1b[3;1H"),
      lines((i) => `${i}\r\n`),
    ]);
    expect(compare(none, flood, none).parsed).toBeLessThan(flood.length / 2);
  });

  it("of any text", () => {
    const word = fc.constantFrom(
      "a",
      "word ",
      "漢字",
      "e\u0301",
      "\t",
      "\r",
      "0123456789012345678901234567",
      "\x1b[31m",
      "\x1b[m",
      "\x1b[0;1m",
      "\x1b[K",
      "\x1b[44m",
    );
    const end = fc.constantFrom("\r\n", "\r\n", "\r\n", "\n", "\x1b[m\r\n", "\r\r\n");
    const line = fc
      .tuple(fc.array(word, { maxLength: 6 }), end)
      .map(([words, last]) => words.join("") + last);
    const before = fc.constantFrom(
      "",
      "x",
      "\x1b[3;3Hx",
      "\x1b[42mx\r\n",
      "\x1b[?1049h",
      "\x1b[?7l",
      "\x1b[4:3m",
      "\x1b7",
    );
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 4, maxLength: 60, size: "max" }),
        before,
        fc.nat(3),
        (some, first, rows) => {
          const once = some.join("");
          const flood = Buffer.from(once.repeat(Math.ceil((fastForwardBytesMin * 1.7) / once.length)));
          compare(Buffer.from(first), flood, Buffer.from("\x1b8z\r\nq"), {
            ...geometry,
            rows: rows + 2,
            scrollback: rows * 5,
          });
        },
      ),
      { numRuns, seed },
    );
  }, 3_600_000);
});

describe("what rests of a flood", () => {
  const flood = lines((i) => `${i}\r\n`, 60_000);
  const run = (queue: ScreenQueue): void => queue.run(() => 0, Number.POSITIVE_INFINITY);
  const resting = (): ScreenQueue => {
    const queue = new ScreenQueue(geometry, events);
    queue.write(flood);
    run(queue);
    expect([queue.isResting, queue.isIdle]).toEqual([true, false]);
    return queue;
  };

  it("needs few more scrolls where a line has several rows", () => {
    // Enough rows and not enough lines.
    const long = Buffer.from(`${"x".repeat(30_000)}\r\n`.repeat(12));
    expect(compare(none, long, none).parsed).toBeLessThan(long.length);
  });

  it("is never drawn when more of it comes, and is the same screen in the end", () => {
    const queue = resting();
    for (let at = 0; at < flood.length; at += 10_007) {
      queue.write(flood.subarray(at, at + 10_007));
      run(queue);
      expect(queue.isResting).toBe(true);
    }
    queue.endRest();
    run(queue);
    const plain = new Emulator(geometry);
    plain.write(flood);
    plain.write(flood);
    expect(readScreenState(queue.emulator)).toEqual(readScreenState(plain));
    expect([queue.isIdle, queue.emulator.offset]).toEqual([true, 2 * flood.length]);
  });

  it.each<[what: string, ask: (queue: ScreenQueue, answer: () => void) => void]>([
    ["modes are asked for", (queue, answer) => queue.modes(answer)],
    ["a snapshot is asked for", (queue, answer) => queue.snapshot({ nowMs: 0 }, answer)],
    [
      "the size changes",
      (queue, answer) => {
        queue.resize(30, 6);
        queue.modes(answer);
      },
    ],
    [
      "something else than plain text comes",
      (queue, answer) => {
        queue.write(Buffer.from("\x1b[6n"));
        answer();
      },
    ],
  ])("is drawn whole when %s", (_, ask) => {
    const queue = resting();
    let answers = 0;
    ask(queue, () => {
      answers += 1;
    });
    run(queue);
    expect([answers, queue.isIdle]).toEqual([1, true]);
  });
});

describe("a screen's queue", () => {
  it("answers modes after all that was written, a snapshot after 20 ms of it", () => {
    let nowMs = 0;
    // Each look at the clock is a millisecond later.
    const now = (): number => nowMs++;
    const queue = new ScreenQueue(geometry, events);
    const flood = Buffer.from("\x1b[1mx\x1b[A\x1b[B".repeat(100_000));
    queue.write(flood);
    const snapshots: ScreenSnapshot[] = [];
    let modes = 0;
    queue.snapshot({ nowMs }, (snapshot) => snapshots.push(snapshot));
    queue.modes(() => {
      modes++;
    });
    queue.run(now, 50);
    expect(snapshots).toHaveLength(1);
    expect(snapshots[0]?.offset).toBeGreaterThan(0);
    expect(snapshots[0]?.offset).toBeLessThan(flood.length);
    expect(modes).toBe(0);
    queue.run(now, Number.POSITIVE_INFINITY);
    expect(modes).toBe(1);
    queue.dispose();
  });

  it("answers a snapshot, however late it is, behind every resize before it", () => {
    let nowMs = 0;
    const now = (): number => nowMs++;
    const queue = new ScreenQueue(geometry, events);
    const flood = Buffer.from("\x1b[1mx\x1b[A\x1b[B".repeat(20_000));
    queue.write(flood);
    queue.resize(30, 6);
    queue.write(flood);
    const snapshots: ScreenSnapshot[] = [];
    queue.snapshot({ nowMs: nowMs - 1_000 }, (snapshot) => snapshots.push(snapshot));
    queue.run(now, Number.POSITIVE_INFINITY);
    expect(snapshots).toMatchObject([{ cols: 30, rows: 6, offset: flood.length }]);
    queue.dispose();
  });

  it("answers at once when there is nothing to draw", () => {
    const queue = new ScreenQueue(geometry, events);
    let offset = -1;
    queue.snapshot({ nowMs: 0 }, (snapshot) => {
      offset = snapshot.offset;
    });
    expect(offset).toBe(0);
    queue.dispose();
  });

  it("draws no more than its time", () => {
    let nowMs = 0;
    const queue = new ScreenQueue(geometry, events);
    queue.write(Buffer.from("\x1b[1mx".repeat(100_000)));
    queue.run(() => nowMs++, 4);
    expect(nowMs).toBeLessThan(15);
    expect(queue.isIdle).toBe(false);
    queue.dispose();
  });
});
