// How a session's output log is written: records one after another in segment files.
//
// A segment begins with 16 bytes: "cmdoplog", version (u32), zero (u32); a `size` record follows. Each record:
//
//   0  u16  0xc0de              12  u48  offset in the session's output
//   2  u8   type                18  u48  wall clock, milliseconds
//   3  u8   channel             24  u32  CRC-32 of the payload
//   4  u32  payload bytes       28  u32  CRC-32 of bytes [0, 28)
//   8  u32  zero
//
// I1 The header has a checksum of its own: a damaged payload does not hide the records after it, and a damaged
//    header ends what can be read of its segment. Nothing is searched for: a program may print what looks like
//    a record.
// I2 Both checksums are seeded with the session's id: a record of another session's log is not one of this log.
// I3 Typed bytes are never stored; who typed, and how many bytes, are.

import { crc32 } from "node:zlib";

export const segmentHeaderBytes = 16;
export const recordHeaderBytes = 32;
/** Larger payloads are refused by the reader before anything is allocated. */
export const payloadBytesMax = 1024 * 1024;
const logVersion = 1;
const magic = 0xc0de;

export const recordTypes = { output: 1, size: 2, input: 3, exit: 4, hole: 5 } as const;
export type RecordType = (typeof recordTypes)[keyof typeof recordTypes];

export interface RecordHeader {
  readonly type: number;
  readonly channel: number;
  readonly length: number;
  readonly offset: number;
  readonly atMs: number;
  readonly payloadCrc: number;
}

export const encodeSegmentHeader = (): Buffer => {
  const header = Buffer.alloc(segmentHeaderBytes);
  header.write("cmdoplog", 0, "latin1");
  header.writeUInt32BE(logVersion, 8);
  return header;
};

export const isSegmentHeader = (bytes: Buffer): boolean =>
  bytes.length >= segmentHeaderBytes &&
  bytes.toString("latin1", 0, 8) === "cmdoplog" &&
  bytes.readUInt32BE(8) === logVersion;

export interface RecordInput {
  readonly type: RecordType;
  readonly channel?: number;
  readonly offset: number;
  readonly atMs: number;
  readonly payload: Uint8Array;
}

/** What a session's checksums begin with. */
export const logSalt = (sessionId: string): number => crc32(sessionId);

export const encodeRecordHeader = (
  { type, channel = 0, offset, atMs, payload }: RecordInput,
  salt: number,
): Buffer => {
  const header = Buffer.alloc(recordHeaderBytes);
  header.writeUInt16BE(magic, 0);
  header[2] = type;
  header[3] = channel;
  header.writeUInt32BE(payload.length, 4);
  header.writeUIntBE(offset, 12, 6);
  header.writeUIntBE(Math.max(0, Math.min(atMs, 2 ** 48 - 1)), 18, 6);
  header.writeUInt32BE(crc32(payload, salt), 24);
  header.writeUInt32BE(crc32(header.subarray(0, 28), salt), 28);
  return header;
};

/** Undefined: damaged, or not a record. */
export const decodeRecordHeader = (bytes: Buffer, at: number, salt: number): RecordHeader | undefined => {
  if (bytes.length - at < recordHeaderBytes || bytes.readUInt16BE(at) !== magic) return undefined;
  if (bytes.readUInt32BE(at + 28) !== crc32(bytes.subarray(at, at + 28), salt)) return undefined;
  const length = bytes.readUInt32BE(at + 4);
  if (length > payloadBytesMax) return undefined;
  return {
    type: bytes.readUInt8(at + 2),
    channel: bytes.readUInt8(at + 3),
    length,
    offset: bytes.readUIntBE(at + 12, 6),
    atMs: bytes.readUIntBE(at + 18, 6),
    payloadCrc: bytes.readUInt32BE(at + 24),
  };
};

export interface Size {
  readonly cols: number;
  readonly rows: number;
  readonly operator: string;
}

export interface InputNote {
  readonly operator: string;
  /** Actor of the wire: human 1, AI 2, program 3. */
  readonly actor: number;
  readonly number: number;
  readonly bytes: number;
  readonly isPaste: boolean;
}

export interface ExitNote {
  readonly code: number | undefined;
  readonly signal: string;
  readonly reason: number;
}

export const encodeJson = (value: Size | InputNote | ExitNote): Buffer => Buffer.from(JSON.stringify(value));

/** The end of a hole, exclusive; its start is the record's offset. */
export const encodeHole = (to: number): Buffer => {
  const payload = Buffer.alloc(6);
  payload.writeUIntBE(to, 0, 6);
  return payload;
};

const parseJson = (payload: Buffer): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(payload.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const decodeSize = (payload: Buffer): Size | undefined => {
  const { cols, rows, operator } = parseJson(payload) ?? {};
  return isCount(cols) && isCount(rows) && typeof operator === "string"
    ? { cols, rows, operator }
    : undefined;
};

export const decodeInputNote = (payload: Buffer): InputNote | undefined => {
  const { operator, actor, number, bytes, isPaste } = parseJson(payload) ?? {};
  return typeof operator === "string" && isCount(actor) && isCount(number) && isCount(bytes)
    ? { operator, actor, number, bytes, isPaste: isPaste === true }
    : undefined;
};

export const decodeExitNote = (payload: Buffer): ExitNote | undefined => {
  const { code, signal, reason } = parseJson(payload) ?? {};
  if (typeof signal !== "string" || !isCount(reason)) return undefined;
  return { code: Number.isSafeInteger(code) ? (code as number) : undefined, signal, reason };
};

export const decodeHole = (payload: Buffer): number | undefined =>
  payload.length === 6 ? payload.readUIntBE(0, 6) : undefined;
