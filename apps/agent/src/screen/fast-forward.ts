// A flood of plain text mostly scrolls away unseen. If the backlog ends with enough whole lines to fill the
// screen and its history anew, what lies before them leaves no trace, and need not be drawn.
//
// Plain is: printable characters, CR, LF, tab, SGR (CSI … m) and erase to the end of the line (CSI K). None of
// these moves the cursor upwards or changes a mode, so, with the margins at the screen's edges:
// F1 after `rows` line feeds the cursor is on the last row, whatever the row it began on;
// F2 from there each line feed scrolls, so after as many as the buffer has lines, all lines are new;
// F3 a line that begins with the cursor in column 0 depends on nothing but the pen and modes;
// F4 the pen depends on the SGR sequences since the last full reset alone, which are kept and drawn;
// F5 where lines wrap, one of n ASCII characters scrolls as often as it has rows, whatever the column it began in.
// So: draw `rows` lines, leave out up to a line that has a buffer's worth of line feeds after it, go on.

import type { Emulator } from "./emulator.ts";

/** Smaller backlogs are drawn as quickly as they are searched. */
export const fastForwardBytesMin = 64 * 1024;
/** What must be left out for the search and the copy to be worth it. */
const skipBytesMin = 32 * 1024;
/** Pens set without a reset in between; more than this is a stream that never resets, drawn as it is. */
const penBytesMax = 512;

export interface Skip {
  /** [from, to) of the backlog is not drawn; `to` begins a line. */
  readonly from: number;
  readonly to: number;
  /** To draw in its place: what puts the cursor into column 0 and sets the pen. */
  readonly restore: Uint8Array;
}

export interface Search {
  /** Of the plain text that the backlog begins with; no need to search again within it. */
  readonly plainBytes: number;
  readonly skip?: Skip;
}

/** `knownPlainBytes`: that the backlog is known to begin with. */
export const searchSkip = (emulator: Emulator, backlog: Uint8Array, knownPlainBytes = 0): Search => {
  const { core } = emulator.core;
  const { active } = core._bufferService.buffers;
  const rows = core._bufferService.rows;
  const isWhole = active.scrollTop === 0 && active.scrollBottom === rows - 1;
  if (!isWhole || !emulator.isAtRest) return { plainBytes: 0 };
  const end = plainLength(backlog, knownPlainBytes);
  const nothing = { plainBytes: end };
  if (end < fastForwardBytesMin) return nothing;
  const from = afterLineFeeds(backlog, rows, end);
  if (from < 0) return nothing;
  const cols = core.coreService.decPrivateModes.wraparound
    ? core._bufferService.cols
    : Number.POSITIVE_INFINITY;
  const to = beforeScrolls(backlog, { count: active.lines.maxLength, cols, from, end });
  if (to - from < skipBytesMin) return nothing;
  const pen = penBetween(backlog, from, to);
  if (pen === undefined) return nothing;
  return { plainBytes: end, skip: { from, to, restore: Buffer.concat([carriageReturn, pen]) } };
};

const lf = 0x0a;
const cr = 0x0d;
const carriageReturn = Uint8Array.of(cr);
const esc = 0x1b;

// 0 not plain, 1 plain, 2 look closer.
const kinds = new Uint8Array(256).fill(1);
kinds.fill(0, 0, 0x20);
kinds[0x09] = 1;
kinds[lf] = 1;
kinds[cr] = 1;
kinds[esc] = 2;
kinds[0x7f] = 0;
// Leads of C1 controls in UTF-8.
kinds[0xc2] = 2;

/** Of the plain text that the bytes begin with; up to `from` it is known. */
export const plainLength = (bytes: Uint8Array, from = 0): number => {
  const { length } = bytes;
  let at = from;
  while (at < length) {
    const kind = kinds[bytes[at] ?? 0];
    if (kind === 1) {
      at++;
    } else if (kind === 0) {
      return at;
    } else if (bytes[at] === 0xc2) {
      const next = bytes[at + 1];
      if (next === undefined || next < 0xa0) return at;
      at += 2;
    } else {
      const after = sequenceEnd(bytes, at);
      if (after < 0) return at;
      at = after;
    }
  }
  return at;
};

/** After the SGR or EL at `at`, or -1 if it is another sequence or not all there. */
const sequenceEnd = (bytes: Uint8Array, at: number): number => {
  if (bytes[at + 1] !== 0x5b) return -1;
  for (let end = at + 2; end < at + 64; end++) {
    const byte = bytes[end] ?? 0;
    if (byte >= 0x30 && byte <= 0x3b) continue;
    if (byte === 0x6d) return end + 1;
    return byte === 0x4b && isEraseToEnd(bytes, at, end) ? end + 1 : -1;
  }
  return -1;
};

const isEraseToEnd = (bytes: Uint8Array, at: number, end: number): boolean =>
  end === at + 2 || (end === at + 3 && bytes[at + 2] === 0x30);

const afterLineFeeds = (bytes: Uint8Array, count: number, end: number): number => {
  let at = 0;
  for (let left = count; left > 0; left--) {
    at = bytes.indexOf(lf, at) + 1;
    if (at === 0 || at > end) return -1;
  }
  return at;
};

/** The last beginning of a line, with the cursor in column 0, that `count` scrolls follow. */
const beforeScrolls = (
  bytes: Uint8Array,
  {
    count,
    cols,
    from,
    end,
  }: { readonly count: number; readonly cols: number; readonly from: number; readonly end: number },
): number => {
  // What follows the last line feed scrolls nothing for certain.
  let at = bytes.lastIndexOf(lf, end - 1);
  for (let left = count; left > 0; ) {
    const before = at > 0 ? bytes.lastIndexOf(lf, at - 1) : -1;
    if (before < from) return -1;
    left -= rowsOf(bytes, { from: before + 1, to: at, cols });
    at = before;
  }
  while (bytes[at - 1] !== cr) {
    at = bytes.lastIndexOf(lf, at - 1);
    if (at <= from) return -1;
  }
  return at + 1;
};

/** How often a line and its line feed scroll at the least. */
const rowsOf = (
  bytes: Uint8Array,
  { from, to, cols }: { readonly from: number; readonly to: number; readonly cols: number },
): number => {
  const end = bytes[to - 1] === cr ? to - 1 : to;
  if (end - from <= cols) return 1;
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e) return 1;
  }
  return Math.ceil((end - from) / cols);
};

/** The SGR sequences in [from, to) that the pen at `to` comes from, or undefined if they are too many. */
const penBetween = (bytes: Uint8Array, from: number, to: number): Uint8Array | undefined => {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let at = to; ; ) {
    at = at > from ? bytes.lastIndexOf(esc, at - 1) : -1;
    if (at < from) break;
    const end = sequenceEnd(bytes, at);
    if (end < 0) return undefined;
    if (bytes[end - 1] !== 0x6d) continue;
    length += end - at;
    if (length > penBytesMax) return undefined;
    parts.unshift(bytes.subarray(at, end));
    if (isFullReset(bytes, at)) break;
  }
  return Buffer.concat(parts);
};

/** CSI m, CSI 0 m and CSI 0 ; … m set all of the pen. */
const isFullReset = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 2] === 0x6d || (bytes[at + 2] === 0x30 && (bytes[at + 3] === 0x6d || bytes[at + 3] === 0x3b));
