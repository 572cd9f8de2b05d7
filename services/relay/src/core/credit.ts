// How much one attachment may have on the way. It does not know what is sent; it knows offsets and bytes.
//
// I1 `unacked` is every byte of output and snapshot that was sent and not acknowledged; a gap itself costs nothing.
// I2 Acknowledgements never go back and never count beyond what was sent.
// I3 Memory is bounded: beyond `spansMax` jumps on the way, the oldest are counted as one.

/** Output without a gap, after what it began with. */
interface Span {
  from: number;
  to: number;
  /** Bytes of the snapshot at `from`; 0 once an acknowledgement reached it. */
  cost: number;
}

const spansMax = 16;

export class Credit {
  readonly bytes: number;
  /** Sending stops once the cursor is here: one comparison on the hot path. */
  end = 0;
  #acked = 0;
  /** Where the newest span begins, and what it began with. */
  #from = 0;
  #cost = 0;
  /** The spans before it that are not acknowledged whole; nearly always none. */
  #older: Span[] = [];

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  /** Nothing is on the way and the cursor is at `offset`. */
  begin(offset: number): void {
    this.#acked = offset;
    this.#from = offset;
    this.#cost = 0;
    this.#older = [];
    this.#settle();
  }

  unacked(cursor: number): number {
    return cursor - Math.max(this.#from, this.#acked) + this.#cost + this.#olderBytes();
  }

  /** The cursor moves from `cursor` to `to` by a gap, with `bytes` sent for it. */
  jump(cursor: number, to: number, bytes: number): void {
    if (cursor > Math.max(this.#from, this.#acked) || this.#cost > 0)
      this.#older.push({ from: this.#from, to: cursor, cost: this.#cost });
    this.#from = to;
    this.#cost = bytes;
    if (this.#older.length > spansMax) this.#fold();
    this.#settle();
  }

  ack(offset: number, cursor: number): void {
    const acked = Math.min(offset, cursor);
    if (!(acked >= this.#acked)) return;
    this.#acked = acked;
    if (acked >= this.#from) this.#cost = 0;
    if (this.#older.length > 0) {
      for (const span of this.#older) if (acked >= span.from) span.cost = 0;
      this.#older = this.#older.filter((span) => acked < span.to || span.cost > 0);
    }
    this.#settle();
  }

  /** Whether half of the credit is free again. */
  isHalfFree(cursor: number): boolean {
    return this.unacked(cursor) * 2 <= this.bytes;
  }

  #olderBytes(): number {
    let bytes = 0;
    for (const { from, to, cost } of this.#older)
      bytes += cost + Math.max(0, to - Math.max(from, this.#acked));
    return bytes;
  }

  /** Counts the two oldest as one that costs as much, until the second is acknowledged whole. */
  #fold(): void {
    const [first, second] = this.#older.splice(0, 2);
    if (!first || !second) return;
    const cost = first.cost + second.cost + (first.to - first.from) + (second.to - second.from);
    this.#older.unshift({ from: second.to, to: second.to, cost });
  }

  #settle(): void {
    this.end = Math.max(this.#from, this.#acked) + this.bytes - this.#cost - this.#olderBytes();
  }
}
