// A live session's output log: bounded, on disk, written some milliseconds after what it holds.
//
// I1 [start, end) is what it answers for: every byte in it is read back exactly or as a declared gap.
// I2 `end` counts every byte appended, stored or not: the disk never changes an offset.
// I3 A write that failed leaves no half record: the segment is cut back and the bytes become a hole, whose record
//    is written before anything else once the disk takes bytes again, and the size behind it.
// I4 What a crash of this process may take along is at most `flushWithinMs` old and at most `pendingBytesMax`
//    (or one larger piece): appending neither computes a checksum nor writes, since an echo waits behind it.

import type { Clock } from "@cmdop/base";
import { GapReason } from "@cmdop/protocol";
import type { LogFiles } from "./log-files.ts";
import { type LogItem, readLog, repeatedSize } from "./log-reader.ts";
import {
  type ExitNote,
  encodeHole,
  encodeJson,
  encodeRecordHeader,
  encodeSegmentHeader,
  type InputNote,
  logSalt,
  type RecordInput,
  recordHeaderBytes,
  recordTypes,
  type Size,
} from "./records.ts";
import { newSegment, noteRecord, type Segment } from "./segments.ts";

export interface OutputLogOptions {
  readonly directory: string;
  readonly sessionId: string;
  readonly files: LogFiles;
  readonly clock: Clock;
  readonly size: Size;
  readonly bytesMax: number;
  readonly segmentBytes: number;
  /** The disk refused bytes, or takes them again. */
  onHealth?(health: { readonly isStoring: boolean; readonly code: string }): void;
}

// Between two attempts to write while the disk refuses.
const retryMs = 1_000;
const buffersPerWrite = 512;
const flushWithinMs = 5;
const pendingBytesMax = 128 * 1024;

interface Pending {
  readonly record: RecordInput;
  /** The size that held before it. */
  readonly size: Size;
}

export class OutputLog {
  readonly #options: OutputLogOptions;
  readonly #salt: number;
  readonly #segments: Segment[] = [];
  #fd: number | undefined;
  #end = 0;
  #storedEnd = 0;
  #size: Size;
  #storedSize: Size;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #cancelFlush: (() => void) | undefined;
  #totalBytes = 0;
  #failedAtMs: number | undefined;
  #isClosed = false;

  constructor(options: OutputLogOptions) {
    this.#options = options;
    this.#salt = logSalt(options.sessionId);
    this.#size = options.size;
    this.#storedSize = options.size;
    options.files.list(options.directory);
  }

  get start(): number {
    return this.#segments[0]?.startOffset ?? 0;
  }

  get end(): number {
    return this.#end;
  }

  /** Bytes on disk. */
  get storedBytes(): number {
    return this.#totalBytes;
  }

