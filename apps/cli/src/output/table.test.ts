import { describe, expect, it } from "vitest";
import { createStyle, isColoured } from "./style.ts";
import { type Column, formatTable } from "./table.ts";
import { fitText, textWidth } from "./text-width.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly when: string;
}

const columns: readonly Column<Row>[] = [
  { header: "ID", value: (row) => row.id, isWhole: true },
  { header: "NAME", value: (row) => row.name },
  { header: "WHEN", value: (row) => row.when, plain: (row) => `at ${row.when}`, isWhole: true },
];
const rows: readonly Row[] = [
  { id: "ses_1", name: "build", when: "2 s" },
  { id: "ses_22", name: "日本語のとても長い名前", when: "3 min" },
];

describe("tables", () => {
  it("aligns by cells, not by characters", () => {
    expect(formatTable(rows, columns, { columns: 80 })).toBe(
      "ID      NAME                    WHEN\n" +
        "ses_1   build                   2 s\n" +
        "ses_22  日本語のとても長い名前  3 min\n",
    );
  });

  it("cuts what may be cut and never an id", () => {
    expect(formatTable(rows, columns, { columns: 26 })).toBe(
      "ID      NAME         WHEN\n" + "ses_1   build        2 s\n" + "ses_22  日本語のと…  3 min\n",
    );
  });

  it("writes a line for each value where whole ones do not fit beside each other", () => {
    expect(formatTable(rows, columns, { columns: 20 })).toBe(
      "ID    ses_1\nNAME  build\nWHEN  2 s\n\nID    ses_22\nNAME  日本語のとても長い名前\nWHEN  3 min\n",
    );
  });

  it("writes tabs, no header and whole values where no person looks", () => {
    expect(formatTable(rows, columns, { columns: undefined })).toBe(
      "ses_1\tbuild\tat 2 s\nses_22\t日本語のとても長い名前\tat 3 min\n",
    );
  });

  it("keeps a tab in a value from shifting the fields", () => {
    expect(formatTable([{ id: "a", name: "x\ty\n", when: "" }], columns, { columns: undefined })).toBe(
      "a\tx y \tat \n",
    );
  });

  it("paints without shifting", () => {
    const painted: Column<Row> = {
      header: "N",
      value: (row) => row.name,
      paint: (text, _row, style) => style.green(text),
    };
    expect(
      formatTable([{ id: "", name: "ok", when: "" }], [painted], { columns: 80, style: createStyle(true) }),
    ).toBe("\u001b[2mN\u001b[22m\n\u001b[32mok\u001b[39m\n");
  });
});

describe("text width", () => {
  it.each([
    ["", 0],
    ["abc", 3],
    ["日本", 4],
    ["👩‍👩‍👧", 2],
    ["e\u0301", 1],
    ["☺\ufe0f", 2],
    ["é", 1],
  ])("of %j", (text, cells) => {
    expect(textWidth(text)).toBe(cells);
  });

  it.each([
    ["abcdef", 4, "abc…"],
    ["日本語", 4, "日…"],
    ["abc", 3, "abc"],
    ["abc", 0, ""],
  ])("cuts %j to %d", (text, cells, fitted) => {
    expect(fitText(text, cells)).toBe(fitted);
  });
});

describe("colour", () => {
  it.each([
    [{ isTTY: true }, {}, false, true],
    [{ isTTY: false }, {}, false, false],
    [{ isTTY: true }, { NO_COLOR: "1" }, false, false],
    [{ isTTY: true }, { NO_COLOR: "" }, false, true],
    [{ isTTY: true }, { TERM: "dumb" }, false, false],
    [{ isTTY: false }, { FORCE_COLOR: "1" }, false, true],
    [{ isTTY: true }, { FORCE_COLOR: "0" }, false, false],
    [{ isTTY: false }, { FORCE_COLOR: "1", NO_COLOR: "1" }, false, false],
    [{ isTTY: true }, { FORCE_COLOR: "1" }, true, false],
  ])("of %j with %j, refused %j: %j", (output, env, isRefused, expected) => {
    expect(isColoured(output, env, isRefused)).toBe(expected);
  });
});
