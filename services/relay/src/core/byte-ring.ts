// Bytes in order: appended at the end, dropped from the beginning, copied out by position. They lie in pages, and a
// page whose bytes are dropped is the next one to be written: what flows through makes no garbage, and nobody outside
// ever holds a part of a page.

/** Small, because each session that ever said something holds one. */
const pageBytes = 8 * 1024;
/** As many as the largest frames take; more are given back. */
const sparePagesMax = 8;

export class ByteRing {
  /** Consecutive; those behind the end are written next. */
  readonly #pages: Uint8Array[] = [];
  /** The position at which the first page begins. */
  #base = 0;
  #end = 0;

  /** The position of the next byte. */
  get end(): number {
    return this.#end;
  }

  /** Bytes of its pages, with those that are written next. */
  get capacity(): number {
    return this.#pages.length * pageBytes;
  }

  append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = this.#end - this.#base;
      const index = Math.floor(at / pageBytes);
      if (index === this.#pages.length) this.#pages.push(new Uint8Array(pageBytes));
      const within = at - index * pageBytes;
      const size = Math.min(bytes.length - done, pageBytes - within);
      this.#pages[index]?.set(bytes.subarray(done, done + size), within);
      done += size;
      this.#end += size;
    }
  }

  /** A copy of [from, to), which was appended and not dropped. */
  read(from: number, to: number): Uint8Array {
    const copy = new Uint8Array(to - from);
    for (let at = from; at < to; ) {
      const index = Math.floor((at - this.#base) / pageBytes);
      const begin = at - this.#base - index * pageBytes;
      const size = Math.min(to - at, pageBytes - begin);
      const page = this.#pages[index];
      if (page) copy.set(page.subarray(begin, begin + size), at - from);
      at += size;
    }
    return copy;
  }

  /** Everything before `position` is dropped. */
  dropBefore(position: number): void {
    while (position - this.#base >= pageBytes) {
      const page = this.#pages.shift();
      this.#base += pageBytes;
      const spare = this.#pages.length - Math.ceil((this.#end - this.#base) / pageBytes);
      if (page && spare < sparePagesMax) this.#pages.push(page);
    }
  }

  /** Drops everything, pages too. */
  clear(): void {
    this.#pages.length = 0;
    this.#base = this.#end;
  }
}
