// How far a program that waits for its reader may run ahead of it.
//
// I1 Output beyond the slowest operator by `readerLagBytes` is not acknowledged: the host's log still holds all that an
//    operator has not got. Observers hold up nobody.
// I2 The last operator's place counts on for `graceMs` after it left: its connection may have broken.
import type { Attachment } from "./attachment.ts";
import type { Limits } from "./limits.ts";

export class ReaderPace {
  readonly #attachments: ReadonlyMap<string, Attachment>;
  readonly #limits: Limits;
  readonly #now: () => number;
  #last: { readonly cursor: number; readonly untilMs: number } | undefined;

  constructor(options: {
    readonly attachments: ReadonlyMap<string, Attachment>;
    readonly limits: Limits;
    readonly now: () => number;
  }) {
    this.#attachments = options.attachments;
    this.#limits = options.limits;
    this.#now = options.now;
  }

  /** An attachment is gone. */
  left(attachment: Attachment): void {
    if (!isReader(attachment)) return;
    this.#last = { cursor: attachment.cursor, untilMs: this.#now() + this.#limits.graceMs };
  }

  mayAcknowledge(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const attachment of this.#attachments.values())
      if (isReader(attachment)) lowest = Math.min(lowest, attachment.cursor);
    if (lowest === Number.POSITIVE_INFINITY && this.#last && this.#now() < this.#last.untilMs)
      lowest = this.#last.cursor;
    return lowest + this.#limits.readerLagBytes;
  }
}

const isReader = ({ mode, role }: Attachment): boolean => mode === "lossless" && role === "operator";
