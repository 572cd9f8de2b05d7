import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OutputFilter } from "./output-filter.ts";

const esc = "\u001b";
const st = `${esc}\\`;

const draw = (chunks: readonly (string | Uint8Array)[]): string => {
  const filter = new OutputFilter();
  return Buffer.concat(
    chunks.flatMap((chunk) => filter.push(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk)),
  ).toString("latin1");
};

const queries: readonly (readonly [string, string])[] = [
  ["DA1", `${esc}[c`],
  ["DA1 with 0", `${esc}[0c`],
  ["DA2", `${esc}[>c`],
  ["DA3", `${esc}[=0c`],
  ["DECID", `${esc}Z`],
  ["ENQ", "\u0005"],
  ["DSR", `${esc}[5n`],
  ["CPR", `${esc}[6n`],
  ["DECXCPR", `${esc}[?6n`],
  ["colour scheme", `${esc}[?996n`],
  ["DECRQM", `${esc}[?2026$p`],
  ["DECRQM of ANSI mode", `${esc}[4$p`],
  ["window size", `${esc}[18t`],
  ["title", `${esc}[21t`],
  ["XTVERSION", `${esc}[>0q`],
  ["kitty flags", `${esc}[?u`],
  ["modifyOtherKeys state", `${esc}[?4m`],
  ["sixel geometry", `${esc}[?2;1;0S`],
  ["terminal parameters", `${esc}[x`],
  ["checksum", `${esc}[1;1;1;1;10;10*y`],
  ["tab stops", `${esc}[2$w`],
  ["foreground", `${esc}]10;?${st}`],
  ["background with BEL", `${esc}]11;?\u0007`],
  ["palette", `${esc}]4;1;?;2;?${st}`],
  ["clipboard", `${esc}]52;c;?\u0007`],
  ["kitty colours", `${esc}]21;foreground=?${st}`],
  ["iTerm2 cell size", `${esc}]1337;ReportCellSize${st}`],
  ["DECRQSS", `${esc}P$qm${st}`],
  ["XTGETTCAP", `${esc}P+q544e${st}`],
  ["kitty graphics support", `${esc}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA${st}`],
];

const drawn: readonly (readonly [string, string])[] = [
  ["text", "hello\r\n"],
  ["colour", `${esc}[1;31mred${esc}[0m`],
  ["cursor keys", `${esc}[?1h${esc}=`],
  ["alternate screen", `${esc}[?1049h${esc}[H${esc}[2J`],
  ["cursor shape", `${esc}[2 q`],
  ["Linux console cursor", `${esc}[?6c`],
  ["restore cursor", `${esc}[u`],
  ["kitty push and pop", `${esc}[>1u${esc}[<u`],
  ["modifyOtherKeys", `${esc}[>4;2m`],
  ["scroll", `${esc}[3S`],
  ["push title", `${esc}[22;0t`],
  ["title", `${esc}]0;a?b${st}`],
  ["title ?", `${esc}]2;?\u0007`],
  ["hyperlink", `${esc}]8;;http://x/?a=?${st}x${esc}]8;;${st}`],
  ["set colour", `${esc}]11;#000000${st}`],
  ["clipboard", `${esc}]52;c;aGk=\u0007`],
  ["charset", `${esc}(0qqq${esc}(B`],
  ["sixel", `${esc}P0;1;0q#0;2;0;0;0~~${st}`],
  ["kitty picture", `${esc}_Ga=T,f=100;AAAA${st}`],
  ["ESC ESC", `${esc}${esc}[m`],
  ["broken OSC", `${esc}]0;abc${esc}[m`],
  ["broken CSI", `${esc}[12\n3m`],
];

describe("queries never reach the user's terminal", () => {
  it.each(queries)("%s", (_name, query) => {
    expect(draw([`a${query}b`])).toBe("ab");
    for (let cut = 1; cut < query.length; cut += 1) {
      expect(draw([`a${query.slice(0, cut)}`, `${query.slice(cut)}b`])).toBe("ab");
    }
  });
});

