import graphemes from "@xterm/addon-unicode-graphemes";
import headless from "@xterm/headless";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CorpusEntry, handWritten, readRecordings } from "./corpus.ts";
import { Emulator, type EmulatorGeometry } from "./emulator.ts";
import { readScreenState } from "./screen-state.ts";
import { firstDifference } from "./testing/complete-state.ts";
import { Emptied } from "./testing/emptied.ts";
import { checkEveryCut } from "./testing/every-cut.ts";

const seed = Number(process.env.CMDOP_SEED ?? 20261123);

/** What reveals state that is not on the screen. */
const probes: readonly ((emulator: Emulator) => void)[] = [
  ...[
    "\u0301x\u200d\u0301",
    "\x1b[3b",
    "Z".repeat(45),
    "\x1b8q!",
    "\r\ta\tb\tc\x1b[Zd",
    "\n\n\n\n\n\n\n\n\nx\x1bM\x1bMy",
    "\x0eq\x0fq\x1bnq#\x1boq#",
    "\b\b\b\b\b\b\b\b.",
    "\x1b[?47l\x1b8q\x1b[?47h\x1b8q",
    "\x1b[?1049lq",
    "\x1b[2K\x1b[1;1Hx\x1b[J",
    "\x1b[23;0t\x1b[<u\x1b[4mx\x1b[?6hy",
  ].map((text) => (emulator: Emulator) => emulator.write(Buffer.from(text))),
  (emulator) => {
    emulator.resize(emulator.core.terminal.cols - 7, emulator.core.terminal.rows);
    emulator.write(Buffer.from("ab"));
  },
  (emulator) => {
    emulator.resize(emulator.core.terminal.cols + 9, emulator.core.terminal.rows);
    emulator.write(Buffer.from("ab"));
  },
  (emulator) => emulator.resize(emulator.core.terminal.cols, emulator.core.terminal.rows - 2),
  (emulator) => emulator.resize(emulator.core.terminal.cols, emulator.core.terminal.rows + 3),
];

const withEmulator = <T>(geometry: EmulatorGeometry, use: (emulator: Emulator) => T): T => {
  const emulator = new Emulator(geometry);
  try {
    const result = use(emulator);
    expect(emulator.faults, "xterm failed").toBe(0);
    return result;
  } finally {
    emulator.dispose();
  }
};

interface Seen {
  readonly state: unknown;
  readonly text: string;
}

const see = (emulator: Emulator): Seen => {
  const state = readScreenState(emulator);
  return { state, text: JSON.stringify(state) };
};

const expectSame = (actual: Emulator, expected: Seen, where: string): void => {
  const { state, text } = see(actual);
  // Comparing text first: most are the same, and toEqual is slow.
  if (text !== expected.text) expect(state, where).toEqual(expected.state);
};

interface Check {
  readonly cuts: readonly number[];
  readonly scrollback: number;
  readonly hasProbes: boolean;
}

/** Snapshot of a prefix, drawn anew, is the prefix's screen; with the tail it is the whole screen. */
const check = (
  { cols, rows, bytes }: Omit<CorpusEntry, "name">,
  { cuts, scrollback, hasProbes }: Check,
): void => {
  const geometry = { cols, rows, scrollback };
  const emptied = new Emptied(geometry);
  const withEmptied = (use: (emulator: Emulator) => void): void =>
    emptied.use((emulator) => {
      use(emulator);
      expect(emulator.faults, "xterm failed").toBe(0);
    });
  withEmulator(geometry, (whole) => {
    whole.write(bytes);
    const end = see(whole);
    withEmulator(geometry, (prefix) => {
      let at = 0;
      for (const [index, cut] of cuts.entries()) {
        prefix.write(bytes.subarray(at, cut));
        at = cut;
        const snapshot = prefix.snapshot();
        withEmptied((drawn) => {
          drawn.write(snapshot.data);
          drawn.write(bytes.subarray(snapshot.offset, cut));
          expectSame(drawn, see(prefix), `drawn at ${cut}`);
          const isEqual = firstDifference(drawn, prefix) === undefined;
          if (hasProbes) {
            // One probe for each cut, in turn: all of them come by.
            const probe = probes[index % probes.length];
            withEmptied((again) => {
              again.write(snapshot.data);
              again.write(bytes.subarray(snapshot.offset, cut));
              probe?.(again);
              withEmptied((replay) => {
                replay.write(bytes.subarray(0, cut));
                probe?.(replay);
                expectSame(again, see(replay), `probe ${index % probes.length} at ${cut}`);
              });
            });
          }
          drawn.write(bytes.subarray(cut));
          expectSame(drawn, end, `continued from ${cut}`);
          // What the check of every cut rests on: equal in all stays equal in all.
          const difference = isEqual ? firstDifference(drawn, whole) : undefined;
          expect(difference, `equal at ${cut}, not at the end`).toBeUndefined();
        });
      }
    });
  });
  emptied.dispose();
};

