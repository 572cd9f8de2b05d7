// The corpus: output of real programs (corpus/record.ts) and sequences written by hand, one for each thing that
// a screen remembers. For tests and benchmarks.

import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

export interface CorpusEntry {
  readonly name: string;
  readonly cols: number;
  readonly rows: number;
  readonly bytes: Uint8Array;
}

const folder = new URL("./corpus/", import.meta.url);

export const readRecordings = (): CorpusEntry[] =>
  readdirSync(folder)
    .map((file) => ({ file, parts: /^(.+)\.(\d+)x(\d+)\.raw\.gz$/.exec(file) }))
    .flatMap(({ file, parts }) => {
      if (parts === null) return [];
      const [, name = "", cols, rows] = parts;
      return [
        {
          name,
          cols: Number(cols),
          rows: Number(rows),
          bytes: gunzipSync(readFileSync(new URL(file, folder))),
        },
      ];
    });

const lines = (count: number, toLine: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => toLine(index)).join("\r\n");

const written: readonly (readonly [name: string, text: string])[] = [
  ["text", "hello\r\nworld"],
  ["wrapped text", `${"abcdefghij".repeat(5)}\r\nshort\r\n${"z".repeat(20)}\r\n${"y".repeat(40)}`],
  ["pending wrap", `${"a".repeat(20)}\x1b[31m\x1b7\x1b[2;20Hb\x1b[1m`],
  ["pending wrap over an erased cell", `${"a".repeat(20)}\x1b[1K\x1b[44m${"b".repeat(20)}\x1b[2K`],
  ["history", lines(20, (i) => `line ${i} ${"x".repeat(i)}`)],
  ["history of wrapped lines", lines(8, (i) => `${i}${"漢字".repeat(i * 3)}`)],
  ["history cleared", `${lines(13, (i) => "w".repeat(i * 3))}\x1b[3Jafter\x1b[2J`],
  [
    "wide characters at the margin",
    `${"漢字かな".repeat(8)}\r\na${"漢字かな".repeat(8)}\r\n\x1b[44;7m${"한글".repeat(9)}x\x1b[m`,
  ],
  [
    "torn wide characters",
    "漢字漢字\x1b[2Gx\x1b[1;31;44m\x1b[4Gy\x1b[K\r\n漢字漢字\x1b[3G\x1b[X\x1b[7m\x1b[6Gz\r\n漢字\x1b[2P\x1b[3@",
  ],
  ["clusters", "👨‍👩‍👧 x 🇩🇪🇫🇷 e\u0301 ❤️ 1️⃣ ก็ ".repeat(4)],
  ["characters that would join but did not", "e\x1b[m\u0301 🇩\x1b[m🇪 ✈\x1b[m\ufe0f 👩\x1b[m\u200d\x1b[m🚀"],
  ["byte order mark and controls", "\ufeffa\x00b\x7fc\x05\x07\u0085d\u0084e"],
  [
    "attributes",
    "\x1b[1;31mred\x1b[0m \x1b[4:3;58:2::1:2:3mcurly\x1b[24m\x1b[4mplain\x1b[38;2;1;2;3;48;5;200mboth\x1b[K\r\n\x1b[0;2;3;5;7;8;9;21;53mall\x1b[22;23m\x1b[90;107mbright\x1b[38;5;3;48;5;9m256\x1b[58;5;9;4:2mu\x1b[59mu\x1b[m",
  ],
  [
    "erased with colours",
    "\x1b[41mab\x1b[K\r\n\x1b[2K\x1b[3;5H\x1b[42m\x1b[1J\x1b[48;2;9;8;7m\x1b[4;3H\x1b[5X\x1b[L\x1b[2M\x1b[S\x1b[T",
  ],
  ["protected cells", '\x1b[1"qkeep\x1b[0"q lose\x1b[1"q\x1b[31mred\x1b[?2K\x1b[2"q\x1b[?J'],
  [
    "links",
    "\x1b]8;;http://a.example/\x1b\\link\x1b]8;;\x1b\\ no \x1b]8;id=1;http://b.example/?a;b\x07two\x1b[4mx\r\nand\x1b[2Jon",
  ],
  [
    "alternate screen",
    `one\r\ntwo\x1b[31m\x1b[?1049h\x1b[2J\x1b[3;4Halt${"w".repeat(30)}\x1b[2;4r\x1b[5;5H\x1b[?1049lback`,
  ],
  [
    "alternate screens of old",
    "a\x1b[?47hb\x1b7\x1b[32mc\x1b[?47ld\x1b[?1047he\x1b8f\x1b[?1047lg\x1b[?1048hh\x1b[?1048li",
  ],
  ["charsets", "\x1b(0lqk\x1b(Babc\x1b)0\x0elqqk\x0f z\x1b7\x0e\x1b8q\x1b*A\x1bn#\x1b+4\x1bo#[\x0fend"],
  ["charset of a saved cursor", "\x1b(0\x1b7\x1b(Bq\x1b8q\x1b[5;5Hxx"],
  ["saved cursors", "\x1b[3;7H\x1b[1;35m\x1b7\x1b[m\x1b[Hhome\x1b8saved\x1b[s\x1b[5;1Hx\x1b[uy"],
  [
    "margins and origin",
    "\x1b[2;4r\x1b[?6h\x1b[1;1Ha\r\nb\r\nc\r\nd\r\ne\x1b[3;20Hx\x1b[?6l\x1b[6;1Hbelow\x1b[r",
  ],
  ["pending wrap in origin mode", `\x1b[2;4r\x1b[?6h${"a".repeat(20)}\x1b[31m`],
  ["tab stops", "\x1b[3g\x1b[5G\x1bH\x1b[11G\x1bH\r\tx\ty\r\n\x1b[5G\x1b[g\r\tz\x1b[Z"],
  ["insert mode", "abcdef\x1b[4h\x1b[3Gxy漢e\u0301\x1b[D\x1b[4lz"],
  ["no wrap", `\x1b[?7l${"a".repeat(25)}b\x1b[?7hc`],
  ["reverse wrap", `\x1b[?45h${"a".repeat(23)}\b\b\b\b\b.`],
  [
    "modes",
    "\x1b[?1;12;25;45;1003;1006;1004;2004h\x1b=\x1b[5 q\x1b[20hx\ny\x1b[?2026h\x1b[?25l\x1b[?1000h\x1b[?1016h\x1b>\x1b[3 q\x1b[?5;1007h",
  ],
  [
    "keyboards",
    "\x1b[>1u\x1b[>5u\x1b[=2;2ux\x1b[?1049h\x1b[>3uy\x1b[<u\x1b[>4;2m\x1b[?1049l\x1b[<2u\x1b[>4m",
  ],
  ["colours", "\x1b]4;1;rgb:11/22/33;300;red\x07\x1b]11;#102030\x1b\\x\x1b]10;?\x07\x1b]104\x07\x1b]111\x07"],
  ["titles", "\x1b]0;ti tle\x07x\x1b[22;0t\x1b]2;zwei ü\x1b\\y\x1b]1;icon\x07\x1b[23;0tz"],
  ["repeat", "ab\x1b[3b e\u0301\x1b[2b漢\x1b[8bx\x1b[m\x1b[4b"],
  ["resets", "\x1b[31;4mx\x1b[?7l\x1b[2;3r\x1b[!py\x1b(0q\x1b[?1049hz\x1bcafter"],
  ["alignment", "\x1b[33m\x1b#8\x1b[2;2Hx"],
  ["columns", "abcdef\r\nghijkl\x1b[1;3H\x1b[2'}\x1b[1 @\x1b[2 A\x1b[1'~"],
  [
    "unfinished and cancelled sequences",
    '\x1b[3\x0b1mA\x1b[1;\x182mB\x1b]0;t\x1aC\x1bP$q"p\x1b\\D\x1b_x\x1b\\E\x1b[1\x1b[32mF\u009b31mG\u009d2;c1\u009cH\x1b[?\x08lI\x1b[<>mJ\x1b X',
  ],
  [
    "scroll region scrolls",
    `\x1b[2;5r\x1b[5;1H${lines(12, (i) => `s${i}`)}\x1bM\x1b[2;1H\x1bM\x1bM\x1bD\x1bE.`,
  ],
  ["history from a region at the top", `\x1b[1;4r\x1b[4;1H${lines(12, (i) => `t${i}${"u".repeat(i * 2)}`)}`],
];

/** At 20 columns and 6 rows. */
export const handWritten: readonly CorpusEntry[] = written.map(([name, text]) => ({
  name,
  cols: 20,
  rows: 6,
  bytes: Buffer.from(text),
}));
