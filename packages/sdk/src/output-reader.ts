// Received output on its way to the one who reads it: item by item, or each as it comes.
//
// I1 Items are given in the order in which they came, each once.
// I2 An item counts as consumed when the next one is asked for, so that a slow reader holds the relay to its credit.
import { Failure } from "@cmdop/base";
import type { OutputChunk, OutputItem } from "./attachment-items.ts";
import { OutputQueue } from "./output-queue.ts";

export interface OutputReaderOptions {
  /** Over it nothing more is read from the relay, until half of it was taken. */
  readonly queueBytesMax: number;
  readonly setPaused: (isPaused: boolean) => void;
  /** `isUrgent`: the relay waits for it. */
  readonly consumed: (offset: number, isUrgent: boolean) => void;
  /** Calls what the user gave. */
  readonly tell: (listener: (item: OutputItem) => void, item: OutputItem) => void;
}

interface Waiter {
  readonly resolve: (item: OutputItem | undefined) => void;
  readonly reject: (cause: unknown) => void;
}

/** The offset after an item; undefined for those that have no place in the bytes. */
const endOf = (item: OutputItem): number | undefined => {
  if (item.kind === "output") return item.offset + item.bytes.length;
  if (item.kind === "gap") return item.to;
  return item.kind === "snapshot" ? item.offset : undefined;
};

export class OutputReader {
  readonly #options: OutputReaderOptions;
  readonly #queue = new OutputQueue();
  #listener: ((item: OutputItem) => void) | undefined;
  #isIterated = false;
  #waiter: Waiter | undefined;
  /** Given, and not yet consumed. */
  #taken: OutputItem | undefined;
  #isOver = false;
  /** Why reading ends by throwing. */
  #cause: unknown;

  constructor(options: OutputReaderOptions) {
    this.#options = options;
  }

  deliver(item: OutputItem): void {
    if (this.#listener && this.#queue.isEmpty) {
      this.#options.tell(this.#listener, item);
      return;
    }
    if (this.#waiter) {
      this.#taken = item;
      this.#waiter.resolve(item);
      return;
    }
    this.#queue.push(item);
    this.#setPaused();
  }

  /** Nothing more comes. What was received is given yet, unless `isDropped`; then reading ends, with `cause` by throwing. */
  end(cause: unknown, isDropped: boolean): void {
    this.#isOver = true;
    this.#cause = cause;
    if (isDropped) this.#queue.clear();
    if (cause === undefined) this.#waiter?.resolve(undefined);
    else this.#waiter?.reject(cause);
  }

  read(signal: AbortSignal | undefined): Promise<OutputItem | undefined> {
    if (this.#waiter || this.#listener) return Promise.reject(secondReader());
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.#consumeTaken();
    const item = this.#queue.shift();
    this.#taken = item;
    if (item) {
      this.#setPaused();
      return Promise.resolve(item);
    }
    if (this.#isOver) {
      return this.#cause === undefined ? Promise.resolve(undefined) : Promise.reject(this.#cause);
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiter = undefined;
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const settled = (): void => {
        this.#waiter = undefined;
        signal?.removeEventListener("abort", onAbort);
      };
      this.#waiter = {
        resolve: (value) => {
          settled();
          resolve(value);
        },
        reject: (cause) => {
          settled();
          reject(cause);
        },
      };
    });
  }

  /** `left`: the loop over it was left. */
  iterate(signal: AbortSignal | undefined, left: () => Promise<void>): AsyncIterableIterator<OutputItem> {
    if (this.#isIterated || this.#listener) throw secondReader();
    this.#isIterated = true;
    const iterator: AsyncIterableIterator<OutputItem> = {
      next: async () => {
        const value = await this.read(signal);
        return value === undefined ? { done: true, value } : { done: false, value };
      },
      return: async () => {
        await left();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** Puts the rest of the item that was read last back, for the next reader. */
  unread(rest: OutputChunk): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken?.kind === "output") this.#options.consumed(rest.offset, false);
    this.#queue.unshift(rest);
  }

  /** Each item as it comes; whoever listens says himself what was consumed. Returns how to stop. */
  listen(listener: (item: OutputItem) => void): () => void {
    if (this.#listener || this.#waiter) throw secondReader();
    this.#listener = listener;
    this.#consumeTaken();
    while (this.#listener === listener) {
      const item = this.#queue.shift();
      if (!item) break;
      this.#options.tell(listener, item);
    }
    this.#setPaused();
    return () => {
      if (this.#listener === listener) this.#listener = undefined;
    };
  }

  #setPaused(): void {
    const { queueBytesMax, setPaused } = this.#options;
    const { bytes } = this.#queue;
    if (bytes > queueBytesMax) setPaused(true);
    else if (bytes < queueBytesMax / 2) setPaused(false);
  }

  #consumeTaken(): void {
    const item = this.#taken;
    this.#taken = undefined;
    const end = item && endOf(item);
    if (end !== undefined && !this.#isOver) this.#options.consumed(end, item?.kind !== "output");
  }
}

const secondReader = (): Failure =>
  new Failure("invalid_argument", "The output of an attachment has one reader.");
