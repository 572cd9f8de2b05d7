import { expect, test } from "vitest";
import { appendEntry, emptyHead } from "./chain.ts";
import { csvHeader, formatCsvLine } from "./csv.ts";
import { draftOf } from "./testing/sample-log.ts";

const cellOf = (name: string): string => {
  const draft = draftOf(1);
  const line = formatCsvLine(appendEntry(emptyHead, { ...draft, actor: { ...draft.actor, name } }));
  const start = line.split(",", 4).join(",").length + 1;
  return line.slice(start, line.indexOf(',"0123456789abcdef"'));
};

test.each([
  ["=HYPERLINK(1)", `"'=HYPERLINK(1)"`],
  ["+1", `"'+1"`],
  ["-1", `"'-1"`],
  ["@SUM(A1)", `"'@SUM(A1)"`],
  ["\t=1", `"'\t=1"`],
  ["\r=1", `"'\r=1"`],
  ["\n=1", `"'\n=1"`],
  ["  =1", `"'  =1"`],
  ["|cmd", `"'|cmd"`],
  ["＝1", `"'＝1"`],
  ['say "hi"', '"say ""hi"""'],
  ["a,b\nc", '"a,b\nc"'],
  ["Ada=1", '"Ada=1"'],
])("the name %j becomes %s, which no spreadsheet runs", (name, cell) => {
  expect(cellOf(name)).toBe(cell);
});

test("a line has the columns of the header, and what is absent is empty", () => {
  const { target: _target, ...draft } = draftOf(1);
  const appended = appendEntry(emptyHead, { ...draft, body: {} });
  expect(csvHeader.trimEnd().split(",")).toHaveLength(19);
  expect(formatCsvLine(appended)).toBe(
    `1,"2027-01-15T08:00:01.000Z","account","acc_1","Ada Überall","0123456789abcdef","key.revoke",,,"main",` +
      `"allowed",,"req_1","127.0.0.1","cmdop/0.1.0",,,"{}","${appended.hash}"\r\n`,
  );
});
