import { systemClock } from "@cmdop/base";
import { afterEach, describe, expect, it } from "vitest";
import { type ClosableValidator, createSchemaValidator } from "./schema-validator.ts";

let validator: ClosableValidator;
afterEach(() => validator.close());

/** Empty objects as a text of so many characters: what parses to most memory. */
const objects = (chars: number): string =>
  `[${Array(Math.floor((chars - 1) / 3))
    .fill("{}")
    .join(",")}]`;
const bound = 1_048_576;

describe("what takes more memory than a schema may", () => {
  it("ends its thread alone, and its schema is not tried again", async () => {
    // So much time that memory alone can end it.
    validator = createSchemaValidator({ clock: systemClock, cpuMs: 600_000 });
    const others = ["integer", "string", "null", "boolean", "number", "array"].map((type) => ({ type }));
    const hoarder = JSON.stringify({ contains: { anyOf: others } });
    expect(await validator.validate("one", hoarder, "[1]")).toEqual({ kind: "valid" });
    expect(await validator.validate("one", hoarder, objects(bound))).toEqual({ kind: "too-slow" });
    expect(await validator.validate("two", '{"type":"integer"}', "1")).toEqual({ kind: "valid" });
    expect(await validator.validate("two", hoarder, "[1]")).toEqual({ kind: "too-slow" });
  }, 60_000);

  it("by its size alone is not looked at: parsing could end the process", async () => {
    validator = createSchemaValidator({ clock: systemClock, cpuMs: 600_000 });
    const schema = '{"type":"array"}';
    expect(await validator.validate("one", schema, objects(bound))).toEqual({ kind: "valid" });
    expect(await validator.validate("one", schema, objects(18_000_000))).toEqual({
      kind: "invalid",
      problems: ["#: It is too large to be checked."],
    });
    expect(await validator.validate("one", schema, "[]")).toEqual({ kind: "valid" });
  }, 60_000);
});

it("whose references never end is not tried again", async () => {
  validator = createSchemaValidator({ clock: systemClock, cpuMs: 600_000 });
  const endless = '{"if":{"type":"string"},"then":{"$ref":"#"}}';
  expect(await validator.validate("one", endless, "1")).toEqual({ kind: "valid" });
  expect(await validator.validate("one", endless, '"x"')).toEqual({ kind: "too-slow" });
  expect(await validator.validate("two", endless, "1")).toEqual({ kind: "too-slow" });
});
