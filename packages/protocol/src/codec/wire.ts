// The pieces of protobuf's wire format (https://protobuf.dev/programming-guides/encoding/) that the hand-written
// codecs need. Reading throws `malformed_message` for everything that is not well-formed.

import { Failure } from "@cmdop/base";

export const wireVarint = 0;
export const wireI64 = 1;
export const wireBytes = 2;
export const wireI32 = 5;

export const malformed = (text: string): Failure =>
  new Failure("malformed_message", `The message could not be decoded: ${text}.`);

interface ByteAllocator {
  allocUnsafe(size: number): Uint8Array<ArrayBuffer>;
}

/** Not zeroed in Node, where small ones share a slab of 8 KiB; a plain array in a browser. */
export const allocBytes: (size: number) => Uint8Array<ArrayBuffer> = (() => {
  const allocator = (globalThis as { Buffer?: ByteAllocator }).Buffer;
  return allocator ? (size) => allocator.allocUnsafe(size) : (size) => new Uint8Array(size);
})();

export const varintSize = (value: number): number => {
  if (value < 0x80) return 1;
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size += 1;
  return size;
};

/** Writes a whole number in [0, MAX_SAFE_INTEGER]; returns the position after it. */
export const writeVarint = (bytes: Uint8Array, at: number, value: number): number => {
  let position = at;
  let rest = value;
  // Bit operations see 32 bits only: the upper part goes by division.
  while (rest > 0x7fff_ffff) {
    bytes[position] = (rest % 128) | 0x80;
    position += 1;
    rest = Math.floor(rest / 128);
  }
  while (rest > 0x7f) {
    bytes[position] = (rest & 0x7f) | 0x80;
    position += 1;
    rest >>>= 7;
  }
  bytes[position] = rest;
  return position + 1;
};

/** Reads one message front to back without allocating; `value` and `position` are its registers. */
export class WireReader {
  readonly bytes: Uint8Array;
  end: number;
  position: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /** A varint that must fit a JS number exactly. */
  varint(): number {
    const { bytes, end } = this;
    let position = this.position;
    if (position >= end) throw malformed("it ends inside a number");
    let byte = bytes[position] as number;
    position += 1;
    if (byte < 0x80) {
      this.position = position;
      return byte;
    }
    let value = byte & 0x7f;
    let factor = 128;
    for (let read = 1; ; read += 1) {
      if (position >= end) throw malformed("it ends inside a number");
      if (read === 10) throw malformed("a number has more than ten bytes");
      byte = bytes[position] as number;
      position += 1;
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw malformed("a number is too large");
      if (byte < 0x80) break;
      factor *= 128;
    }
    this.position = position;
    return value;
  }

  /** A field's tag: number << 3 | wire type. */
  tag(): number {
    const tag = this.varint();
    if (tag > 0xffff_ffff || tag < 8) throw malformed("a field number is out of range");
    return tag;
  }

  /** The length of a length-delimited field, whose bytes lie inside the message. */
  length(): number {
    const length = this.varint();
    if (length > this.end - this.position) throw malformed("a field is longer than its message");
    return length;
  }

  /** Passes over a field of any wire type but a group, which this contract does not use. */
  skip(wireType: number): void {
    if (wireType === wireVarint) this.skipVarint();
    else if (wireType === wireBytes) {
      const length = this.length();
      this.position += length;
    } else if (wireType === wireI64) this.#pass(8);
    else if (wireType === wireI32) this.#pass(4);
    else throw malformed("a field has an unknown wire type");
  }

  skipVarint(): void {
    for (let read = 0; read < 10; read += 1) {
      if (this.position >= this.end) throw malformed("it ends inside a number");
      const byte = this.bytes[this.position] as number;
      this.position += 1;
      if (byte < 0x80) return;
    }
    throw malformed("a number has more than ten bytes");
  }

  #pass(size: number): void {
    if (size > this.end - this.position) throw malformed("a field is longer than its message");
    this.position += size;
  }
}
