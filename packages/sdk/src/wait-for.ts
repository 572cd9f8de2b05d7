import { Failure } from "@cmdop/base";
import type { Attachment } from "./attachment.ts";
import type { OutputChunk, OutputItem } from "./attachment-items.ts";
import type { Exit } from "./session.ts";
import { WaitWindow } from "./wait-window.ts";

/** What to wait for: the first that happens ends the wait. Give at least one of pattern, idleMs and exit. */
export interface WaitOptions {
  /** Text or expression(s) to find in the output, also across chunks. */
  readonly pattern?: string | RegExp | readonly (string | RegExp)[];
  /** No output for this long. */
  readonly idleMs?: number;
  /** The execution's end. The wait ends then in any case; without `exit` as "ended". */
  readonly exit?: boolean;
  readonly timeoutMs?: number;
  /** Search in the text without terminal sequences (default), or in the raw text. */
  readonly in?: "plain" | "raw";
  /** How far back a match may begin, in characters. Default 65,536. */
  readonly windowChars?: number;
  /** Sees every item that the wait reads, such as to show it. */
  readonly onItem?: (item: OutputItem) => void;
  readonly signal?: AbortSignal;
}

/** Why the wait ended. `offset` is where the next wait or read goes on. */
export type WaitResult =
  | {
      readonly reason: "pattern";
      /** Index in `pattern` when it is a list, else 0. */
      readonly index: number;
      readonly text: string;
      readonly groups: Readonly<Record<string, string>>;
      readonly offset: number;
    }
  | { readonly reason: "idle" | "timeout"; readonly offset: number }
  | { readonly reason: "exit" | "ended"; readonly exit: Exit; readonly offset: number };

interface Match {
  readonly index: number;
  readonly text: string;
  readonly groups: Readonly<Record<string, string>>;
  /** In the window's text. */
  readonly start: number;
  readonly end: number;
}

const defaultWindowChars = 65_536;

const toExpressions = (pattern: WaitOptions["pattern"]): RegExp[] => {
  if (pattern === undefined) return [];
  const list = typeof pattern === "string" || pattern instanceof RegExp ? [pattern] : pattern;
  return list.map((one) =>
    // A global or sticky expression would remember where it was.
    typeof one === "string"
      ? new RegExp(one.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      : new RegExp(one.source, one.flags.replace(/[gy]/g, "")),
  );
};

/** The match that begins first; of several, the first in the list. */
const firstMatch = (expressions: readonly RegExp[], text: string): Match | undefined => {
  let best: Match | undefined;
  for (const [index, expression] of expressions.entries()) {
    const found = expression.exec(text);
    if (!found || (best && best.start <= found.index)) continue;
    const [whole] = found;
    best = {
      index,
      text: whole,
      groups: { ...found.groups },
      start: found.index,
      end: found.index + whole.length,
    };
  }
  return best;
};

/** An attachment whose reader can give a part of a chunk back. */
interface Rereadable extends Attachment {
  unread(rest: OutputChunk): void;
}

const canUnread = (attachment: Attachment): attachment is Rereadable => "unread" in attachment;

/**
 * Reads the attachment's output until something happens. What follows a match stays for the next reader. Rejects
 * with the Failure that ended the attachment, or the reason of an aborted signal; neither detaches.
 */
export const waitFor = async (attachment: Attachment, options: WaitOptions): Promise<WaitResult> => {
  const expressions = toExpressions(options.pattern);
  const { idleMs, timeoutMs, signal } = options;
  if (expressions.length === 0 && idleMs === undefined && !options.exit) {
    throw new Failure("invalid_argument", "Nothing to wait for: give pattern, idleMs or exit.");
  }
  const window = new WaitWindow(options.windowChars ?? defaultWindowChars, options.in !== "raw");
  const endMs = timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  let quietMs = performance.now() + (idleMs ?? Number.POSITIVE_INFINITY);
  let offset = attachment.consumedOffset ?? attachment.receivedOffset ?? 0;
  for (;;) {
    const untilMs = Math.min(endMs, quietMs);
    const read = await readUntil(attachment, untilMs, signal);
    if (read === "late") return { reason: quietMs <= endMs ? "idle" : "timeout", offset };
    if (read === undefined) throw new Failure("cancelled", "It was detached.");
    options.onItem?.(read);
    if (read.kind === "exit") {
      return { reason: options.exit ? "exit" : "ended", exit: read.exit, offset: read.exit.finalOffset };
    }
    if (read.kind === "gap" || read.kind === "snapshot") window.clear();
    if (read.kind === "gap") offset = read.to;
    if (read.kind === "snapshot") offset = read.offset;
    if (read.kind !== "output") continue;
    offset = read.offset + read.bytes.length;
    if (idleMs !== undefined) quietMs = performance.now() + idleMs;
    if (expressions.length === 0) continue;
    window.push(read);
    const match = firstMatch(expressions, window.text);
    if (!match) continue;
    const after = window.offsetAfter(match.end) ?? offset;
    if (after < offset && after >= read.offset && canUnread(attachment)) {
      attachment.unread({ ...read, offset: after, bytes: read.bytes.subarray(after - read.offset) });
      offset = after;
    }
    const { index, text, groups } = match;
    return { reason: "pattern", index, text, groups, offset };
  }
};

/** One read that gives up at `untilMs` without losing an item. */
const readUntil = async (
  attachment: Attachment,
  untilMs: number,
  signal: AbortSignal | undefined,
): Promise<OutputItem | undefined | "late"> => {
  if (untilMs === Number.POSITIVE_INFINITY) return attachment.read(signal ? { signal } : {});
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), Math.max(0, untilMs - performance.now()));
  try {
    return await attachment.read({ signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal });
  } catch (cause) {
    if (late.signal.aborted && !signal?.aborted && cause === late.signal.reason) return "late";
    throw cause;
  } finally {
    clearTimeout(timer);
  }
};
