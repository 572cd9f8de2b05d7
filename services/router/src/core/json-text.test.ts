import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasMembers, type JsonObject, parseJsonText, setMembers } from "./json-text.ts";

describe("setMembers", () => {
  it.each([
    ["an empty object", "{ }", { a: 1 }, '{"a":1 }'],
    [
      "a value of each kind",
      '{"a":"x\\"}","b":[{"a":1}],"c":{"a":[]},"d":-1.5e3 ,"e":null}',
      { a: 1, d: 2 },
      '{"a":1,"b":[{"a":1}],"c":{"a":[]},"d":2 ,"e":null}',
    ],
    ["a name with an escape", '{"\\u0061":1}', { a: 2 }, '{"\\u0061":2}'],
    ["a name that stands twice", '{"a":1,"b":2,"a":3}', { a: 0 }, '{"a":0,"b":2,"a":0}'],
    ["a new one before the others", '{"b":2}', { a: 1 }, '{"a":1,"b":2}'],
    ["backslashes before a quote", '{"x":"\\\\","a":1}', { a: 2 }, '{"x":"\\\\","a":2}'],
    [
      "a number that no double holds",
      '{"n":12345678901234567890,"a":1}',
      { a: 2 },
      '{"n":12345678901234567890,"a":2}',
    ],
    ["undefined changes nothing", '{"a":1}', { a: undefined }, '{"a":1}'],
  ])("%s", (_name, text, members: JsonObject, expected) => {
    expect(setMembers(text, members)).toBe(expected);
  });

  it.each([
    ["the first", '{"a":1, "b":2,"c":3}', ["a"], {}, '{"b":2,"c":3}'],
    ["the last", '{"a":1, "b": 20000000000000000001}', ["a"], {}, '{"b": 20000000000000000001}'],
    ["all", '{"a":[{"b":1}] }', ["a"], { c: 1 }, '{"c":1}'],
    ["each of two", '{"a":1,"b":2,"a":3}', ["a"], { b: 4 }, '{"b":4}'],
    ["one that is not there", '{ "a":1 }', ["b"], {}, '{ "a":1 }'],
  ])("takes out %s", (_name, text, removed, members: JsonObject, expected) => {
    expect(setMembers(text, members, removed)).toBe(expected);
  });

  it("changes what it is told and nothing else, whatever the object and its spacing", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.constantFrom("model", "stream", "a", ""), fc.jsonValue()),
        fc.nat(4),
        (object, members, spaces) => {
          const text = JSON.stringify(object, undefined, spaces);
          const expected = { ...JSON.parse(text), ...JSON.parse(JSON.stringify(members)) };
          expect(JSON.parse(setMembers(text, JSON.parse(JSON.stringify(members))))).toEqual(expected);
        },
      ),
    );
  });
});

describe("hasMembers", () => {
  const has = (text: string, members: JsonObject): boolean => hasMembers(text, JSON.parse(text), members);

  it.each([
    ["the same text", '{ "model":"a", "n":1}', { model: "a" }, true],
    ["the name quoted in a text", '{"model":"a","x":"\\"model\\""}', { model: "a" }, true],
    ["a member that is not to be set", '{"model":"a"}', { model: "a", stream_options: undefined }, true],
    ["another value", '{"model":"b"}', { model: "a" }, false],
    ["a name that is not there", '{"n":1}', { model: "a" }, false],
    ["a name that stands twice", '{"model":"b","model":"a"}', { model: "a" }, false],
    ["a second one with an escape", '{"m\\u006fdel":"b","model":"a"}', { model: "a" }, false],
    ["one that is deeper", '{"x":{"model":"b"},"model":"a"}', { model: "a" }, false],
    ["an object", '{"model":{}}', { model: {} }, false],
  ])("%s: %s %o is %s", (_name, text, members: JsonObject, expected) => {
    expect(has(text, members)).toBe(expected);
  });

  it("says so only where setting them changes nothing", () => {
    const name = fc.constantFrom('"model"', '"m\\u006fdel"', '"n"', '"x"');
    const value = fc.constantFrom('"a"', '"b"', "1", '"\\"model\\""', '{"model":"a"}', '"\\u0061"');
    const objects = fc
      .array(fc.tuple(name, value), { maxLength: 5 })
      .map((pairs) => `{${pairs.map(([one, other]) => `${one}:${other}`).join(",")}}`);
    fc.assert(
      fc.property(objects, fc.constantFrom("a", "b", 1), (text, model) => {
        expect(!has(text, { model }) || setMembers(text, { model }) === text).toBe(true);
      }),
    );
  });
});

describe("parseJsonText", () => {
  it.each(["[]", "1", "null", '"x"', "{", ""])("%s is no object", (text) => {
    expect(parseJsonText(text).kind).toBe("invalid");
  });

  it("is not tried where it would take far more memory than the text, and is for a long text of few parts", () => {
    const list = (item: string, count: number): string => `{"a":[${Array(count).fill(item).join(",")}]}`;
    expect(
      [list("{}", 1_100_000), list("[]", 1_100_000), list("{}", 900_000), list("0.25", 3_000_000)].map(
        (text) => parseJsonText(text).kind,
      ),
    ).toEqual(["invalid", "invalid", "object", "object"]);
  });

  it("never quotes what it could not parse", () => {
    expect(JSON.stringify(parseJsonText('{"prompt": secret}'))).not.toContain("secret");
  });
});
