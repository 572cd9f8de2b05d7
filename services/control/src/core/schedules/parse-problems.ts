// Reads the fields of a plain object and collects what is wrong with them, all of it, each with its path.

import type { LocalCandidate } from "./local-text.ts";

export interface ScheduleProblem {
  /** As in `dst.gap`; empty for the whole value. */
  readonly path: string;
  readonly text: string;
  /** For a local time that is skipped or repeated: what could be meant. */
  readonly candidates?: readonly LocalCandidate[];
}

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** One object of the input. An absent field, or null, takes its default. */
export class Fields {
  readonly problems: ScheduleProblem[];
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #prefix: string;

  constructor(input: unknown, known: readonly string[], prefix = "", problems: ScheduleProblem[] = []) {
    this.problems = problems;
    this.#prefix = prefix;
    if (isPlainObject(input)) {
      this.#values = input;
    } else {
      this.#values = {};
      problems.push({ path: prefix, text: "Must be an object." });
    }
    // A mistyped name must not quietly give a default.
    for (const name of Object.keys(this.#values)) {
      if (!known.includes(name)) this.problem(name, `Unknown field; known here: ${known.join(", ")}.`);
    }
  }

  problem(name: string, text: string, candidates?: readonly LocalCandidate[]): void {
    const path = this.#prefix === "" ? name : `${this.#prefix}.${name}`;
    this.problems.push(candidates === undefined ? { path, text } : { path, text, candidates });
  }

  has(name: string): boolean {
    return (
      Object.hasOwn(this.#values, name) && this.#values[name] !== undefined && this.#values[name] !== null
    );
  }

  object(name: string, known: readonly string[]): Fields {
    const value = this.has(name) ? this.#values[name] : {};
    return new Fields(value, known, this.#prefix === "" ? name : `${this.#prefix}.${name}`, this.problems);
  }

  text(name: string, fallback: string): string;
  text(name: string, fallback: null): string | null;
  text(name: string, fallback: string | null): string | null {
    if (!this.has(name)) return fallback;
    const value = this.#values[name];
    if (typeof value === "string") return value;
    this.problem(name, "Must be a text.");
    return fallback;
  }

  boolean(name: string, fallback: boolean): boolean {
    if (!this.has(name)) return fallback;
    const value = this.#values[name];
    if (typeof value === "boolean") return value;
    this.problem(name, "Must be true or false.");
    return fallback;
  }

  whole(name: string, fallback: number, range: { readonly min: number; readonly max: number }): number {
    if (!this.has(name)) return fallback;
    const value = this.#values[name];
    if (
      typeof value === "number" &&
      Number.isSafeInteger(value) &&
      value >= range.min &&
      value <= range.max
    ) {
      return value;
    }
    this.problem(name, `Must be a whole number from ${range.min} to ${range.max}.`);
    return fallback;
  }

  oneOf<const Value extends string>(name: string, values: readonly Value[], fallback: Value): Value {
    if (!this.has(name)) return fallback;
    const found = values.find((each) => each === this.#values[name]);
    if (found !== undefined) return found;
    this.problem(name, `Must be one of ${values.join(", ")}.`);
    return fallback;
  }

  someOf<const Value extends string>(
    name: string,
    values: readonly Value[],
    fallback: readonly Value[],
  ): readonly Value[] {
    if (!this.has(name)) return fallback;
    const given = this.#values[name];
    if (Array.isArray(given) && given.every((each) => values.includes(each))) {
      return values.filter((each) => given.includes(each));
    }
    this.problem(name, `Must be a list of ${values.join(", ")}.`);
    return fallback;
  }
}
