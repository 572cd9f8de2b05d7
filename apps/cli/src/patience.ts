import { type Clock, Failure } from "@cmdop/base";
import type { AttachmentEvent } from "@cmdop/sdk";
import { toDurationText } from "./duration.ts";

/** "left" by ^C; "unread": whoever reads the output has gone. */
type GiveUpReason = "tooLong" | "left" | "unread";

/** Gives up on an attachment whose way to the session was interrupted for too long. */
export class Patience {
  readonly #limitMs: number;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #missing = new Set<"connection" | "machine">();
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
    if (event.type === "reconnecting") this.#miss("connection");
    else if (event.type === "reconnected") this.#found("connection");
    else if (event.type === "route") {
      if (event.state === "waiting" || event.state === "lost") this.#miss("machine");
      else this.#found("machine");
    }
  }

  giveUp(reason: GiveUpReason): void {
    this.#reason ??= reason;
    const text = `The connection could not be brought back within ${toDurationText(this.#limitMs)}.`;
    this.#controller.abort(new Failure("connection_lost", text));
  }

  stop(): void {
    this.#cancel?.();
  }

  #miss(what: "connection" | "machine"): void {
    if (this.#missing.size === 0) {
      this.#cancel = this.#clock.after(this.#limitMs, () => this.giveUp("tooLong"));
    }
    this.#missing.add(what);
  }

  #found(what: "connection" | "machine"): void {
    this.#missing.delete(what);
    if (this.#missing.size === 0) this.#cancel?.();
  }
}
