import { crc32 } from "node:zlib";

// A segment is a row of records: length of the payload (4 bytes, big-endian), CRC-32 of length and payload (4 bytes),
// payload (JSON in UTF-8, 2 bytes or more). A record counts when all of it is there and its checksum is right.

export const recordHeadBytes = 8;
/** `{}` and its head. */
export const recordBytesMin = recordHeadBytes + 2;

const checksumOf = (length: Buffer, payload: Buffer): number => crc32(payload, crc32(length));

export const encodeRecord = (payload: Buffer): Buffer => {
  const record = Buffer.allocUnsafe(recordHeadBytes + payload.length);
  record.writeUInt32BE(payload.length, 0);
  record.writeUInt32BE(checksumOf(record.subarray(0, 4), payload), 4);
  payload.copy(record, recordHeadBytes);
  return record;
};

export type RecordRead =
  | { readonly kind: "record"; readonly payload: Buffer; readonly end: number }
  /** Not all of it is there: more bytes may make it whole. */
  | { readonly kind: "cut" }
  | { readonly kind: "corrupt" };

/** The record that begins at `start`; `payloadBytesMax` bounds what a damaged length may ask for. */
export const readRecord = (bytes: Buffer, start: number, payloadBytesMax: number): RecordRead => {
  const body = start + recordHeadBytes;
  if (bytes.length < body) return { kind: "cut" };
  const length = bytes.readUInt32BE(start);
  if (length < recordBytesMin - recordHeadBytes || length > payloadBytesMax) return { kind: "corrupt" };
  const end = body + length;
  if (bytes.length < end) return { kind: "cut" };
  const payload = bytes.subarray(body, end);
  const isRight = bytes.readUInt32BE(start + 4) === checksumOf(bytes.subarray(start, start + 4), payload);
  return isRight ? { kind: "record", payload, end } : { kind: "corrupt" };
};
