// A terminal that floods takes the processors: the program, the kernel's thread that moves what it prints, and everybody
// who passes it on. While somebody types in another terminal of this machine, a flood is read no faster than a person
// could follow; its program waits meanwhile, and nothing is lost. Else it is read as fast as it is carried away.
//
// I1 Nobody waits for his own key presses: what is typed into a terminal does not slow that terminal.
// I2 What is not a flood is not slowed: a full-screen program that draws anew stays within `burstBytes`.

import type { Clock } from "@cmdop/base";

const KiB = 1024;
const bytesPerMs = KiB;
const burstBytes = 256 * KiB;
/** Read at once while it is slowed: fewer, larger pieces are less work for everybody behind. */
const pieceBytes = 8 * KiB;
/** After a key press the next is expected for so long. */
const typingMs = 250;

// A flood is read without a rest while less than this is unsent, then with a millisecond for each time it is unsent. With the
// most, its program still prints 6 MB/s: a slow way is not waited for, it gets gap and snapshot.
const restLagBytes = 256 * KiB;
const restMsMax = 8;

interface KeyPress {
  readonly session: string;
  readonly atMs: number;
}

/** In which sessions of a host somebody types. */
export class Typing {
  #last: KeyPress | undefined;
  /** The last in any other session than that of `#last`. */
  #lastElsewhere: KeyPress | undefined;

  noted(session: string, atMs: number): void {
    if (this.#last?.session !== session) this.#lastElsewhere = this.#last;
    this.#last = { session, atMs };
  }

  isBeside(session: string, nowMs: number): boolean {
    const beside = this.#last?.session === session ? this.#lastElsewhere : this.#last;
    return beside !== undefined && nowMs - beside.atMs < typingMs;
  }
}

/** How long a flood rests between two pieces for a home that is so far behind. */
export const restMs = (lagBytes: number): number => Math.min(Math.floor(lagBytes / restLagBytes), restMsMax);

export interface FloodPaceOptions {
  readonly clock: Clock;
  readonly typing: Typing;
  /** Whose terminal it is. */
  readonly session: string;
  /** What a flood rests between two pieces while nobody types elsewhere. */
  restMs(): number;
}

/** How much of one terminal's output may be read: a bucket of `burstBytes`, filled with 1 MiB a second. */
export class FloodPace {
  readonly #options: FloodPaceOptions;
  #bytes = burstBytes;
  #filledAtMs: number;

  constructor(options: FloodPaceOptions) {
    this.#options = options;
    this.#filledAtMs = options.clock.nowMs();
  }

  /** Read, slowed or not: a flood that was there before somebody typed has no burst left. */
  took(bytes: number): void {
    this.#fill();
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** What may be read now. */
  get allowedBytes(): number {
    return this.#isSlowed ? this.#fill() : Number.POSITIVE_INFINITY;
  }

  /** Until a piece may be read. */
  get waitMs(): number {
    return this.#isSlowed ? Math.max(0, (pieceBytes - this.#fill()) / bytesPerMs) : this.#options.restMs();
  }

  get #isSlowed(): boolean {
    const { typing, session, clock } = this.#options;
    return typing.isBeside(session, clock.nowMs());
  }

  #fill(): number {
    const nowMs = this.#options.clock.nowMs();
    this.#bytes = Math.min(burstBytes, this.#bytes + (nowMs - this.#filledAtMs) * bytesPerMs);
    this.#filledAtMs = nowMs;
    return this.#bytes;
  }
}
