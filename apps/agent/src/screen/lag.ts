/** The emulator may be this far behind; above it the PTY is not read, until it is below the low mark. */
export const lagBytesHigh = 768 * 1024;
export const lagBytesLow = 512 * 1024;

/** Bytes handed over and not yet drawn, with a high and a low mark. */
export class Lag {
  #bytes = 0;
  #isHigh = false;
  #onDrain: () => void = () => {};

  get bytes(): number {
    return this.#bytes;
  }

  /** Over the high mark, and not yet below the low one again. */
  get isHigh(): boolean {
    return this.#isHigh;
  }

  onDrain(callback: () => void): void {
    this.#onDrain = callback;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > lagBytesHigh) this.#isHigh = true;
  }

  remove(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
    if (!this.#isHigh || this.#bytes >= lagBytesLow) return;
    this.#isHigh = false;
    this.#onDrain();
  }
}