const everyCut = (bytes: Uint8Array): number[] => Array.from({ length: bytes.length + 1 }, (_, cut) => cut);

/** Some at random, and those right after them, so that sequences are cut within. */
const sampledCuts = (bytes: Uint8Array, count: number): number[] => {
  const starts = fc.sample(fc.integer({ min: 0, max: bytes.length }), { numRuns: count, seed });
  const cuts = new Set(
    starts.flatMap((start) => [start, Math.min(bytes.length, start + 1), Math.min(bytes.length, start + 3)]),
  );
  return [...cuts].sort((a, b) => a - b);
};

describe("a viewer's own xterm", () => {
  const view = (terminal: InstanceType<typeof headless.Terminal>): unknown => ({
    type: terminal.buffer.active.type,
    cursor: [terminal.buffer.active.cursorX, terminal.buffer.active.cursorY],
    modes: terminal.modes,
    buffers: [terminal.buffer.normal, terminal.buffer.alternate].map((buffer) =>
      Array.from({ length: buffer.length }, (_, y) => [
        buffer.getLine(y)?.isWrapped,
        buffer.getLine(y)?.translateToString(true),
      ]),
    ),
  });

  it.each([...handWritten, ...readRecordings()].map((entry) => [entry.name, entry] as const))(
    "draws %s",
    async (_, { cols, rows, bytes }) => {
      const geometry = { cols, rows, scrollback: 50 };
      for (const cut of [Math.floor(bytes.length / 2), bytes.length]) {
        const emulator = new Emulator(geometry);
        emulator.write(bytes.subarray(0, cut));
        const terminal = new headless.Terminal({ ...geometry, allowProposedApi: true });
        terminal.loadAddon(new graphemes.UnicodeGraphemesAddon());
        const { data } = emulator.snapshot();
        await new Promise<void>((resolve) => terminal.write(data, resolve));
        expect(view(terminal)).toEqual(view(emulator.core.terminal));
        terminal.dispose();
        emulator.dispose();
      }
    },
  );
});

