import path from "node:path";
import { crc32 } from "node:zlib";
import { expect } from "vitest";

/** The program and arguments of the session under test. */
export const numberedLines = (inputFile: string, linesPerSecond: number): readonly string[] => [
  process.execPath,
  path.join(import.meta.dirname, "numbered-lines.mjs"),
  inputFile,
  String(linesPerSecond),
];

/** Checks a whole output: every line is there once, in order, with its checksum. Returns how many. */
export const expectWholeLines = (output: Buffer): number => {
  const text = output.toString("utf8");
  let expected = 0;
  for (const match of text.matchAll(/<([0-9a-f]+) (\d+)([^>]*)>\r\n/g)) {
    const [, checksum = "", number = "", rest = ""] = match;
    expected += 1;
    expect(Number(number)).toBe(expected);
    expect(crc32(`${number}${rest}`).toString(16)).toBe(checksum);
  }
  expect(text.slice(-40)).toContain(`last ${expected}`);
  return expected;
};
