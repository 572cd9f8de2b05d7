import { usageError } from "../cli-error.ts";
import type { OptionSpec } from "../table/command-spec.ts";
import { parseDuration } from "./duration.ts";
import { parseSize } from "./size.ts";

/** Option values by long name, checked against what the table says of them. */
export class Options {
  readonly #values: ReadonlyMap<string, unknown>;

  private constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  static parse(raw: Readonly<Record<string, unknown>>, specs: readonly OptionSpec[], next: string): Options {
    const values = new Map<string, unknown>();
    for (const spec of specs) {
      const value = rawValue(raw, spec.name);
      if (value === undefined) continue;
      values.set(spec.name, parseValue(spec, value, next));
    }
    return new Options(values);
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : undefined;
  }

  /** Milliseconds of a duration, bytes of a size, or an integer. */
  number(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === "number" ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value.map(String) : [];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }
}

/** The parser takes `--no-x` for "x is false", with x true where it was not given. */
const rawValue = (raw: Readonly<Record<string, unknown>>, name: string): unknown => {
  if (!name.startsWith("no-")) return raw[toCamelCase(name)];
  return raw[toCamelCase(name.slice(3))] === false ? true : undefined;
};

const parseValue = (spec: OptionSpec, value: unknown, next: string): unknown => {
  if (spec.choices && !spec.choices.includes(String(value))) {
    throw usageError(`--${spec.name} takes one of: ${spec.choices.join(", ")}.`, next);
  }
  if (spec.kind === "duration") {
    try {
      return parseDuration(String(value), `--${spec.name}`, spec.longestMs);
    } catch (cause) {
      throw usageError(cause instanceof Error ? cause.message : "", next);
    }
  }
  if (spec.kind === "integer") {
    const parsed = /^\d{1,15}$/.test(String(value)) ? Number(value) : Number.NaN;
    if (Number.isNaN(parsed)) throw usageError(`--${spec.name} takes a whole number, 0 or more.`, next);
    return parsed;
  }
  if (spec.kind === "size") {
    const bytes = parseSize(String(value));
    if (bytes === undefined) throw usageError(`--${spec.name} takes a size, as 65536, 512KiB or 2MiB.`, next);
    return bytes;
  }
  return value;
};

/** As commander names an option's value. */
export const toCamelCase = (name: string): string =>
  name.replaceAll(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
