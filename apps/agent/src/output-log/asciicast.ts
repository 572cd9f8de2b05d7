// asciicast v3 (https://docs.asciinema.org/manual/asciicast/v3/): a header line, then [interval, code, data] lines.

import { constants } from "node:os";
import { StringDecoder } from "node:string_decoder";
import { toDisplayText } from "@cmdop/base";
import type { LogItem } from "./log-reader.ts";

export interface CastFacts {
  readonly cols: number;
  readonly rows: number;
  readonly createdAtMs: number;
  readonly title: string;
  readonly argv: readonly string[];
}

/**
 * The lines of a recording, each with its newline, as the log is read. Characters that records split are put
 * together; bytes that are not UTF-8 become U+FFFD. What the log does not hold stands as a comment where it was;
 * a marker stands where another operator began to type (what was typed is never stored).
 */
export function* exportAsciicast(
  items: Iterable<LogItem>,
  facts: CastFacts,
): Generator<string, void, undefined> {
  let size: { cols: number; rows: number } = facts;
  let lastMs: number | undefined;
  let typist = "";
  let isHeaderDone = false;
  const decoders = new Map<number, StringDecoder>();

  const header = () => {
    isHeaderDone = true;
    const { createdAtMs, title, argv } = facts;
    return line({
      version: 3,
      term: { cols: size.cols, rows: size.rows, type: "xterm-256color" },
      timestamp: Math.floor(createdAtMs / 1_000),
      ...(argv.length > 0 && { command: toDisplayText(argv.join(" "), 512) }),
      ...(title !== "" && { title: toDisplayText(title) }),
    });
  };
  // Milliseconds as they were stored, so that rounding never adds up; a clock that went back counts as none.
  const event = (atMs: number, code: string, data: string) => {
    const interval = lastMs === undefined ? 0 : Math.max(0, atMs - lastMs);
    lastMs = Math.max(lastMs ?? atMs, atMs);
    return `[${(interval / 1_000).toFixed(3)}, ${JSON.stringify(code)}, ${JSON.stringify(data)}]\n`;
  };
  function* unfinished() {
    for (const decoder of decoders.values()) {
      const rest = decoder.end();
      if (rest !== "") yield event(lastMs ?? 0, "o", rest);
    }
  }

  for (const item of items) {
    if (item.kind === "size") {
      const isSame = item.cols === size.cols && item.rows === size.rows;
      size = item;
      if (isHeaderDone && !isSame) yield event(item.atMs, "r", `${item.cols}x${item.rows}`);
      continue;
    }
    if (!isHeaderDone) yield header();
    if (item.kind === "output") {
      const decoder = decoders.get(item.channel) ?? new StringDecoder("utf8");
      decoders.set(item.channel, decoder);
      const text = decoder.write(item.data);
      if (text !== "") yield event(item.atMs, "o", text);
    } else if (item.kind === "gap") {
      yield* unfinished();
      yield `# output bytes ${item.from} to ${item.to} are missing\n`;
    } else if (item.kind === "input") {
      if (item.operator !== typist) yield event(item.atMs, "m", toDisplayText(item.operator));
      typist = item.operator;
    } else {
      yield* unfinished();
      const status = item.code ?? exitStatusOf(item.signal);
      if (status !== undefined) yield event(item.atMs, "x", String(status));
    }
  }
  if (!isHeaderDone) yield header();
  yield* unfinished();
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

/** As a shell reports it: 128 and the signal's number. */
const exitStatusOf = (signal: string): number | undefined => {
  const number = (constants.signals as Readonly<Record<string, number>>)[signal];
  return number === undefined ? undefined : 128 + number;
};
