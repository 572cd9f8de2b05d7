import { describe, expect, it } from "vitest";
import type { OutputItem } from "./attachment-items.ts";
import { type Accepted, OutputPosition } from "./output-position.ts";

const output = (offset: number, text: string) =>
  ({ kind: "output", offset, bytes: new TextEncoder().encode(text), channel: "pty" }) as const;
const gap = (from: number, to: number) => ({ kind: "gap", from, to, reason: "slow" }) as const;
const snapshot = (offset: number) =>
  ({
    kind: "snapshot",
    offset,
    cols: 80,
    rows: 24,
    data: new Uint8Array(0),
    title: "",
    unicodeVersion: "",
  }) as const;

const feed = (position: OutputPosition, item: OutputItem): Accepted =>
  item.kind === "output"
    ? position.output(item)
    : item.kind === "gap"
      ? position.gap(item)
      : item.kind === "snapshot"
        ? position.snapshot(item)
        : [];

const short = (accepted: Accepted): unknown =>
  accepted?.map((item) => {
    if (item.kind === "output") return [item.offset, new TextDecoder().decode(item.bytes)];
    if (item.kind === "gap") return ["gap", item.from, item.to, item.reason];
    return [item.kind, item.kind === "snapshot" ? item.offset : 0];
  });

describe("where the output stands", () => {
  it.each<[string, OutputItem, unknown, number]>([
    ["the next bytes", output(10, "abc"), [[10, "abc"]], 13],
    ["bytes that begin before", output(8, "abcd"), [[10, "cd"]], 12],
    ["bytes that were all received", output(7, "abc"), [], 10],
    ["an empty chunk", output(10, ""), [], 10],
    ["bytes beyond a hole", output(11, "abc"), undefined, 10],
    ["a gap from here", gap(10, 20), [["gap", 10, 20, "slow"]], 20],
    ["a gap that begins before", gap(5, 20), [["gap", 10, 20, "slow"]], 20],
    ["a gap that lies behind", gap(5, 10), [], 10],
    ["a gap beyond a hole", gap(11, 20), undefined, 10],
    ["a snapshot at this offset", snapshot(10), [["snapshot", 10]], 10],
    [
      "a snapshot ahead, whose gap nobody declared",
      snapshot(15),
      [
        ["gap", 10, 15, "skipped"],
        ["snapshot", 15],
      ],
      15,
    ],
    ["a snapshot behind, which a terminal draws anew", snapshot(5), [["snapshot", 5]], 5],
  ])("%s", (_, item, accepted, next) => {
    const position = new OutputPosition(10, true);
    expect(short(feed(position, item))).toEqual(accepted);
    expect(position.next).toBe(next);
  });

  it.each<[OutputItem, number]>([
    [output(7, "ab"), 9],
    [gap(0, 30), 30],
    [snapshot(40), 40],
  ])("begins wherever the sender does when no offset was asked for", (item, next) => {
    const position = new OutputPosition(undefined, true);
    expect(feed(position, item)).toEqual([item]);
    expect(position.next).toBe(next);
  });

  it("does not go back for a reader of bytes", () => {
    const position = new OutputPosition(10, false);
    expect(position.snapshot(snapshot(5))).toBeUndefined();
    expect(position.next).toBe(10);
  });
});
