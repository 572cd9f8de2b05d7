// A JSON object kept as the text that came. Members are read from the parsed value and changed in the text, so that
// whatever the router does not know (large numbers, order, spacing) travels on untouched.

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [name: string]: JsonValue | undefined };

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A member's place in the text: from its name's first quote to the end of its value. */
interface Span {
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

export type JsonText =
  | { readonly kind: "object"; readonly text: string; readonly value: JsonObject }
  | { readonly kind: "invalid"; readonly reason: string };

/** A text up to here cannot grow to what is worth counting. */
const uncountedChars = 1_048_576;
/** An empty object takes three characters of text and sixty bytes of memory: a full body of them would take 700 MB. */
const containersMax = 1_000_000;

/** Throws for what is no JSON, and for what would take far more memory than its text. */
export const parseJson = (text: string): unknown => {
  if (text.length > uncountedChars && hasTooManyContainers(text))
    throw new SyntaxError(`more than ${containersMax} objects and lists`);
  return JSON.parse(text);
};

/** By their first characters, those in texts among them. */
const hasTooManyContainers = (text: string): boolean => {
  let found = 0;
  for (const first of ["{", "["]) {
    for (let at = text.indexOf(first); at !== -1; at = text.indexOf(first, at + 1)) {
      found += 1;
      if (found > containersMax) return true;
    }
  }
  return false;
};

export const parseJsonText = (text: string): JsonText => {
  try {
    const value = parseJson(text);
    return isJsonObject(value)
      ? { kind: "object", text, value }
      : { kind: "invalid", reason: "it is not an object" };
  } catch {
    // The parser's own message quotes the text, which may be a prompt.
    return { kind: "invalid", reason: "it cannot be parsed" };
  }
};

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
};

/** `from` is at the opening quote; returns the place after the closing one. */
const skipString = (text: string, from: number): number => {
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === 92) slashes += 1;
    at = quote + 1;
    if (slashes % 2 === 0) return at;
  }
};

const structural = /["[\]{}]/g;
const scalarEnd = /[\s,}\]]/g;

/** Of text that is known to be valid JSON. */
const skipValue = (text: string, from: number): number => {
  const first = text[from];
  if (first === '"') return skipString(text, from);
  if (first !== "{" && first !== "[") {
    scalarEnd.lastIndex = from;
    return scalarEnd.exec(text)?.index ?? text.length;
  }
  let depth = 0;
  let at = from;
  for (;;) {
    structural.lastIndex = at;
    const found = structural.exec(text);
    if (!found) return text.length;
    if (found[0] === '"') {
      at = skipString(text, found.index);
      continue;
    }
    at = found.index + 1;
    depth += found[0] === "{" || found[0] === "[" ? 1 : -1;
    if (depth === 0) return at;
  }
};

const membersOf = (text: string): { spans: Map<string, Span[]>; open: number; isEmpty: boolean } => {
  const spans = new Map<string, Span[]>();
  const open = text.indexOf("{");
  let at = skipSpace(text, open + 1);
  const isEmpty = text[at] === "}";
  while (text[at] === '"') {
    const start = at;
    const nameEnd = skipString(text, at);
    const name = JSON.parse(text.slice(start, nameEnd)) as string;
    const valueStart = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = skipValue(text, valueStart);
    const span = { start, valueStart, end };
    const known = spans.get(name);
    if (known) known.push(span);
    else spans.set(name, [span]);
    at = skipSpace(text, end);
    if (text[at] !== ",") break;
    at = skipSpace(text, at + 1);
  }
  return { spans, open, isEmpty };
};

/** The text of the same object without these members; what stays is as it was. */
const withoutMembers = (text: string, names: readonly string[]): string => {
  if (names.length === 0) return text;
  const { spans } = membersOf(text);
  if (!names.some((name) => spans.has(name))) return text;
  const kept = [...spans].filter(([name]) => !names.includes(name)).flatMap(([, places]) => places);
  kept.sort((a, b) => a.start - b.start);
  return `{${kept.map(({ start, end }) => text.slice(start, end)).join(",")}}`;
};

/**
 * Whether each of these members stands in the text once, with this value: then the text is what setting them would give.
 * May say no where it is so. A name of letters can be written in another way only with a \\u; where the text has none,
 * a name that stands in it once, at whatever depth, is the one that was parsed.
 */
export const hasMembers = (text: string, value: JsonObject, members: JsonObject): boolean => {
  if (text.includes("\\u")) return false;
  for (const [name, wanted] of Object.entries(members)) {
    if (wanted === undefined) continue;
    if (typeof wanted === "object" || !lettersForm.test(name) || value[name] !== wanted) return false;
    const quoted = `"${name}"`;
    const at = text.indexOf(quoted);
    if (text.includes(quoted, at + quoted.length)) return false;
  }
  return true;
};

const lettersForm = /^[a-z_]+$/;

/**
 * The text of the same object with members set and others taken out. A name that stands twice gets the value at each
 * place: whichever of them the receiver takes, it is ours. `given` must be a valid JSON object.
 */
export const setMembers = (given: string, members: JsonObject, removed: readonly string[] = []): string => {
  const text = withoutMembers(given, removed);
  const { spans, open, isEmpty } = membersOf(text);
  const edits: { start: number; end: number; text: string }[] = [];
  const added: string[] = [];
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue;
    const known = spans.get(name);
    const json = JSON.stringify(value);
    if (!known) added.push(`${JSON.stringify(name)}:${json}`);
    else for (const { valueStart, end } of known) edits.push({ start: valueStart, end, text: json });
  }
  edits.sort((a, b) => a.start - b.start);
  let result = text.slice(0, open + 1);
  if (added.length > 0) result += isEmpty ? added.join(",") : `${added.join(",")},`;
  let at = open + 1;
  for (const edit of edits) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
};