describe("snapshot + tail equals full replay", () => {
  describe("of sequences written by hand, at every byte", () => {
    it.each(handWritten.map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
      check(entry, { cuts: everyCut(entry.bytes), scrollback: 12, hasProbes: true });
    });
  });

  // A recording with one of the known limits of docs/decisions/0004-screens-and-snapshots.md in it fails here, rightly.
  describe("of recordings, at every byte", () => {
    it.each(readRecordings().map((entry) => [entry.name, entry] as const))(
      "%s",
      (_, entry) => {
        expect(checkEveryCut(entry, { scrollback: 4 })).toEqual({ cuts: entry.bytes.length + 1 });
      },
      120_000,
    );
  });

  describe("of recordings, with probes and a longer history, at a sample", () => {
    it.each(readRecordings().map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
      check(entry, { cuts: sampledCuts(entry.bytes, 6), scrollback: 50, hasProbes: true });
    });
  });

  const fuzzRuns = Number(process.env.CMDOP_FUZZ_RUNS ?? 150);
  const toCuts = (bytes: Uint8Array, fractions: readonly number[]): number[] =>
    [...new Set(fractions.map((fraction) => Math.floor(fraction * (bytes.length + 1))))].sort(
      (a, b) => a - b,
    );
  const fractions = fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), {
    minLength: 1,
    maxLength: 4,
  });

  it("of any bytes", () => {
    // Any but half a pair. What fast-check has for it makes a table of all there are, for a second.
    const character = fc
      .integer({ min: 0, max: 0x10_ffff - 0x800 })
      .map((number) => String.fromCodePoint(number < 0xd800 ? number : number + 0x800));
    const chunk = fc.oneof(
      { weight: 3, arbitrary: fc.uint8Array({ maxLength: 40 }) },
      {
        weight: 2,
        arbitrary: fc
          .array(character, { maxLength: 20 })
          .map((characters) => Buffer.from(characters.join(""))),
      },
      {
        weight: 2,
        arbitrary: fc
          .constantFrom("\x1b[", "\x1b]", "\x1bP", "\u009b", "\r\n", "\x1b_", ";", "m")
          .map((text) => Buffer.from(text)),
      },
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 20, size: "max" }), fractions, (chunks, at) => {
        const bytes = Buffer.concat(chunks);
        check({ cols: 11, rows: 4, bytes }, { cuts: toCuts(bytes, at), scrollback: 5, hasProbes: false });
      }),
      { numRuns: fuzzRuns, seed },
    );
  }, 3_600_000);

  it("of any sequences", () => {
    const number = fc.integer({ min: 0, max: 13 });
    const text = fc.constantFrom(
      "a",
      "bc",
      "漢",
      "字字",
      "e\u0301",
      "👍🏽",
      "🇩🇪",
      " ",
      "word ",
      "0123456789abcdef",
      "한글한글한글",
    );
    const color = fc.constantFrom(
      "31",
      "42",
      "1",
      "7",
      "0",
      "",
      "38;5;200",
      "48;2;1;2;3",
      "4:3",
      "24",
      "97;104",
      "27",
    );
    const sequence = fc.oneof(
      fc
        .tuple(
          number,
          number,
          fc.constantFrom(
            "A",
            "B",
            "C",
            "D",
            "E",
            "F",
            "G",
            "H",
            "I",
            "J",
            "K",
            "L",
            "M",
            "P",
            "S",
            "T",
            "X",
            "Z",
            "@",
            "d",
            "f",
            "b",
            "g",
          ),
        )
        .map(([a, b, final]) => `\x1b[${a};${b}${final}`),
      color.map((parameters) => `\x1b[${parameters}m`),
      fc
        .tuple(
          fc.constantFrom(
            "4",
            "20",
            "?1",
            "?6",
            "?45",
            "?1049",
            "?47",
            "?1047",
            "?25",
            "?2004",
            "?1006",
            "?1002",
          ),
          fc.constantFrom("h", "l"),
        )
        .map((parts) => `\x1b[${parts.join("")}`),
      fc.tuple(fc.integer({ min: 1, max: 3 }), number).map(([top, bottom]) => `\x1b[${top};${bottom}r`),
      fc.constantFrom(
        "\r",
        "\n",
        "\r\n",
        "\b",
        "\t",
        "\x0e",
        "\x0f",
        "\x1bM",
        "\x1bD",
        "\x1bE",
        "\x1bH",
        "\x1b7",
        "\x1b8",
        "\x1b(0",
        "\x1b(B",
        "\x1b)0",
        "\x1b[r",
        "\x1b[!p",
        "\x1bc",
        "\x1b#8",
        "\x1b=",
        "\x1b]2;t\x07",
      ),
      fc.constantFrom("\x1b]8;;http://a/\x07l\x1b]8;;\x07", "\x1b]8;id=x;http://b/\x07ll\x1b]8;;\x07"),
    );
    const tokens = fc.array(fc.oneof({ weight: 2, arbitrary: text }, { weight: 3, arbitrary: sequence }), {
      maxLength: 60,
      size: "max",
    });
    fc.assert(
      fc.property(tokens, fractions, (parts, at) => {
        const bytes = Buffer.from(parts.join(""));
        check({ cols: 11, rows: 4, bytes }, { cuts: toCuts(bytes, at), scrollback: 5, hasProbes: false });
      }),
      { numRuns: fuzzRuns, seed },
    );
  }, 3_600_000);
});
