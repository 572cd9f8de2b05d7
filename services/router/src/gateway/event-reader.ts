import { EventSplitter, EventTooLarge } from "../core/event-splitter.ts";
import type { Attempt, ReadFailure } from "./attempt.ts";

export type ReadEvents =
  /** Complete events that came together. */
  | { readonly kind: "events"; readonly events: readonly Uint8Array[] }
  /** An event that was cut is left out, as the format says. */
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly failure: ReadFailure };

/** Reads the events of one attempt's stream. Nothing is read ahead: who does not call `next` holds the provider back. */
export class EventReader {
  readonly #attempt: Attempt;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #splitter: EventSplitter;

  constructor(attempt: Attempt, body: AsyncIterable<Uint8Array>, eventBytesMax: number) {
    this.#attempt = attempt;
    this.#chunks = body[Symbol.asyncIterator]();
    this.#splitter = new EventSplitter(eventBytesMax);
  }

  async next(): Promise<ReadEvents> {
    try {
      for (;;) {
        const chunk = await this.#attempt.read(() => this.#chunks.next());
        if (chunk.done) return { kind: "end" };
        const events = this.#splitter.push(chunk.value);
        if (events.length > 0) return { kind: "events", events };
      }
    } catch (error) {
      const failure = error instanceof EventTooLarge ? "too-large" : this.#attempt.readFailure();
      return { kind: "failed", failure };
    }
  }
}
