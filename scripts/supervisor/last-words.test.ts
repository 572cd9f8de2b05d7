import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { lastWordsOf } from "./last-words.ts";

it("the last words of a process are what stands behind its log's lines", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "cmdop-words-"));
  try {
    const file = path.join(directory, "log");
    expect(lastWordsOf(file)).toEqual([]);
    const log = `${JSON.stringify({ event: "x".repeat(300) })}\n`.repeat(50);
    writeFileSync(file, `not_configured: old\n${log}not_configured: The text.\nWhat to do.\n`);
    expect(lastWordsOf(file)).toEqual(["not_configured: The text.", "What to do."]);
    writeFileSync(file, log);
    expect(lastWordsOf(file)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