describe("everything else is drawn as it is", () => {
  it.each(drawn)("%s", (_name, bytes) => {
    expect(draw([bytes])).toBe(bytes);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      expect(draw([bytes.slice(0, cut), bytes.slice(cut)])).toBe(bytes);
    }
  });

  it("a picture of 1 MiB, without holding it", () => {
    const picture = `${esc}P0;1;0q${"~".repeat(1024 * 1024)}${st}x`;
    const chunks = picture.match(/[\s\S]{1,65536}/g) ?? [];
    expect(draw(chunks) === picture).toBe(true);
  });

  it("views, not copies, where nothing is taken out", () => {
    const bytes = Buffer.from(`${esc}[1mplain${esc}[m`);
    const [piece, ...rest] = new OutputFilter().push(bytes);
    expect(rest).toEqual([]);
    expect(piece?.buffer).toBe(bytes.buffer);
  });

  it("any mixture in any pieces", () => {
    const item = fc.oneof(
      fc.constantFrom(...drawn).map(([, bytes]) => ({ bytes, kept: bytes })),
      fc.constantFrom(...queries).map(([, bytes]) => ({ bytes, kept: "" })),
    );
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 10 }),
        fc.array(fc.nat(300), { maxLength: 30 }),
        (items, cuts) => {
          const all = items.map((one) => one.bytes).join("");
          const at = [...new Set(cuts.map((cut) => cut % (all.length + 1)))].sort((a, b) => a - b);
          const chunks = [0, ...at].map((from, index) => all.slice(from, at[index] ?? all.length));
          expect(draw(chunks)).toBe(items.map((one) => one.kept).join(""));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("arbitrary bytes: splitting changes nothing, text without ESC and ENQ is untouched", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        expect(draw([bytes.subarray(0, cut), bytes.subarray(cut)])).toBe(draw([bytes]));
        const plain = bytes.filter((value) => value !== 0x1b && value !== 0x05);
        expect(draw([plain])).toBe(Buffer.from(plain).toString("latin1"));
      }),
      { numRuns: 500 },
    );
  });
});

describe("bracketed paste stays on", () => {
  it.each([
    [`${esc}[?2004l`, ""],
    [`${esc}[?2004h`, ""],
    [`${esc}[?1;2004l`, `${esc}[?1;2004l${esc}[?2004h`],
    [`${esc}c`, `${esc}c${esc}[?2004h`],
    [`${esc}[!p`, `${esc}[!p${esc}[?2004h`],
  ])("after %j", (bytes, expected) => {
    expect(draw([`a${bytes}b`])).toBe(`a${expected}b`);
  });
});

describe("where something of the client's own may be drawn", () => {
  it.each([
    ["", true],
    ["abc", true],
    [`${esc}[1m`, true],
    [`abc${esc}`, true],
    [`abc${esc}[1`, true],
    ["é", true],
    ["\u65e5", true],
  ])("after %j: %j", (text, expected) => {
    const filter = new OutputFilter();
    filter.push(Buffer.from(text));
    expect(filter.isGround).toBe(expected);
  });

  it("not inside a character or a long string", () => {
    const filter = new OutputFilter();
    filter.push(Buffer.from("日").subarray(0, 2));
    expect(filter.isGround).toBe(false);
    filter.push(Buffer.from("🎉").subarray(0, 1));
    filter.push(Buffer.from("🎉").subarray(1, 2));
    expect(filter.isGround).toBe(false);
    filter.push(Buffer.from("🎉").subarray(2));
    expect(filter.isGround).toBe(true);
    filter.push(Buffer.from(`${esc}P0;1q~~~`));
    expect(filter.isGround).toBe(false);
    filter.push(Buffer.from(st));
    expect(filter.isGround).toBe(true);
  });

  it("knows what needs an undo", () => {
    const filter = new OutputFilter();
    filter.push(Buffer.from(`${esc}]11;#000\u0007${esc}]9;4;1;50\u0007`));
    expect(filter.touched).toEqual({ colours: true, progress: true });
  });
});
