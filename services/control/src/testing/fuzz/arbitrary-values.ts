// Values for a schema of the document: such as it asks for, such as nobody asked for, and the one inside the other.
import fc from "fast-check";
import type { ApiDocument, JsonSchema } from "./api-document.ts";

/** Stands for something that an earlier answer gave; which one is known when the request is sent. */
export class Pick {
  readonly of: string;
  readonly index: number;
  constructor(of: string, index: number) {
    this.of = of;
    this.index = index;
  }
}

export const pick = (of: string): fc.Arbitrary<Pick> => fc.nat(10_000).map((index) => new Pick(of, index));

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "\0",
    "a\0b",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "..",
    "../../etc/passwd",
    "%00",
    "%",
    "'; drop table accounts; --",
    '"',
    "\\",
    "*",
    "{}",
    "null",
    "undefined",
    "NaN",
    "-0",
    "1e999",
    "9007199254740993",
    "99999999999999999999",
    "-1",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u0301",
    "\ufeff",
    "😀".repeat(40),
    "x".repeat(300),
    "x".repeat(9_000),
    "0000-00-00T00:00:00Z",
    "+275760-09-13T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "2026-02-30",
    "::ffff:1.2.3.4",
    "http://[::1",
    "javascript:alert(1)",
    "cmdop_cli_0_0",
  ),
  // fast-check's own unit "binary" costs a second and 100 MB of a process: a table of all characters.
  fc
    .array(fc.nat(0x10ffff), { maxLength: 40 })
    .map((points) => String.fromCodePoint(...points).toWellFormed()),
  fc.string({ maxLength: 40 }),
);

export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53,
    -(2 ** 53),
    1e300,
    [],
    {},
    [[[[]]]],
    JSON.parse('{"__proto__":{"isAdmin":true}}'),
    { constructor: { prototype: {} } },
    { toString: null, valueOf: 1 },
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.array(hostileText, { maxLength: 4 }),
  fc.constant(Array.from({ length: 1_500 }, (_, index) => `item-${index}`)),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
);

const number = (value: unknown, orElse: number): number => (typeof value === "number" ? value : orElse);

const ofText = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  const minLength = number(schema.minLength, 0);
  const maxLength = Math.min(number(schema.maxLength, 40), 200);
  switch (schema.format) {
    case "date-time":
      return fc
        .date({ min: new Date("2020-01-01"), max: new Date("2032-01-01"), noInvalidDate: true })
        .map((date) => date.toISOString());
    case "date":
      return fc
        .date({ min: new Date("2020-01-01"), max: new Date("2032-01-01"), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10));
    case "email":
      return fc.integer({ min: 1, max: 50 }).map((index) => `person-${index}@example.org`);
    case "uri":
      return fc.constantFrom("https://127.0.0.1:9/", "http://127.0.0.1:9/v1", "https://127.0.0.1:9/x?y=z");
    default:
  }
  const any = fc.string({ unit: "grapheme", minLength: Math.min(minLength, maxLength), maxLength });
  const ids = pick("id");
  if (typeof schema.pattern !== "string") {
    return fc.oneof(
      any,
      fc.constantFrom("operator", "viewer", "* * * * *", "Europe/Berlin", "/account"),
      ids,
    );
  }
  // Patterns with what stringMatching does not know get text that may not match.
  try {
    return fc.stringMatching(new RegExp(schema.pattern), { size: "small" });
  } catch {
    return any;
  }
};

/** Values that the schema (mostly) allows. Deep ones end in their smallest form. */
export const validValue = (document: ApiDocument, schema: JsonSchema, depth = 0): fc.Arbitrary<unknown> => {
  const inner = (one: unknown): fc.Arbitrary<unknown> => validValue(document, one as JsonSchema, depth + 1);
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return validValue(document, document.components.schemas[name] ?? {}, depth);
  }
  for (const several of [schema.anyOf, schema.oneOf]) {
    if (Array.isArray(several)) return fc.oneof(...several.map(inner));
  }
  if ("const" in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  switch (schema.type) {
    case "string":
      return ofText(schema);
    case "integer":
    case "number": {
      const min = Math.max(number(schema.minimum, 0), -(2 ** 31));
      const max = Math.max(min, Math.min(number(schema.maximum, 2 ** 53 - 1), 2 ** 53 - 1));
      const whole = fc.oneof(
        fc.integer({ min, max: Math.min(max, min + 1_000) }),
        fc.maxSafeInteger().map((value) => Math.min(max, Math.max(min, value))),
      );
      return whole;
    }
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(inner(schema.items ?? {}), {
        minLength: number(schema.minItems, 0),
        maxLength: Math.max(
          number(schema.minItems, 0),
          Math.min(number(schema.maxItems, 3), depth > 3 ? 0 : 3),
        ),
      });
    case "object":
      return objectOf(document, schema, depth);
    default:
      return hostileValue;
  }
};

const objectOf = (document: ApiDocument, schema: JsonSchema, depth: number): fc.Arbitrary<unknown> => {
  const properties = (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = ((schema.required ?? []) as string[]).filter((name) => name in properties);
  const record = fc.record(
    Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [name, validValue(document, one, depth + 1)]),
    ),
    { requiredKeys: required },
  );
  if (typeof schema.additionalProperties !== "object") return record;
  const names = validValue(document, (schema.propertyNames ?? { type: "string" }) as JsonSchema, depth + 1);
  const entries = fc.array(
    fc.tuple(names, validValue(document, schema.additionalProperties as JsonSchema, depth + 1)),
    { maxLength: 3 },
  );
  return fc.tuple(record, entries).map(([known, further]) => ({
    ...(known as object),
    ...Object.fromEntries(further.map(([name, value]) => [String(name), value])),
  }));
};

/** A value of which one place, found by the numbers, holds what nobody asked for. */
export const spoilt = (valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(valid, fc.array(fc.nat(100), { minLength: 1, maxLength: 4 }), hostileValue, hostileText)
    .map(([value, place, poison, name]) => spoil(value, place, poison, name));

const spoil = (value: unknown, place: readonly number[], poison: unknown, name: string): unknown => {
  const [here = 0, ...rest] = place;
  if (place.length === 0 || typeof value !== "object" || value === null || value instanceof Pick)
    return poison;
  if (Array.isArray(value)) {
    if (value.length === 0) return [poison];
    return value.map((item, index) =>
      index === here % value.length ? spoil(item, rest, poison, name) : item,
    );
  }
  const keys = Object.keys(value);
  const key = keys[here % (keys.length + 1)];
  const changed = Object.fromEntries(Object.entries(value));
  Object.defineProperty(changed, key ?? name, {
    value: key === undefined ? poison : spoil(changed[key], rest, poison, name),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return changed;
};
