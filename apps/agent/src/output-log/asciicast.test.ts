import { GapReason } from "@cmdop/protocol";
import { describe, expect, it } from "vitest";
import { type CastFacts, exportAsciicast } from "./asciicast.ts";
import type { LogItem } from "./log-reader.ts";

const facts: CastFacts = { cols: 80, rows: 24, createdAtMs: 1_700_000_000_900, title: "", argv: ["bash"] };
const output = (atMs: number, data: Buffer | string, offset = 0): LogItem => ({
  kind: "output",
  atMs,
  data: Buffer.from(data),
  offset,
  channel: 1,
});
const lines = (items: LogItem[]): string[] => [...exportAsciicast(items, facts)];
const events = (items: LogItem[]): unknown[] =>
  lines(items)
    .slice(1)
    .map((line) => (line.startsWith("#") ? line : JSON.parse(line)));

describe("asciicast v3", () => {
  it("begins with the header, the size being that of the first bytes", () => {
    const items: LogItem[] = [
      { kind: "size", atMs: 1, offset: 0, cols: 100, rows: 30, operator: "" },
      output(5, "x"),
    ];
    expect(JSON.parse(lines(items)[0] ?? "")).toEqual({
      version: 3,
      term: { cols: 100, rows: 30, type: "xterm-256color" },
      timestamp: 1_700_000_000,
      command: "bash",
    });
  });

  it("gives intervals since the event before, exact to the millisecond, never negative", () => {
    const items = [output(1_000, "a"), output(1_248, "b"), output(1_200, "c"), output(1_249, "d")];
    expect(events(items)).toEqual([
      [0, "o", "a"],
      [0.248, "o", "b"],
      [0, "o", "c"],
      [0.001, "o", "d"],
    ]);
  });

  it("puts a character together that was split over records", () => {
    const snowman = Buffer.from("☃");
    const items = [
      output(1, snowman.subarray(0, 1)),
      output(2, snowman.subarray(1)),
      output(3, snowman.subarray(0, 2)),
    ];
    expect(events(items)).toEqual([
      [0, "o", "☃"],
      [0, "o", "\ufffd"],
    ]);
  });

  it("escapes control characters so that one event is one line", () => {
    expect(lines([output(1, "\x1b[1m\r\n\0")])[1]).toBe('[0.000, "o", "\\u001b[1m\\r\\n\\u0000"]\n');
  });

  it("tells resizes, who began to type, gaps and the exit", () => {
    const items: LogItem[] = [
      output(0, "a"),
      { kind: "size", atMs: 1_000, offset: 1, cols: 90, rows: 30, operator: "ann" },
      {
        kind: "input",
        atMs: 1_000,
        offset: 1,
        operator: "ann",
        actor: 1,
        number: 1,
        bytes: 3,
        isPaste: false,
      },
      {
        kind: "input",
        atMs: 1_500,
        offset: 1,
        operator: "ann",
        actor: 1,
        number: 2,
        bytes: 3,
        isPaste: false,
      },
      { kind: "gap", from: 1, to: 9, reason: GapReason.LOST },
      { kind: "exit", atMs: 2_000, offset: 9, code: undefined, signal: "SIGTERM", reason: 2 },
    ];
    expect(events(items)).toEqual([
      [0, "o", "a"],
      [1, "r", "90x30"],
      [0, "m", "ann"],
      "# output bytes 1 to 9 are missing\n",
      [1, "x", "143"],
    ]);
  });
});
