import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { LogFiles } from "./log-files.ts";
import {
  decodeRecordHeader,
  isSegmentHeader,
  payloadBytesMax,
  type RecordHeader,
  recordHeaderBytes,
  type Size,
  segmentHeaderBytes,
} from "./records.ts";

export interface Segment {
  readonly path: string;
  readonly sequence: number;
  /** Offset of its first output byte, from its name. */
  readonly startOffset: number;
  /** What may be read of it; Infinity for one that nobody writes. */
  bytes: number;
  /** Some of its records, ascending in both; where to begin reading. */
  readonly index: IndexEntry[];
}

export interface IndexEntry {
  readonly offset: number;
  readonly position: number;
  /** The terminal's size before it; undefined where that is not known. */
  readonly size: Size | undefined;
}

const indexStrideBytes = 64 * 1024;
const namePattern = /^([0-9]{8})-([0-9]{15})\.log$/;

export const segmentName = (sequence: number, startOffset: number): string =>
  `${String(sequence).padStart(8, "0")}-${String(startOffset).padStart(15, "0")}.log`;

export const newSegment = (directory: string, sequence: number, startOffset: number): Segment => ({
  path: join(directory, segmentName(sequence, startOffset)),
  sequence,
  startOffset,
  bytes: segmentHeaderBytes,
  index: [],
});

/** Keeps the index sparse. */
export const noteRecord = (segment: Segment, entry: IndexEntry): void => {
  const last = segment.index.at(-1);
  if (!last || (entry.position >= last.position + indexStrideBytes && entry.offset >= last.offset))
    segment.index.push(entry);
};

/** The segments of a directory in order; names that are not ours are passed over. */
export const listSegments = (directory: string, files: LogFiles): Segment[] =>
  files
    .list(directory)
    .flatMap((name) => {
      const [, sequence, startOffset] = namePattern.exec(name) ?? [];
      if (sequence === undefined || startOffset === undefined) return [];
      const segment = newSegment(directory, Number(sequence), Number(startOffset));
      segment.bytes = Number.POSITIVE_INFINITY;
      return [segment];
    })
    .sort((a, b) => a.sequence - b.sequence);

export interface ScannedRecord {
  readonly header: RecordHeader;
  /** Undefined: its checksum does not fit. A view that is valid until the next record. */
  readonly payload: Buffer | undefined;
  readonly position: number;
  /** Position after it. */
  readonly next: number;
}

const chunkBytes = 256 * 1024;

/**
 * The records of a segment from `position` on, up to its end or its first damaged header. A file that cannot be
 * opened or read counts as one that ends there.
 */
export function* scanSegment(
  segment: Segment,
  from: { readonly position: number; readonly salt: number; readonly files: LogFiles },
): Generator<ScannedRecord, void, undefined> {
  const { salt, files } = from;
  let fd: number;
  try {
    fd = files.openRead(segment.path);
  } catch {
    return;
  }
  try {
    const window = new ReadWindow(fd, files, () => segment.bytes);
    if (!isSegmentHeader(window.at(0, segmentHeaderBytes))) return;
    let position = Math.max(segmentHeaderBytes, from.position);
    for (;;) {
      const header = decodeRecordHeader(window.at(position, recordHeaderBytes), 0, salt);
      if (!header) return;
      const size = recordHeaderBytes + header.length;
      const payload = window.at(position, size).subarray(recordHeaderBytes);
      // A record that the file ends in: what there is of it does not count.
      if (payload.length < header.length) return;
      const isSound = crc32(payload, salt) === header.payloadCrc;
      yield { header, payload: isSound ? payload : undefined, position, next: position + size };
      position += size;
    }
  } finally {
    files.close(fd);
  }
}

/** Reads a file forward through one buffer. */
class ReadWindow {
  readonly #fd: number;
  readonly #files: LogFiles;
  readonly #limit: () => number;
  #buffer = Buffer.allocUnsafe(chunkBytes);
  #start = 0;
  #length = 0;

  constructor(fd: number, files: LogFiles, limit: () => number) {
    this.#fd = fd;
    this.#files = files;
    this.#limit = limit;
  }

  /** The bytes [position, position + size), fewer at the end of what may be read. */
  at(position: number, size: number): Buffer {
    const end = Math.min(position + size, this.#limit());
    if (position < this.#start || end > this.#start + this.#length) this.#fill(position, size);
    const available = Math.min(end, this.#start + this.#length);
    return this.#buffer.subarray(
      Math.min(position - this.#start, this.#length),
      Math.max(position, available) - this.#start,
    );
  }

  #fill(position: number, size: number): void {
    // A new buffer, because views of the old one are with the caller.
    this.#buffer = Buffer.allocUnsafe(
      Math.max(chunkBytes, Math.min(size, recordHeaderBytes + payloadBytesMax)),
    );
    this.#start = position;
    this.#length = 0;
    while (this.#length < size) {
      let got: number;
      try {
        got = this.#files.read(this.#fd, this.#buffer.subarray(this.#length), position + this.#length);
      } catch {
        return;
      }
      if (got === 0) return;
      this.#length += got;
    }
  }
}
