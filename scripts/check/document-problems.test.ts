import { describe, expect, it } from "vitest";
import { findProblems, findUnwritten, variablesIn } from "./document-problems.ts";

const files = new Set(["README.md", "docs/a.md", "docs/b.md", "packages/base/src/clock.ts"]);
const problemsOf = (text: string): string[] =>
  findProblems({
    file: "docs/b.md",
    text,
    files,
    scripts: ["start", "bench:live"],
    read: (file) => `# What ${file} says`,
  });

describe("document check", () => {
  it("accepts what exists", () => {
    const text = [
      "# A heading: with signs",
      "[a](a.md) [there](a.md#what-docsamd-says) [up](../README.md) [here](#a-heading-with-signs) [web](https://example.com)",
      "`packages/base/src/clock.ts:12` `packages/base/` `npm start` `npm run bench:live`",
    ].join("\n");
    expect(problemsOf(text)).toEqual([]);
  });

  it.each([
    ["[x](gone.md)", "docs/b.md: link to gone.md, which does not exist"],
    ["[x](#gone)", "docs/b.md: link to #gone, and there is no such heading"],
    ["[x](a.md#gone)", "docs/b.md: link to a.md#gone, and there is no such heading"],
    ["`packages/gone.ts`", "docs/b.md: names packages/gone.ts, which does not exist"],
    ["`npm run gone`", "docs/b.md: npm run gone, and there is no such script"],
  ])("refuses %s", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it("names a setting that no page tells of", () => {
    const variables = variablesIn('read.port("CMDOP_A_PORT", 1); read.text("CMDOP_B"); read.text("CMDOP_B")');
    expect(findUnwritten(variables, ["| `CMDOP_A_PORT` | 1 |", "CMDOP_BEFORE"])).toEqual([
      "docs/reference: CMDOP_B is read, and no page says what it does",
    ]);
  });
});
