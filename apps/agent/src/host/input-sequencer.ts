// Which input is next. Pure.
//
// I1 Within one (operator, stream), an input is applied only when its `previous` is the last applied number: none
//    is applied twice, none is skipped unsaid.
// I2 Memory is bounded: the streams longest unused are forgotten first. A forgotten stream counts as new.

export type InputVerdict =
  | { readonly kind: "next" }
  /** Applied before; the client has not seen the acknowledgement. */
  | { readonly kind: "duplicate"; readonly last: number }
  | { readonly kind: "out_of_order"; readonly last: number };

export const streamKey = (operator: string, stream: Uint8Array): string =>
  `${Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength).toString("base64")} ${operator}`;

export class InputSequencer {
  readonly #streamsMax: number;
  readonly #last = new Map<string, number>();

  constructor(streamsMax: number) {
    this.#streamsMax = streamsMax;
  }

  /** The last applied number; 0 when none was. */
  last(key: string): number {
    return this.#last.get(key) ?? 0;
  }

  judge(key: string, input: { readonly number: number; readonly previous: number }): InputVerdict {
    const last = this.#last.get(key);
    // A first input may carry any number: this host may be younger than the client.
    if (last === undefined) return { kind: "next" };
    if (input.number <= last) return { kind: "duplicate", last };
    return input.previous === last ? { kind: "next" } : { kind: "out_of_order", last };
  }

  applied(key: string, number: number): void {
    this.#last.delete(key);
    this.#last.set(key, number);
    if (this.#last.size <= this.#streamsMax) return;
    for (const oldest of this.#last.keys()) {
      this.#last.delete(oldest);
      return;
    }
  }
}
