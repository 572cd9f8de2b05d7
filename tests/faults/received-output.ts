import type { OutputItem } from "@cmdop/sdk";
import { expect } from "vitest";

/** The bytes that one attachment received, by offset, with what was declared missing. */
export class ReceivedOutput {
  readonly #chunks: { readonly from: number; readonly bytes: Uint8Array }[] = [];
  readonly gaps: { readonly from: number; readonly to: number }[] = [];
  readonly violations: string[] = [];
  #next: number | undefined;
  #bytes = 0;

  take(item: OutputItem): void {
    switch (item.kind) {
      case "output":
        this.#continue("output", item.offset, item.offset + item.bytes.length);
        this.#chunks.push({ from: item.offset, bytes: item.bytes });
        this.#bytes += item.bytes.length;
        break;
      case "gap":
        this.#continue("gap", item.from, item.to);
        this.gaps.push({ from: item.from, to: item.to });
        break;
      case "snapshot":
        this.#continue("snapshot", item.offset, item.offset);
        break;
      case "exit":
      case "resize":
        break;
    }
  }

  get receivedBytes(): number {
    return this.#bytes;
  }

  #continue(kind: string, from: number, to: number): void {
    if (this.#next !== undefined && from !== this.#next) {
      this.violations.push(`${kind} begins at ${from} where ${this.#next} was due`);
    }
    this.#next = to;
  }

  /** All bytes, from the first offset on. Fails when anything is missing. */
  whole(): Buffer {
    expect(this.gaps).toEqual([]);
    expect(this.violations).toEqual([]);
    return Buffer.concat(this.#chunks.map((chunk) => chunk.bytes));
  }

  /** Every received byte is the byte of the truth at its offset; everything else is inside a declared gap. */
  expectExactOrDeclared(truth: Buffer): void {
    expect(this.violations).toEqual([]);
    for (const { from, bytes } of this.#chunks) {
      const expected = truth.subarray(from, from + bytes.length);
      if (!expected.equals(bytes)) expect.fail(`the bytes at ${from} differ from the machine's log`);
    }
  }
}
