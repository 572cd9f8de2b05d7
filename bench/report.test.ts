import { describe, expect, it } from "vitest";
import { isReached, type Row, toTable } from "./report.ts";

const row: Row = { what: "requests", ours: 12, unit: "1/s", target: { atLeast: 5, of: "ratio" } };
const reachedIn = (measured: Row): string | undefined => toTable([measured]).split("\n")[2]?.split(" | ")[5];

describe("a row of a benchmark", () => {
  it.each([
    ["whose ratio reaches the target", { ...row, peer: { name: "peer", value: 2 } }, true, "yes"],
    ["whose ratio does not", { ...row, peer: { name: "peer", value: 4 } }, false, "**no**"],
    ["whose peer was not there", row, undefined, "not measured: peer absent"],
    ["whose figure needs no peer", { ...row, target: { atMost: 1, of: "figure" } }, false, "**no**"],
  ] as const)("%s says so", (_what, measured, reached, text) => {
    expect([isReached(measured), reachedIn(measured)]).toEqual([reached, text]);
  });
});
