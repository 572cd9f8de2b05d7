// How much one attachment may have on the way. It does not know what is sent; it knows offsets and bytes.
//
// I1 `unacked` counts every byte of output and snapshot sent and not acknowledged; a jump over a gap costs nothing.
// I2 Acknowledgements never go back and never count beyond what was sent.

export class Credit {
  readonly bytes: number;
  /** Sending stops once the cursor is here: one comparison on the hot path. */
  end = 0;
  #acked = 0;
  /** Bytes on the way from before the last jump, the snapshot's included; gone when the ack reaches it. */
  #debt = 0;
  #jumpedTo = 0;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  /** Nothing is on the way and the cursor is at `offset`. */
  begin(offset: number): void {
    this.#acked = offset;
    this.#debt = 0;
    this.#jumpedTo = offset;
    this.#settle();
  }

  unacked(cursor: number): number {
    return cursor - Math.max(this.#acked, this.#jumpedTo) + this.#debt;
  }

  /** The cursor moves from `cursor` to `to` by a gap, with `bytes` sent for it. */
  jump(cursor: number, to: number, bytes: number): void {
    this.#debt = this.unacked(cursor) + bytes;
    this.#jumpedTo = to;
    this.#settle();
  }

  ack(offset: number, cursor: number): void {
    const acked = Math.min(offset, cursor);
    if (!(acked > this.#acked) && !(acked === this.#jumpedTo && this.#debt > 0)) return;
    if (acked >= this.#jumpedTo) this.#debt = 0;
    // Bytes before the jump, acknowledged one by one.
    else this.#debt = Math.max(0, this.#debt - (acked - this.#acked));
    this.#acked = Math.max(this.#acked, acked);
    this.#settle();
  }

  /** Whether half of the credit is free again. */
  isHalfFree(cursor: number): boolean {
    return this.unacked(cursor) * 2 <= this.bytes;
  }

  #settle(): void {
    this.end = Math.max(this.#acked, this.#jumpedTo) + this.bytes - this.#debt;
  }
}
