import type { Channel } from "@cmdop/protocol";

/**
 * Makes chunks of a program's output: the first of a turn of the event loop is handed on at once, so that a key
 * press is echoed without delay; what follows it in the same turn, and turns that follow without a pause, are put
 * together up to `bytesMax`.
 */
export class OutputBatch {
  readonly #buffer: Buffer;
  readonly #emit: (channel: Channel, data: Buffer) => void;
  #channel: Channel = 0;
  #length = 0;
  #turn: NodeJS.Immediate | undefined;

  /** `data` is valid during the call alone. */
  constructor(bytesMax: number, emit: (channel: Channel, data: Buffer) => void) {
    this.#buffer = Buffer.allocUnsafeSlow(bytesMax);
    this.#emit = emit;
  }

  add(channel: Channel, data: Uint8Array): void {
    if (channel !== this.#channel) {
      this.flush();
      this.#channel = channel;
    }
    for (let at = 0; at < data.length; ) {
      const size = Math.min(data.length - at, this.#buffer.length - this.#length);
      this.#buffer.set(at === 0 && size === data.length ? data : data.subarray(at, at + size), this.#length);
      this.#length += size;
      at += size;
      if (this.#length === this.#buffer.length) this.flush();
    }
    if (this.#turn) return;
    this.flush();
    this.#turn = setImmediate(() => this.#endTurn());
  }

  /** Hands on what there is. */
  flush(): void {
    if (this.#length === 0) return;
    const data = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    this.#emit(this.#channel, data);
  }

  close(): void {
    this.flush();
    if (this.#turn) clearImmediate(this.#turn);
    this.#turn = undefined;
  }

  #endTurn(): void {
    // Something came: the program is busy, the next turn is collected whole.
    this.#turn = this.#length > 0 ? setImmediate(() => this.#endTurn()) : undefined;
    this.flush();
  }
}
