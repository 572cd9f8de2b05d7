// How long the way to the session has been interrupted, and what is said about it.
import type { Clock } from "@cmdop/base";
import type { AttachmentEvent } from "@cmdop/sdk";
import { toDurationText } from "../options/duration.ts";
import { partOfWay, type WayPart } from "./session-way.ts";

/** Short interruptions are nobody's business. */
export const outageQuietMs = 2_000;

export interface OutageView {
  /** Said about once a second while it lasts. */
  waiting(cause: WayPart, lastedMs: number): void;
  /** It is over; `text` says for how long it was, where it was noticed. */
  over(text: string | undefined): void;
}

export class Outage {
  readonly #clock: Clock;
  readonly #view: OutageView;
  #causes = new Set<WayPart>();
  #sinceMs = 0;
  #cancel: (() => void) | undefined;

  constructor(options: { readonly clock: Clock; readonly view: OutageView }) {
    this.#clock = options.clock;
    this.#view = options.view;
  }

  /** Long enough that what is typed now will not arrive. */
  get isNoticed(): boolean {
    return this.#causes.size > 0 && this.#clock.nowMs() - this.#sinceMs >= outageQuietMs;
  }

  watch(event: AttachmentEvent): void {
    const way = partOfWay(event);
    if (way?.isThere) this.end(way.part);
    else if (way) this.begin(way.part);
  }

  begin(cause: WayPart): void {
    if (this.#causes.size === 0) {
      this.#sinceMs = this.#clock.nowMs();
      this.#cancel = this.#clock.after(outageQuietMs, () => this.#tick());
    }
    this.#causes.add(cause);
  }

  end(cause: WayPart): void {
    if (!this.#causes.delete(cause) || this.#causes.size > 0) return;
    this.#cancel?.();
    const lastedMs = this.#clock.nowMs() - this.#sinceMs;
    this.#view.over(lastedMs >= outageQuietMs ? `back after ${toDurationText(lastedMs)}` : undefined);
  }

  stop(): void {
    this.#cancel?.();
    this.#causes.clear();
  }

  #tick(): void {
    const cause = this.#causes.has("connection") ? "connection" : "machine";
    this.#view.waiting(cause, this.#clock.nowMs() - this.#sinceMs);
    this.#cancel = this.#clock.after(1_000, () => this.#tick());
  }
}
