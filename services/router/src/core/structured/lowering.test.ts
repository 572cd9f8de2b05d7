import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../json-text.ts";
import { lowerSchema, withoutFilledNulls } from "./lowering.ts";

const closed = (
  properties: JsonObject,
  required: readonly string[] = Object.keys(properties),
): JsonObject => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const text: JsonObject = { type: "string" };

describe("a schema that strict mode takes", () => {
  it.each([
    ["flat", closed({ a: text })],
    ["in another order", closed({ a: text, b: text }, ["b", "a"])],
    [
      "with notes",
      { $schema: "x", title: "t", description: "d", ...closed({ a: { ...text, description: "e" } }) },
    ],
    [
      "with references",
      { ...closed({ a: { $ref: "#/$defs/b" } }), $defs: { b: closed({ c: { type: "null" } }) } },
    ],
  ])("%s stays as it is", (_name, schema) => {
    expect(lowerSchema(schema)).toEqual({ schema, isChanged: false });
  });
});

describe("a schema with more", () => {
  it.each([
    [
      "an optional text",
      { type: "object", properties: { a: text } },
      closed({ a: { type: ["string", "null"] } }),
    ],
    [
      "an optional choice",
      closed({ a: { type: "string", enum: ["x"] } }, []),
      closed({ a: { type: ["string", "null"], enum: ["x", null] } }),
    ],
    [
      "an optional reference",
      { ...closed({ a: { $ref: "#/$defs/b" } }, []), $defs: { b: text } },
      { ...closed({ a: { anyOf: [{ $ref: "#/$defs/b" }, { type: "null" }] } }), $defs: { b: text } },
    ],
    ["bounds that it refuses", closed({ a: { ...text, minLength: 1 } }), closed({ a: text })],
    [
      "objects within",
      closed({ a: { type: "array", items: { type: "object", properties: { b: text } } } }),
      closed({ a: { type: "array", items: closed({ b: { type: ["string", "null"] } }) } }),
    ],
    [
      "oneOf",
      closed({ a: { oneOf: [text, { type: "null" }] } }),
      closed({ a: { anyOf: [text, { type: "null" }] } }),
    ],
    ["allOf of one", closed({ a: { allOf: [text] } }), closed({ a: text })],
  ])("%s is lowered", (_name, schema, expected) => {
    expect(lowerSchema(schema)).toEqual({ schema: expected, isChanged: true });
  });

  it.each([
    ["free names", { type: "object", additionalProperties: text }],
    ["free names within", closed({ a: { type: "object" } })],
    ["names by pattern", { ...closed({ a: text }), patternProperties: { x: text } }],
    ["allOf of several", closed({ a: { allOf: [text, {}] } })],
    ["no object", { type: "array", items: text }],
    ["a boolean", closed({ a: true })],
  ])("%s cannot be", (_name, schema) => {
    expect(lowerSchema(schema)).toBeUndefined();
  });
});

describe("nulls that were filled in", () => {
  const schema: JsonObject = {
    type: "object",
    properties: {
      a: text,
      kept: { type: ["string", "null"] },
      free: {},
      list: { type: "array", items: { $ref: "#/$defs/node" } },
    },
    required: ["must"],
    $defs: { node: { type: "object", properties: { next: { anyOf: [{ $ref: "#/$defs/node" }] } } } },
  };

  it.each<[string, JsonValue, JsonValue]>([
    [
      "are taken out",
      { a: null, must: null, kept: null, free: null },
      { must: null, kept: null, free: null },
    ],
    ["within lists and references too", { list: [{ next: { next: null } }] }, { list: [{ next: {} }] }],
    ["and nothing else is", { other: null, a: "x" }, { other: null, a: "x" }],
  ])("%s", (_name, value, expected) => {
    expect(withoutFilledNulls(value, schema, schema)).toEqual(expected);
  });

  it("that are not there leave the very value", () => {
    const value = { a: "x", list: [{ next: {} }] };
    expect(withoutFilledNulls(value, schema, schema)).toBe(value);
  });

  it("in a value of any depth and a schema that refers to itself do not overflow", () => {
    const cycle: JsonObject = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } };
    const deep = JSON.parse(`${'{"next":'.repeat(5_000)}null${"}".repeat(5_000)}`);
    const list: JsonObject = { type: "object", properties: { next: { $ref: "#" } } };
    expect(withoutFilledNulls(deep, list, list)).toBe(deep);
    expect(withoutFilledNulls({ a: null }, cycle, cycle)).toEqual({ a: null });
  });
});
