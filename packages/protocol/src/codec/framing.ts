// gRPC's length-prefixed messages (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): one byte of
// flags, four bytes of big-endian length, the message. "Framed" means: with this prefix.

import { allocBytes } from "./wire.ts";

export const prefixBytes = 5;

export const writePrefix = (framed: Uint8Array, at: number, length: number): void => {
  framed[at] = 0;
  framed[at + 1] = length >>> 24;
  framed[at + 2] = length >>> 16;
  framed[at + 3] = length >>> 8;
  framed[at + 4] = length;
};

/** Room for a message of `length` bytes, its prefix written. */
export const allocFramed = (length: number): Uint8Array<ArrayBuffer> => {
  const framed = allocBytes(prefixBytes + length);
  writePrefix(framed, 0, length);
  return framed;
};

/** A copy of the message with its prefix before it. */
export const toFramed = (message: Uint8Array): Uint8Array<ArrayBuffer> => {
  const framed = allocFramed(message.length);
  framed.set(message, prefixBytes);
  return framed;
};

/** The message within framed bytes; no copy. */
export const fromFramed = (framed: Uint8Array): Uint8Array => framed.subarray(prefixBytes);

/**
 * Bytes that may be kept for long. Received messages are views of the block that was read from the socket (up to
 * 64 KiB): who keeps a small one keeps the block. This copies when the view is under half of its block.
 */
export const toRetained = <Bytes extends Uint8Array>(bytes: Bytes): Bytes | Uint8Array<ArrayBuffer> => {
  if (bytes.buffer.byteLength <= 2 * bytes.length) return bytes;
  const copy = allocBytes(bytes.length);
  copy.set(bytes);
  return copy;
};
