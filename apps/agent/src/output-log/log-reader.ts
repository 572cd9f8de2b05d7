import { GapReason } from "@cmdop/protocol";
import type { LogFiles } from "./log-files.ts";
import {
  decodeExitNote,
  decodeHole,
  decodeInputNote,
  decodeSize,
  type ExitNote,
  type InputNote,
  recordTypes,
  type Size,
} from "./records.ts";
import { type IndexEntry, noteRecord, type ScannedRecord, type Segment, scanSegment } from "./segments.ts";

export type LogItem =
  | {
      readonly kind: "output";
      readonly offset: number;
      readonly channel: number;
      readonly data: Buffer;
      readonly atMs: number;
    }
  | { readonly kind: "gap"; readonly from: number; readonly to: number; readonly reason: GapReason }
  | ({ readonly kind: "size"; readonly offset: number; readonly atMs: number } & Size)
  | ({ readonly kind: "input"; readonly offset: number; readonly atMs: number } & InputNote)
  | ({ readonly kind: "exit"; readonly offset: number; readonly atMs: number } & ExitNote);

export interface LogView {
  readonly segments: readonly Segment[];
  readonly salt: number;
  readonly files: LogFiles;
  /** End of the output; bytes up to it that no record holds are lost. */
  readonly end: number;
}

/** A `size` record at the head of a segment repeats what held before; marked by its channel. */
export const repeatedSize = 1;

/**
 * What the log holds of [from, to), in order: outputs cut to the range, gaps for what it does not hold, and what
 * happened between; before all that, the size that holds there, which drawing it needs. Output and gaps together cover
 * [from, min(to, end)) exactly once; nothing throws for damage. Ends its file when it is returned early.
 */
export function* readLog(
  view: LogView,
  range: { from: number; to: number },
): Generator<LogItem, void, undefined> {
  const end = Math.min(range.to, view.end);
  let cursor = range.from;
  /** In force at the record that is looked at. */
  let size: Size | undefined;
  let isSizeTold = false;
  const sizeBefore = (item: LogItem, { header }: ScannedRecord): LogItem[] => {
    const isTold = isSizeTold || item.kind === "size";
    isSizeTold ||= isTold || size !== undefined;
    return isTold || size === undefined ? [] : [{ kind: "size", offset: cursor, atMs: header.atMs, ...size }];
  };
  const first = view.segments[0];
  if (first && cursor < first.startOffset && cursor < end) {
    const to = Math.min(first.startOffset, end);
    yield { kind: "gap", from: cursor, to, reason: GapReason.EXPIRED };
    cursor = to;
  }
  for (const [at, segment] of view.segments.entries()) {
    const nextStart = view.segments[at + 1]?.startOffset ?? Number.POSITIVE_INFINITY;
    if (nextStart < cursor || (nextStart === cursor && nextStart !== segment.startOffset)) continue;
    if (segment.startOffset > end) break;
    const begin = entryFor(segment, cursor);
    size = begin?.size ?? size;
    for (const record of scanSegment(segment, { position: begin?.position ?? 0, ...view })) {
      const { header } = record;
      // A record that belongs elsewhere (a splice): its bytes are not these.
      if (header.offset < segment.startOffset || header.offset > nextStart) continue;
      noteRecord(segment, { offset: header.offset, position: record.position, size });
      if (header.type === recordTypes.size && record.payload) size = decodeSize(record.payload) ?? size;
      const item = itemOf(record, range.from);
      if (!item) continue;
      if (item.kind !== "output" && item.kind !== "gap") {
        if (item.offset > end || (item.offset === end && end < view.end)) break;
        yield* sizeBefore(item, record);
        yield item;
        continue;
      }
      const [start, stop] =
        item.kind === "output" ? [item.offset, item.offset + item.data.length] : [item.from, item.to];
      if (stop <= cursor) continue;
      if (stop > view.end) continue;
      if (start > cursor) {
        const to = Math.min(start, end);
        if (to > cursor) yield { kind: "gap", from: cursor, to, reason: GapReason.LOST };
        cursor = to;
      }
      if (cursor >= end) break;
      const cut = Math.min(stop, end);
      yield* sizeBefore(item, record);
      yield item.kind === "gap"
        ? { ...item, from: cursor, to: cut }
        : { ...item, offset: cursor, data: item.data.subarray(cursor - start, cut - start) };
      cursor = cut;
    }
    if (cursor >= end && nextStart > end) break;
  }
  if (cursor < end) yield { kind: "gap", from: cursor, to: end, reason: GapReason.LOST };
}

export interface LogTail {
  /** Where the last output ends, as far as the last segment can be read. */
  readonly end: number;
  readonly lastAtMs: number;
  readonly size: Size | undefined;
  readonly exit: ExitNote | undefined;
}

/** What the end of a log says, for a session whose host went away. */
export const readTail = ({ segments, salt, files }: Omit<LogView, "end">): LogTail => {
  const last = segments.at(-1);
  let end = last?.startOffset ?? 0;
  let lastAtMs = 0;
  let size: Size | undefined;
  let exit: ExitNote | undefined;
  if (!last) return { end, lastAtMs, size, exit };
  for (const { header, payload } of scanSegment(last, { position: 0, salt, files })) {
    lastAtMs = Math.max(lastAtMs, header.atMs);
    if (header.type === recordTypes.output) end = Math.max(end, header.offset + header.length);
    if (!payload) continue;
    if (header.type === recordTypes.hole) end = Math.max(end, decodeHole(payload) ?? 0);
    if (header.type === recordTypes.size) size = decodeSize(payload) ?? size;
    if (header.type === recordTypes.exit) exit = decodeExitNote(payload) ?? exit;
  }
  return { end, lastAtMs, size, exit };
};

const entryFor = (segment: Segment, offset: number): IndexEntry | undefined => {
  let low = 0;
  let high = segment.index.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    // Strictly below: records that carry the same offset may stand before the one that was noted.
    if ((segment.index[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return segment.index[low - 1];
};

const itemOf = ({ header, payload }: ScannedRecord, from: number): LogItem | undefined => {
  if (!payload) return undefined;
  const { offset, atMs, channel } = header;
  switch (header.type) {
    case recordTypes.output:
      return { kind: "output", offset, channel, data: payload, atMs };
    case recordTypes.hole: {
      const to = decodeHole(payload);
      return to !== undefined && to > offset
        ? { kind: "gap", from: offset, to, reason: GapReason.LOST }
        : undefined;
    }
    case recordTypes.size: {
      const size =
        offset < from || (channel === repeatedSize && offset > 0) ? undefined : decodeSize(payload);
      return size && { kind: "size", offset, atMs, ...size };
    }
    case recordTypes.input: {
      const note = offset < from ? undefined : decodeInputNote(payload);
      return note && { kind: "input", offset, atMs, ...note };
    }
    case recordTypes.exit: {
      const note = offset < from ? undefined : decodeExitNote(payload);
      return note && { kind: "exit", offset, atMs, ...note };
    }
    default:
      return undefined;
  }
};
