import { type FileHandle, open, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { internalLimits } from "./contract.ts";
import { readRecord, recordBytesMin } from "./outbox-records.ts";

// The outbox's disk: numbered records in append-only files, each named by the number of its first record. One file
// is written at a time; what was acknowledged is deleted file by file.
//
// D1 What `append` resolved for survives the death of process and machine: written, fdatasynced, and the directory
//    too when the file is new.
// D2 A number is never given to two records that could both be read: behind a damaged tail the numbers go on above
//    whatever it may have held.
// D3 Whatever the bytes of a file are, opening succeeds, and reading gives a prefix of what was written.

interface Segment {
  readonly first: number;
  readonly path: string;
  /** Durable ones. */
  count: number;
  bytes: number;
}

export interface ReadBatch {
  readonly first: number;
  readonly payloads: readonly Buffer[];
}

const nameOf = (first: number): string => `${first.toString().padStart(16, "0")}.seg`;
const namePattern = /^(\d{16})\.seg$/;

export interface SegmentsEvents {
  /** Bytes at a file's end that are no whole record. */
  torn(bytes: number): void;
}

export class OutboxSegments {
  readonly #dir: string;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  #file: FileHandle | undefined;
  /** Where the record `#at.number` begins. */
  #at: { segment: Segment; number: number; offset: number } | undefined;

  private constructor(dir: string, segmentBytes: number, segments: Segment[]) {
    this.#dir = dir;
    this.#segmentBytes = segmentBytes;
    this.#segments = segments;
  }

  static async open(dir: string, segmentBytes: number, events: SegmentsEvents): Promise<OutboxSegments> {
    const firsts = (await readdir(dir))
      .flatMap((name) => namePattern.exec(name)?.[1] ?? [])
      .map(Number)
      .toSorted((a, b) => a - b);
    const segments: Segment[] = [];
    let next = 1;
    for (const first of firsts) {
      const segment = { first, path: join(dir, nameOf(first)), count: 0, bytes: 0 };
      const tornBytes = scan(segment, await readFile(segment.path));
      if (tornBytes > 0) events.torn(tornBytes);
      next = Math.max(next, first + segment.count + Math.ceil(tornBytes / recordBytesMin));
      if (segment.count > 0) segments.push(segment);
      else await unlink(segment.path);
    }
    const opened = new OutboxSegments(dir, segmentBytes, segments);
    await opened.#begin(next);
    return opened;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get next(): number {
    const last = this.#segments.at(-1);
    return last ? last.first + last.count : 1;
  }

  /** The oldest number that is here; `next` when nothing is. */
  get first(): number {
    return this.#segments[0]?.first ?? this.next;
  }

  /** Resolves when the records are durable; rejects, and has written nothing, when the disk refuses. */
  async append(records: readonly Buffer[]): Promise<void> {
    let segment = this.#segments.at(-1);
    if (!segment || !this.#file) throw new Error("the outbox is closed");
    if (segment.bytes >= this.#segmentBytes) {
      await this.#begin(segment.first + segment.count);
      segment = this.#segments.at(-1) ?? segment;
    }
    const bytes = Buffer.concat(records);
    try {
      let written = 0;
      while (written < bytes.length)
        written += (await this.#file.write(bytes, written, bytes.length - written, segment.bytes + written))
          .bytesWritten;
      await this.#file.datasync();
    } catch (cause) {
      await this.#file.truncate(segment.bytes).catch(() => undefined);
      throw cause;
    }
    segment.bytes += bytes.length;
    segment.count += records.length;
  }

  /** Records from `number` on that are durable, within both bounds. Undefined: there are none. */
  async read(number: number, countMax: number, bytesMax: number): Promise<ReadBatch | undefined> {
    const segment = this.#segments.find(({ first, count }) => number < first + count);
    if (!segment) return undefined;
    const from = Math.max(number, segment.first);
    const at = await this.#seek(segment, from);
    const bytes = await readPart(segment.path, at.offset, Math.min(segment.bytes - at.offset, bytesMax));
    const payloads: Buffer[] = [];
    let offset = 0;
    while (payloads.length < countMax) {
      const read = readRecord(bytes, offset, internalLimits.eventBytes);
      if (read.kind !== "record") break;
      payloads.push(read.payload);
      offset = read.end;
    }
    this.#at = { segment, number: from + payloads.length, offset: at.offset + offset };
    return { first: from, payloads };
  }

  /** What is damaged from here on in the file that holds `number` is left out; returns the next number to read. */
  skipRest(number: number): number {
    const segment = this.#segments.find(({ first, count }) => number < first + count);
    return segment ? segment.first + segment.count : number;
  }

  /** Everything up to `number` may go. */
  async acknowledge(number: number): Promise<void> {
    for (let segment = this.#segments[0]; segment; segment = this.#segments[0]) {
      if (segment === this.#segments.at(-1) || segment.first + segment.count - 1 > number) return;
      this.#segments.shift();
      await unlink(segment.path);
    }
  }

  /** Begins another file when all of the current one was acknowledged and it is worth the room. */
  async rotate(acked: number): Promise<void> {
    const segment = this.#segments.at(-1);
    if (!segment || segment.bytes < this.#segmentBytes || acked < segment.first + segment.count - 1) return;
    await this.#begin(segment.first + segment.count);
    await this.acknowledge(acked);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #begin(first: number): Promise<void> {
    const path = join(this.#dir, nameOf(first));
    const file = await open(path, "w", 0o600);
    await file.sync();
    const directory = await open(this.#dir, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    await this.#file?.close();
    this.#file = file;
    this.#segments.push({ first, path, count: 0, bytes: 0 });
  }

  async #seek(segment: Segment, number: number): Promise<{ readonly offset: number }> {
    if (this.#at?.segment === segment && this.#at.number === number) return this.#at;
    let offset = 0;
    const bytes = await readPart(segment.path, 0, segment.bytes);
    for (let skipped = segment.first; skipped < number; skipped += 1) {
      const read = readRecord(bytes, offset, internalLimits.eventBytes);
      if (read.kind !== "record") break;
      offset = read.end;
    }
    return { offset };
  }
}

/** Counts the whole records; returns how many bytes behind them are none. */
const scan = (segment: Segment, bytes: Buffer): number => {
  for (;;) {
    const read = readRecord(bytes, segment.bytes, internalLimits.eventBytes);
    if (read.kind !== "record") return bytes.length - segment.bytes;
    segment.bytes = read.end;
    segment.count += 1;
  }
};

const readPart = async (path: string, offset: number, bytes: number): Promise<Buffer> => {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(bytes);
    let filled = 0;
    while (filled < bytes) {
      const { bytesRead } = await file.read(buffer, filled, bytes - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await file.close();
  }
};
