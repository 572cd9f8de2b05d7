import { describe, expect, it } from "vitest";
import type { ResizePolicy, Role } from "./parties.ts";
import { chooseSize, isViewport, type SizeParty } from "./size-policy.ts";

const party = (size: string, usedAt: number, changes: { role?: Role; hidden?: boolean } = {}): SizeParty => {
  const [cols = 0, rows = 0] = size.split("x").map(Number);
  const viewport = size === "" ? undefined : { cols, rows, hidden: changes.hidden ?? false };
  return { role: changes.role ?? "operator", viewport, usedAt };
};
const desk = party("200x50", 1);
const phone = party("40x20", 2);
const newest = { role: "observer", size: "10x10" } as const;

const cases: readonly [string, ResizePolicy, readonly SizeParty[], string][] = [
  ["nobody is there: it stays", "latest", [], "as it is"],
  ["the one most recently in use", "latest", [desk, phone], "40x20"],
  ["whatever the order of the list", "latest", [phone, desk], "40x20"],
  ["an observer never counts", "latest", [desk, party(newest.size, 9, { role: "observer" })], "200x50"],
  ["a hidden one never counts", "latest", [desk, party("10x10", 9, { hidden: true })], "200x50"],
  ["one without a size never counts", "latest", [desk, party("", 9)], "200x50"],
  ["only observers: it stays", "latest", [party("10x10", 9, { role: "observer" })], "as it is"],
  ["all hidden: it stays", "smallest", [party("10x10", 9, { hidden: true })], "as it is"],
  ["smallest in each direction", "smallest", [party("200x20", 1), party("90x50", 2)], "90x20"],
  ["smallest without observers", "smallest", [desk, party("10x10", 9, { role: "observer" })], "200x50"],
  ["smallest without hidden ones", "smallest", [desk, party("10x10", 9, { hidden: true })], "200x50"],
  ["fixed never changes", "fixed", [desk, phone], "as it is"],
];

describe("the size among many", () => {
  it.each(cases)("%s (%s)", (_, policy, parties, expected) => {
    const size = chooseSize(policy, parties);
    expect(size ? `${size.cols}x${size.rows}` : "as it is").toBe(expected);
  });

  it.each([
    [80, 24, true],
    [1, 1, true],
    [2000, 2000, true],
    [0, 24, false],
    [80, -1, false],
    [2001, 24, false],
    [80.5, 24, false],
    [Number.NaN, 24, false],
    [Number.POSITIVE_INFINITY, 24, false],
  ])("a viewport of %d x %d is valid: %s", (cols, rows, expected) => {
    expect(isViewport({ cols, rows, hidden: false }, 2000)).toBe(expected);
  });
});
