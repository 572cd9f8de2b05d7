// Copies small chunks out of the big buffers that they arrived in, so that keeping 20 bytes never keeps a 64 KiB
// read alive. Blocks are filled in order and never reused: a block goes when the last chunk cut from it goes, and
// because who keeps them drops the oldest first, at most one block more is held than is counted.

const blockBytes = 8 * 1024;
/** Above this a chunk gets a buffer of its own, so that the end of a block is not wasted. */
const arenaChunkMax = blockBytes / 4;

export class ChunkArena {
  #block: Uint8Array | undefined;
  #used = 0;

  /** `chunk` itself when it owns at least half of its buffer, else a copy. */
  keep(chunk: Uint8Array): Uint8Array {
    const size = chunk.byteLength;
    if (chunk.buffer.byteLength <= size * 2) return chunk;
    if (size > arenaChunkMax) return Uint8Array.prototype.slice.call(chunk);
    if (this.#block === undefined || this.#used + size > blockBytes) {
      this.#block = new Uint8Array(blockBytes);
      this.#used = 0;
    }
    const copy = this.#block.subarray(this.#used, this.#used + size);
    copy.set(chunk);
    this.#used += size;
    return copy;
  }

  /** Lets the current block go with its chunks. */
  clear(): void {
    this.#block = undefined;
    this.#used = 0;
  }
}
