// Bytes that come in pieces. A sender decides how large the pieces are, and one of a single byte takes two hundred of
// memory: what was gathered is joined again and again, each byte once.

const looseMax = 256;

export class Pieces {
  #joined: Uint8Array[] = [];
  #loose: Uint8Array[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(piece: Uint8Array): void {
    this.#loose.push(piece);
    this.#bytes += piece.length;
    if (this.#loose.length < looseMax) return;
    this.#joined.push(join(this.#loose));
    this.#loose = [];
  }

  /** All of them as one, the bytes of a single piece themselves; nothing is left here. */
  take(): Uint8Array {
    const all = [...this.#joined, ...this.#loose];
    this.#joined = [];
    this.#loose = [];
    this.#bytes = 0;
    const [first] = all;
    return all.length === 1 && first ? first : join(all);
  }
}

const join = (pieces: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};
