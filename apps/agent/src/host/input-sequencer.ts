// Which input is next. Pure.
//
// I1 Within one (operator, stream), an input is applied only when its `previous` is the last applied number: none
//    is applied twice, none is skipped unsaid.
// I2 What a client has abandoned is never applied, however late it comes.
// I3 Memory is bounded: the streams longest unused are forgotten first. A forgotten stream counts as new:
//    its first input follows number 0.

export type InputVerdict =
  | { readonly kind: "next" }
  /** Applied before; the client has not seen the acknowledgement. */
  | { readonly kind: "duplicate"; readonly last: number }
  | { readonly kind: "out_of_order"; readonly last: number };

export const streamKey = (operator: string, stream: Uint8Array): string =>
  `${Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength).toString("base64")} ${operator}`;

interface StreamState {
  /** 0 when none was applied. */
  readonly last: number;
  readonly abandoned: number;
}

const newStream: StreamState = { last: 0, abandoned: 0 };

export class InputSequencer {
  readonly #streamsMax: number;
  readonly #streams = new Map<string, StreamState>();

  constructor(streamsMax: number) {
    this.#streamsMax = streamsMax;
  }

  /** The last applied number; 0 when none was. */
  last(key: string): number {
    return this.#state(key).last;
  }

  /** Up to here nothing more is applied; 0 when nothing was abandoned. */
  abandoned(key: string): number {
    return this.#state(key).abandoned;
  }

  judge(key: string, input: { readonly number: number; readonly previous: number }): InputVerdict {
    const { last, abandoned } = this.#state(key);
    const settled = Math.max(last, abandoned);
    if (input.number <= settled) return { kind: "duplicate", last };
    return input.previous === settled ? { kind: "next" } : { kind: "out_of_order", last };
  }

  /** The client gave up what it sent up to `number` and was not applied. */
  abandon(key: string, number: number): void {
    const state = this.#state(key);
    if (number > state.abandoned) this.#keep(key, { ...state, abandoned: number });
  }

  applied(key: string, number: number): void {
    this.#keep(key, { last: number, abandoned: this.#state(key).abandoned });
  }

  #state(key: string): StreamState {
    return this.#streams.get(key) ?? newStream;
  }

  #keep(key: string, state: StreamState): void {
    this.#streams.delete(key);
    this.#streams.set(key, state);
    if (this.#streams.size <= this.#streamsMax) return;
    for (const oldest of this.#streams.keys()) {
      this.#streams.delete(oldest);
      return;
    }
  }
}
