import { Failure } from "@cmdop/base";

const prefixBytes = 5;

/**
 * Cuts a byte stream into gRPC-prefixed messages (0, u32 length, bytes). A message inside one chunk is a view of
 * that chunk, not a copy; one that spans chunks is put together once. Throws a Failure on a set compression
 * flag or a length above the bound, before anything of that length is kept.
 */
export class FramedReader {
  readonly #messageBytesMax: number;
  readonly #onMessage: (message: Buffer, framed: Buffer) => void;
  #parts: Buffer[] = [];
  #partBytes = 0;
  // Size of the message being put together, prefix included; 0 while it is not known.
  #needed = 0;

  constructor(messageBytesMax: number, onMessage: (message: Buffer, framed: Buffer) => void) {
    this.#messageBytesMax = messageBytesMax;
    this.#onMessage = onMessage;
  }

  /** Bytes kept of a message that is not whole yet. */
  get pendingBytes(): number {
    return this.#partBytes;
  }

  push(chunk: Buffer): void {
    let data = chunk;
    if (this.#partBytes > 0) {
      this.#parts.push(data);
      this.#partBytes += data.length;
      if (this.#partBytes < Math.max(prefixBytes, this.#needed)) return;
      if (this.#needed === 0) {
        // The prefix is whole now; it may still be spread over several parts.
        data = Buffer.concat(this.#parts);
        this.#needed = this.#sizeAt(data, 0);
        if (data.length < this.#needed) {
          this.#parts = [data];
          return;
        }
      } else {
        data = Buffer.concat(this.#parts);
      }
      this.#clear();
    }
    let at = 0;
    while (data.length - at >= prefixBytes) {
      const size = this.#sizeAt(data, at);
      if (data.length - at < size) {
        this.#needed = size;
        break;
      }
      const framed = data.subarray(at, at + size);
      at += size;
      this.#onMessage(framed.subarray(prefixBytes), framed);
    }
    if (at < data.length) {
      this.#parts = [data.subarray(at)];
      this.#partBytes = data.length - at;
    }
  }

  #sizeAt(data: Buffer, at: number): number {
    if (data[at] !== 0) throw new Failure("malformed_message", "A message has a prefix that is not allowed.");
    const length = data.readUInt32BE(at + 1);
    if (length > this.#messageBytesMax) throw new Failure("message_too_large");
    return prefixBytes + length;
  }

  #clear(): void {
    this.#parts = [];
    this.#partBytes = 0;
    this.#needed = 0;
  }
}

/** One message with its prefix. */
export const toFramed = (message: Uint8Array): Buffer => {
  const framed = Buffer.allocUnsafe(prefixBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, prefixBytes);
  return framed;
};
