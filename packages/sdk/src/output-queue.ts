import type { OutputItem } from "./attachment-items.ts";

/** Items that were received and not yet taken, in order, with the bytes that they hold. */
export class OutputQueue {
  #items: (OutputItem | undefined)[] = [];
  #first = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#first === this.#items.length;
  }

  push(item: OutputItem): void {
    this.#items.push(item);
    this.#bytes += bytesOf(item);
  }

  shift(): OutputItem | undefined {
    const item = this.#items[this.#first];
    if (!item) return undefined;
    // Taken slots are cleared at once and dropped in blocks: `Array.shift` moves everything.
    this.#items[this.#first] = undefined;
    this.#first += 1;
    if (this.#first === this.#items.length || this.#first >= 1_024) {
      this.#items.splice(0, this.#first);
      this.#first = 0;
    }
    this.#bytes -= bytesOf(item);
    return item;
  }

  unshift(item: OutputItem): void {
    if (this.#first > 0) {
      this.#first -= 1;
      this.#items[this.#first] = item;
    } else this.#items.unshift(item);
    this.#bytes += bytesOf(item);
  }

  clear(): void {
    this.#items = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}

/** What an item costs in memory, roughly: small ones are objects, too. */
const bytesOf = (item: OutputItem): number =>
  64 + (item.kind === "output" ? item.bytes.length : item.kind === "snapshot" ? item.data.length : 0);
