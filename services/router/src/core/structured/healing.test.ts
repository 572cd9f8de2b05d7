import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { healedForms } from "./healing.ts";

const parsed = (text: string): unknown[] =>
  healedForms(text).flatMap((form) => {
    try {
      return [JSON.parse(form)];
    } catch {
      return [];
    }
  });

describe("JSON is taken out of", () => {
  it.each([
    ["a fence", '```json\n{"a":1}\n```'],
    ["a fence without a name", '```\n{"a":1}\n```'],
    ["words", 'Sure: {"a":1} — anything else?'],
    ["a byte order mark", '\uFEFF{"a":1}'],
    ["commas too many", '{"a":1,}'],
    ["both", 'So: {"a":1 , } .'],
  ])("%s", (_name, text) => {
    expect(parsed(text)).toContainEqual({ a: 1 });
  });

  it("leaves what stands in texts", () => {
    expect(parsed('x {"a":"},]\\"{", "b":[1,],}')).toContainEqual({ a: '},]"{', b: [1] });
  });
});

describe("an answer that was cut", () => {
  it("is never made whole", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (value, at) => {
        const whole = JSON.stringify(value);
        const cut = whole.slice(0, 1 + (at % (whole.length - 1)));
        expect(parsed(cut)).toEqual([]);
      }),
    );
  });
});
