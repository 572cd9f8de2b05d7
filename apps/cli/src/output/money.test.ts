import { expect, it } from "vitest";
import { parseDollars, toDollarText } from "./money.ts";

it.each([
  ["25", 25_000_000, "$25.00"],
  ["0.5", 500_000, "$0.50"],
  ["$1.000001", 1_000_001, "$1.000001"],
  ["0", 0, "$0.00"],
  ["999999999.999999", 999_999_999_999_999, "$999999999.999999"],
])("%s is %i micros, exactly, and reads %s", (text, micros, shown) => {
  expect(parseDollars(text)).toBe(micros);
  expect(toDollarText(micros)).toBe(shown);
});

it.each(["", "-1", "1,5", "1.0000001", "1e3", "NaN"])("%j is no amount", (text) => {
  expect(() => parseDollars(text)).toThrow("is no amount of dollars");
});