  /** `data` is kept until it is written: it must not change. */
  output(channel: number, data: Uint8Array): void {
    const offset = this.#end;
    this.#end += data.length;
    this.#append({
      type: recordTypes.output,
      channel,
      offset,
      atMs: this.#options.clock.wallMs(),
      payload: data,
    });
  }

  size(size: Size): void {
    this.#note(recordTypes.size, encodeJson(size));
    this.#size = size;
  }

  input(note: InputNote): void {
    this.#note(recordTypes.input, encodeJson(note));
  }

  exit(note: ExitNote): void {
    this.#note(recordTypes.exit, encodeJson(note));
  }

  /** Everything appended before is on its way to the disk, or in a hole. */
  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const batch = this.#pending;
    if (this.#isClosed || (batch.length === 0 && this.#storedEnd === this.#end)) return;
    this.#pending = [];
    this.#pendingBytes = 0;
    const { clock } = this.#options;
    if (this.#failedAtMs !== undefined && clock.nowMs() - this.#failedAtMs < retryMs) return;
    try {
      this.#write(this.#failedAtMs === undefined ? batch : [...this.#holeBefore(batch), ...batch]);
      this.#storedEnd = this.#end;
      this.#storedSize = this.#size;
      if (this.#failedAtMs !== undefined) this.#options.onHealth?.({ isStoring: true, code: "" });
      this.#failedAtMs = undefined;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "unknown";
      if (this.#failedAtMs === undefined) this.#options.onHealth?.({ isStoring: false, code });
      this.#failedAtMs = clock.nowMs();
    }
  }

  /** What it holds of [from, to); see `readLog`. Return the generator when it is not read to its end. */
  *read(from: number, to: number): Generator<LogItem, void, undefined> {
    this.flush();
    const stored = Math.min(to, this.#storedEnd);
    const end = Math.min(to, this.#end);
    const view = {
      segments: [...this.#segments],
      salt: this.#salt,
      files: this.#options.files,
      end: this.#storedEnd,
    };
    if (from < stored || from === to) yield* readLog(view, { from, to: stored });
    const lost = Math.max(from, stored);
    if (lost < end) yield { kind: "gap", from: lost, to: end, reason: GapReason.LOST };
  }

  /** Writes what is pending, a last attempt at a hole included, and ends the file. */
  close(): void {
    if (this.#isClosed) return;
    if (this.#failedAtMs !== undefined) this.#failedAtMs = Number.NEGATIVE_INFINITY;
    this.flush();
    this.#isClosed = true;
    this.#closeFile();
  }

  #note(type: RecordInput["type"], payload: Buffer): void {
    this.#append({ type, offset: this.#end, atMs: this.#options.clock.wallMs(), payload });
  }

  #append(record: RecordInput): void {
    if (this.#isClosed) return;
    this.#pending.push({ record, size: this.#size });
    this.#pendingBytes += record.payload.length;
    if (this.#pendingBytes >= pendingBytesMax) this.flush();
    else this.#cancelFlush ??= this.#options.clock.after(flushWithinMs, () => this.flush());
  }

  #holeBefore(batch: readonly Pending[]): readonly Pending[] {
    const first = batch.find(({ record }) => record.type === recordTypes.output);
    const atMs = this.#options.clock.wallMs();
    const size = batch[0]?.size ?? this.#size;
    const to = first?.record.offset ?? this.#end;
    const hole = { type: recordTypes.hole, offset: this.#storedEnd, atMs, payload: encodeHole(to) };
    const sized = { type: recordTypes.size, offset: to, atMs, payload: encodeJson(size) };
    // What was lost may have changed it.
    return (size === this.#storedSize ? [hole] : [hole, sized]).map((record) => ({ record, size }));
  }

  #write(batch: readonly Pending[]): void {
    let segment = this.#segments.at(-1);
    if (!segment || segment.bytes >= this.#options.segmentBytes) {
      segment = this.#roll(batch[0]?.record.offset ?? this.#storedEnd, batch[0]?.size ?? this.#size);
    }
    const fd = this.#fd;
    if (fd === undefined) throw new Error("the segment is not open");
    const { files } = this.#options;
    let position = segment.bytes;
    try {
      for (let at = 0; at < batch.length; at += buffersPerWrite) {
        const buffers = batch
          .slice(at, at + buffersPerWrite)
          .flatMap(({ record }) => [encodeRecordHeader(record, this.#salt), record.payload]);
        position = writeAll(files, { fd, buffers, position });
      }
    } catch (error) {
      this.#cutBack(fd, segment.bytes);
      throw error;
    }
    for (const { record, size } of batch) {
      const bytes = recordHeaderBytes + record.payload.length;
      noteRecord(segment, { offset: record.offset, position: segment.bytes, size });
      segment.bytes += bytes;
      this.#totalBytes += bytes;
    }
    this.#trim();
  }

  #cutBack(fd: number, bytes: number): void {
    try {
      this.#options.files.truncate(fd, bytes);
    } catch {
      // Not even that: the next write goes to the same position over what is there, or to a new segment.
    }
  }

  #roll(startOffset: number, size: Size): Segment {
    const { directory, files, clock } = this.#options;
    const previous = this.#segments.at(-1);
    const segment = newSegment(directory, (previous?.sequence ?? 0) + 1, startOffset);
    const payload = encodeJson(size);
    const record: RecordInput = {
      type: recordTypes.size,
      channel: repeatedSize,
      offset: startOffset,
      atMs: clock.wallMs(),
      payload,
    };
    const buffers = [encodeSegmentHeader(), encodeRecordHeader(record, this.#salt), payload];
    const fd = files.openNew(segment.path);
    try {
      segment.bytes = writeAll(files, { fd, buffers, position: 0 });
    } catch (error) {
      files.close(fd);
      files.unlink(segment.path);
      throw error;
    }
    this.#closeFile();
    this.#fd = fd;
    this.#segments.push(segment);
    this.#totalBytes += segment.bytes;
    return segment;
  }

  #trim(): void {
    while (this.#totalBytes > this.#options.bytesMax && this.#segments.length > 1) {
      const oldest = this.#segments.shift();
      if (!oldest) return;
      this.#totalBytes -= oldest.bytes;
      try {
        this.#options.files.unlink(oldest.path);
      } catch {
        // Left behind, it is removed with the session.
      }
    }
  }

  #closeFile(): void {
    if (this.#fd !== undefined) this.#options.files.close(this.#fd);
    this.#fd = undefined;
  }
}

const writeAll = (
  files: LogFiles,
  { fd, buffers, position }: { fd: number; buffers: readonly Uint8Array[]; position: number },
): number => {
  let left = buffers;
  let at = position;
  for (;;) {
    const wanted = left.reduce((sum, { length }) => sum + length, 0);
    if (wanted === 0) return at;
    const written = files.writev(fd, left, at);
    if (written <= 0) throw Object.assign(new Error("nothing was written"), { code: "ENOSPC" });
    at += written;
    if (written === wanted) return at;
    left = dropFirst(left, written);
  }
};

const dropFirst = (buffers: readonly Uint8Array[], bytes: number): Uint8Array[] => {
  let skip = bytes;
  return buffers.flatMap((buffer) => {
    const cut = Math.min(skip, buffer.length);
    skip -= cut;
    return cut === buffer.length ? [] : [buffer.subarray(cut)];
  });
};
