import { expect, test } from "vitest";
import { splitLines } from "./split-lines.ts";

const linesOf = async (chunks: readonly Uint8Array[]): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of splitLines(chunks)) lines.push(line);
  return lines;
};

test("lines are the same wherever the chunks were cut, also inside a character", async () => {
  const bytes = Buffer.from("Ü\n\n😀x\nlast");
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    expect(await linesOf([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(["Ü", "", "😀x", "last"]);
  }
});

test("bytes that are no UTF-8 never pass for a replacement character that was written", async () => {
  const written = Buffer.from('{"a":"\ufffd"}\n{"b":1}\n');
  const [first = ""] = await linesOf([written]);
  const damaged = Buffer.from(written.toString("latin1").replace("\u00ef\u00bf\u00bd", "\u00ff"), "latin1");
  const lines = await linesOf([damaged]);
  expect(lines[0]).not.toBe(first);
  expect(lines[1]).toBe('{"b":1}');
});
