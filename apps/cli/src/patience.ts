import { type Clock, Failure } from "@cmdop/base";
import type { AttachmentEvent } from "@cmdop/sdk";
import { partOfWay, type WayPart } from "./attach/session-way.ts";
import { toDurationText } from "./options/duration.ts";

/** "left" by ^C; "unread": whoever reads the output has gone. */
type GiveUpReason = "tooLong" | "left" | "unread";

/** Gives up on an attachment whose way to the session was interrupted for too long. */
export class Patience {
  readonly #limitMs: number;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #missing = new Set<WayPart>();
  #cancel: (() => void) | undefined;
  #reason: GiveUpReason | undefined;

  constructor(limitMs: number, clock: Clock) {
    this.#limitMs = limitMs;
    this.#clock = clock;
  }

  /** Aborted when patience is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): GiveUpReason | undefined {
    return this.#reason;
  }

  watch(event: AttachmentEvent): void {
    const way = partOfWay(event);
    if (way?.isThere) this.#found(way.part);
    else if (way) this.#miss(way.part);
  }

  giveUp(reason: GiveUpReason): void {
    this.#reason ??= reason;
    const text = `The connection could not be brought back within ${toDurationText(this.#limitMs)}.`;
    this.#controller.abort(new Failure("connection_lost", text));
  }

  stop(): void {
    this.#cancel?.();
  }

  #miss(what: WayPart): void {
    if (this.#missing.size === 0) {
      this.#cancel = this.#clock.after(this.#limitMs, () => this.giveUp("tooLong"));
    }
    this.#missing.add(what);
  }

  #found(what: WayPart): void {
    this.#missing.delete(what);
    if (this.#missing.size === 0) this.#cancel?.();
  }
}
