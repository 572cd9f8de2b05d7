import { describe, expect, it } from "vitest";
import { assertStorable } from "./storable-text.ts";

const nested = (text: string): unknown => {
  let value: unknown = text;
  for (let depth = 0; depth < 50_000; depth += 1) value = [value];
  return value;
};

describe("text that no database takes", () => {
  it.each([
    ["NUL in a text", { name: "a\0b" }],
    ["NUL in a name", { "a\0b": 1 }],
    ["half of a surrogate pair", { list: ["\ud800"] }],
    ["NUL in a list of lists", [[["\0"]]]],
    ["50,000 lists in each other", nested("text")],
  ])("is refused: %s", (_, value) => {
    expect(() => assertStorable(value, "")).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  });

  it.each([
    ["text of any language", { name: "Ωλ 😀\n\t" }],
    ["nothing", undefined],
    ["null", null],
    ["a number", 1],
  ])("is not found in %s", (_, value) => {
    expect(() => assertStorable(value, "")).not.toThrow();
  });
});
