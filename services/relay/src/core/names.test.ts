import { describe, expect, it } from "vitest";
import { type Named, resolveName } from "./names.ts";

const machine = (id: string, ...names: string[]): Named => ({ id, names });
const machines = [
  machine("mch_abc1", "web.example", "web"),
  machine("mch_abd2", "db.example", "db"),
  machine("mch_xyz3", "Web", "other"),
];

const cases: readonly [string, string, readonly Named[], string][] = [
  ["by id", "mch_abd2", machines, "mch_abd2"],
  ["ids are compared with case", "MCH_ABD2", machines, "none"],
  ["an exact hostname wins over an exact name", "web", machines, "mch_xyz3"],
  ["an exact name wins over prefixes", "db", machines, "mch_abd2"],
  ["names are compared without case", "OTHER", machines, "mch_xyz3"],
  ["a unique prefix of a name", "ot", machines, "mch_xyz3"],
  ["a unique prefix of an id", "mch_x", machines, "mch_xyz3"],
  ["a prefix of several", "mch_ab", machines, "mch_abc1, mch_abd2"],
  ["one character is no prefix", "o", machines, "none"],
  ["nothing fits", "nope", machines, "none"],
  ["the only one there is", "", machines.slice(0, 1), "mch_abc1"],
  ["not one of several", "", machines, "mch_abc1, mch_abd2, mch_xyz3"],
  ["nothing is there", "", [], "none"],
  ["two with one hostname", "same", [machine("mch_1", "same"), machine("mch_2", "same")], "mch_1, mch_2"],
  [
    "of two with one hostname the one that is called so",
    "vm",
    [machine("mch_1", "vm", "db"), machine("mch_2", "vm", "vm")],
    "mch_2",
  ],
  ["one whose name and id both fit is one", "ab", [machine("abc", "abx")], "abc"],
  ["without names", "ses_1", [machine("ses_11")], "ses_11"],
];

describe("finding by what a person types", () => {
  it.each(cases)("%s: %j", (_, query, items, expected) => {
    const found = resolveName(query, items, 2);
    const answer =
      found.kind === "none"
        ? "none"
        : (found.kind === "found" ? [found.item] : found.candidates).map(({ id }) => id).join(", ");
    expect(answer).toBe(expected);
  });
});
