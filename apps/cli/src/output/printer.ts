import type { CliError } from "../cli-error.ts";
import { type Io, writeOut } from "../io.ts";
import { commandTable } from "../table/command-table.ts";
import { createStyle, isColoured, type Style } from "./style.ts";
import { type Column, formatTable } from "./table.ts";

/** Results go to stdout, everything else to stderr. */
export interface Printer {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  /** Whether a person reads stdout. */
  readonly isTerminal: boolean;
  readonly style: Style;
  readonly errorStyle: Style;
  /** A text with its commands as they are typed here: in the clone with npx before them. */
  typed(text: string): string;
  line(text: string): Promise<void>;
  bytes(bytes: Uint8Array): Promise<void>;
  /** One JSON value: indented where a person reads it, on one line otherwise. */
  json(value: unknown): Promise<void>;
  /** One JSON value on one line, of a stream of them. */
  ndjson(value: unknown): Promise<void>;
  /** A table, or with --json an array of `toJson`, or with -q the ids. */
  list<Row>(
    rows: readonly Row[],
    columns: readonly Column<Row>[],
    options: { toJson(row: Row): unknown; id(row: Row): string; emptyNote: string },
  ): Promise<void>;
  /** For people, on stderr; not with -q. */
  note(text: string): void;
  error(error: CliError): void;
}

export const createPrinter = (
  io: Io,
  options: { readonly isJson: boolean; readonly isQuiet: boolean; readonly isColourRefused: boolean },
): Printer => {
  const isTerminal = io.stdout.isTTY === true;
  const style = createStyle(isColoured(io.stdout, io.env, options.isColourRefused));
  const errorStyle = createStyle(isColoured(io.stderr, io.env, options.isColourRefused));
  const typed = (text: string) => (io.env.npm_command === "exec" ? withNpx(text) : text);
  const line = (text: string) => writeOut(io.stdout, `${text}\n`);
  const json = (value: unknown) => line(JSON.stringify(value, undefined, isTerminal ? 2 : undefined));
  return {
    isJson: options.isJson,
    isQuiet: options.isQuiet,
    isTerminal,
    style,
    errorStyle,
    typed,
    line,
    json,
    bytes: (bytes) => writeOut(io.stdout, bytes),
    ndjson: (value) => line(JSON.stringify(value)),
    list: async (rows, columns, { toJson, id, emptyNote }) => {
      if (options.isJson) return json(rows.map(toJson));
      if (options.isQuiet) return rows.length === 0 ? undefined : line(rows.map(id).join("\n"));
      if (rows.length === 0) {
        io.stderr.write(`${errorStyle.dim(typed(emptyNote))}\n`);
        return;
      }
      const cells = isTerminal ? (io.stdout.columns ?? 80) : undefined;
      await writeOut(io.stdout, formatTable(rows, columns, { columns: cells, style }));
    },
    note: (text) => {
      if (!options.isQuiet) io.stderr.write(`${errorStyle.dim(typed(text))}\n`);
    },
    error: (error) => {
      if (options.isJson) {
        const { code, what, why, next } = error;
        io.stderr.write(`${JSON.stringify({ error: { code, what, why, next } })}\n`);
        return;
      }
      const { red, dim } = errorStyle;
      io.stderr.write(`${red("cmdop:")} ${error.what}\n  ${error.why}\n  ${dim(typed(error.next))}\n`);
      if (io.env.CMDOP_DEBUG) io.stderr.write(`${error.stack ?? ""}\n${describeCause(error.cause)}`);
    },
  };
};

const firstWords = new Set(commandTable.map(({ name }) => name.split(" ")[0]));

/** For whoever typed `npx cmdop`, as one does in the clone: commands that are named can be typed as they stand there. */
const withNpx = (text: string): string =>
  text.replaceAll(/(?<!npx )\bcmdop ([a-z-]+)/g, (found, word: string) =>
    firstWords.has(word) || word.startsWith("--") ? `npx ${found}` : found,
  );

const describeCause = (cause: unknown): string =>
  cause instanceof Error ? `caused by ${cause.stack ?? cause.message}\n${describeCause(cause.cause)}` : "";
