import { Failure } from "@cmdop/base";
import { canonicalDepthMax } from "./limits.ts";

/** What `JSON.parse` can give. A member that is `undefined` counts as absent. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

const refuse = (what: string): never => {
  throw new Failure("invalid_argument", `No canonical JSON: ${what}.`);
};

// RFC 8785 3.2.2.2 takes the escapes of ECMAScript, and refuses what is not Unicode.
const writeString = (text: string): string =>
  text.isWellFormed() ? JSON.stringify(text) : refuse("a string holds half of a surrogate pair");

// RFC 8785 3.2.2.3 takes ECMAScript's shortest form; it writes -0 as 0, as String does.
const writeNumber = (value: number): string =>
  Number.isFinite(value) ? String(value) : refuse("a number is not finite");

const byUtf16 = (a: string, b: string): number => (a < b ? -1 : 1);

const isSorted = (names: readonly string[]): boolean => {
  for (let index = 1; index < names.length; index += 1) {
    if ((names[index - 1] as string) > (names[index] as string)) return false;
  }
  return true;
};

const write = (value: unknown, depth: number): string => {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      return writeNumber(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      break;
    default:
      return refuse(`a ${typeof value} is not JSON`);
  }
  if (value === null) return "null";
  if (depth >= canonicalDepthMax) return refuse(`it is nested deeper than ${canonicalDepthMax}`);
  if (Array.isArray(value)) {
    let text = "";
    for (const item of value) text += `${text === "" ? "" : ","}${write(item, depth + 1)}`;
    return `[${text}]`;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return refuse("an object is not a plain one");
  const object = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(object);
  // Text that was canonical before parses into sorted names; then there is nothing to sort.
  if (!isSorted(names)) names.sort(byUtf16);
  let text = "";
  for (const name of names) {
    const member = object[name];
    if (member === undefined) continue;
    text += `${text === "" ? "" : ","}${writeString(name)}:${write(member, depth + 1)}`;
  }
  return `{${text}}`;
};

/**
 * The JSON Canonicalization Scheme (RFC 8785): one text for one value, whatever order or spacing it had.
 * Throws `Failure("invalid_argument")` for what has no such text: a number that is not finite, a lone
 * surrogate, anything that is not JSON, or more than `canonicalDepthMax` levels.
 */
export const canonicalJson = (value: Json | object): string => write(value, 0);

const isOrdered = (value: unknown, depth: number): boolean => {
  if (typeof value !== "object" || value === null) return true;
  if (depth >= canonicalDepthMax) return false;
  if (Array.isArray(value)) return value.every((item) => isOrdered(item, depth + 1));
  const object = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(object);
  return isSorted(names) && names.every((name) => isOrdered(object[name], depth + 1));
};

/**
 * Whether `text` is the canonical form of `value`, which was parsed from it. Where the names are in order, the
 * engine's own JSON says so in half of the time; what it writes for halves of surrogates is left to `canonicalJson`.
 */
export const isCanonicalText = (text: string, value: object): boolean =>
  !text.includes("\\ud") && isOrdered(value, 0)
    ? JSON.stringify(value) === text
    : canonicalJson(value) === text;
