// What is to be drawn on one screen, in order, and the requests that wait for it. Knows no thread: the worker
// gives it slices of time, tests call it directly.
//
// I1 A request is answered with the screen at an offset that had been written before it, never later.
// I2 `modes` waits for all that was written before it; `snapshot` for all resizes, and for what was written after the last
//    one at most `snapshotWaitMs`: who was told of a resize is never shown the screen before it.
// I3 After a skip, what is left of a flood rests undrawn: the next skip will most likely leave it out. It is drawn for whoever
//    asks, before anything that is not plain text, and when its giver says that no more comes (`endRest`).

import { Emulator, type EmulatorGeometry, type ScreenModes, type ScreenSnapshot } from "./emulator.ts";
import { fastForwardBytesMin, plainLength, searchSkip } from "./fast-forward.ts";

/** Drawn between two looks at the clock. */
const pieceBytes = 8 * 1024;
export const snapshotWaitMs = 20;
/** Rests at the most: half of what may be undrawn before the program is paused. */
const restBytesMax = 256 * 1024;

type Step =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "resize"; readonly cols: number; readonly rows: number };

interface Waiting {
  /** Counted in handed-over bytes and resizes. */
  readonly after: number;
  /** Not before this, late or not. */
  readonly notBefore: number;
  readonly deadlineMs: number;
  readonly answer: () => void;
}

const nothing = new Uint8Array(0);

export interface ScreenEvents {
  drawn(bytes: number): void;
  reply(text: string): void;
  title(title: string): void;
  fault(): void;
}

export class ScreenQueue {
  readonly emulator: Emulator;
  readonly #events: ScreenEvents;
  #steps: Step[] = [];
  /** Of the first step. */
  #position = 0;
  #queuedBytes = 0;
  /** A position in the stream of steps: bytes count one each, resizes one. */
  #handed = 0;
  #done = 0;
  /** Behind the last resize. */
  #resized = 0;
  #waiting: Waiting[] = [];
  /** Drawn bytes that the events do not know of yet. */
  #unreported = 0;
  #title = "";
  #faults = 0;
  /** No search for a skip until this much is done, or that much handed over. */
  #searchedTo = 0;
  #searchAgainAt = 0;
  #isResting = false;

  constructor(geometry: EmulatorGeometry, events: ScreenEvents) {
    this.emulator = new Emulator(geometry);
    this.emulator.onReply((text) => events.reply(text));
    this.#events = events;
  }

  get isIdle(): boolean {
    return this.#steps.length === 0;
  }

  /** There is something to draw that may well never have to be drawn. */
  get isResting(): boolean {
    return this.#isResting;
  }

  /** What rests is drawn by the next runs. */
  endRest(): void {
    this.#isResting = false;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#isResting) this.#restWith(bytes);
    this.#steps.push({ kind: "bytes", bytes });
    this.#queuedBytes += bytes.length;
    this.#handed += bytes.length;
  }

  resize(cols: number, rows: number): void {
    this.endRest();
    this.#steps.push({ kind: "resize", cols, rows });
    this.#handed += 1;
    this.#resized = this.#handed;
  }

  modes(answer: (modes: ScreenModes) => void): void {
    this.#wait(Number.POSITIVE_INFINITY, () => answer(this.emulator.modes()));
  }

  snapshot(
    { nowMs, scrollbackLines }: { readonly nowMs: number; readonly scrollbackLines?: number | undefined },
    answer: (snapshot: ScreenSnapshot) => void,
  ): void {
    this.#wait(nowMs + snapshotWaitMs, () => answer(this.emulator.snapshot(scrollbackLines)));
  }

  /** Draws until there is nothing left, or what is left rests, or `untilMs` has come. */
  run(now: () => number, untilMs: number): void {
    for (;;) {
      this.#answer(now());
      const step = this.#steps[0];
      if (step === undefined) break;
      if (step.kind === "resize") {
        this.#steps.shift();
        this.emulator.resize(step.cols, step.rows);
        this.#done += 1;
      } else {
        this.#unreported += this.#drawSome();
      }
      this.#note();
      if (this.#isResting || now() >= untilMs) break;
    }
    this.#answer(now());
    this.#report();
  }

  dispose(): void {
    this.#steps = [];
    this.#waiting = [];
    this.emulator.dispose();
  }

  #wait(deadlineMs: number, answer: () => void): void {
    const waiting = { after: this.#handed, notBefore: this.#resized, deadlineMs, answer };
    if (this.#done >= waiting.after) answer();
    else {
      this.endRest();
      this.#waiting.push(waiting);
    }
  }

  /** Before each answer, so that who gets one knows of all that was drawn for it. */
  #report(): void {
    const drawn = this.#unreported;
    this.#unreported = 0;
    if (drawn > 0) this.#events.drawn(drawn);
  }

  #answer(nowMs: number): void {
    if (this.#waiting.length === 0) return;
    const isDue = ({ after, notBefore, deadlineMs }: Waiting): boolean =>
      after <= this.#done || (deadlineMs <= nowMs && notBefore <= this.#done);
    const due = this.#waiting.filter(isDue);
    if (due.length === 0) return;
    this.#report();
    this.#waiting = this.#waiting.filter((waiting) => !isDue(waiting));
    for (const { answer } of due) answer();
  }

  #drawSome(): number {
    const skipped = this.#fastForward();
    if (skipped > 0 || this.#isResting) return skipped;
    const first = this.#steps[0];
    const bytes = first?.kind === "bytes" ? first.bytes : nothing;
    const piece = bytes.subarray(this.#position, this.#position + pieceBytes);
    this.emulator.write(piece);
    this.#take(piece.length);
    return piece.length;
  }

  #take(count: number): void {
    this.#position += count;
    this.#queuedBytes -= count;
    this.#done += count;
    const first = this.#steps[0];
    if (first?.kind === "bytes" && this.#position >= first.bytes.length) {
      this.#steps.shift();
      this.#position = 0;
    }
  }

  /** Leaves out what no screen will show; the number of bytes that are then done. */
  #fastForward(): number {
    if (this.#queuedBytes < fastForwardBytesMin) return 0;
    const isSearched = this.#done < this.#searchedTo && this.#handed < this.#searchAgainAt;
    if (isSearched) return 0;
    const backlog = this.#joinBytes();
    const known = this.#isResting ? this.#searchedTo - this.#done : 0;
    const { plainBytes, skip } = searchSkip(this.emulator, backlog, known);
    this.#searchedTo = this.#done + plainBytes;
    this.#searchAgainAt = this.#handed + fastForwardBytesMin;
    this.endRest();
    if (skip === undefined) return 0;
    this.emulator.write(backlog.subarray(0, skip.from));
    this.emulator.skip(skip.to - skip.from, skip.restore);
    this.#take(skip.to);
    const isAllPlain = plainBytes === backlog.length && this.#steps.length <= 1;
    this.#isResting = isAllPlain && this.#waiting.length === 0 && this.#queuedBytes <= restBytesMax;
    return skip.to;
  }

  /** More of a flood that rests: with what is not plain text, it is drawn. */
  #restWith(bytes: Uint8Array): void {
    if (plainLength(bytes) === bytes.length) this.#searchedTo += bytes.length;
    else this.endRest();
  }

  /** The bytes up to the next resize, as one. */
  #joinBytes(): Uint8Array {
    const run: Uint8Array[] = [];
    for (const step of this.#steps) {
      if (step.kind !== "bytes") break;
      run.push(run.length === 0 ? step.bytes.subarray(this.#position) : step.bytes);
    }
    const [first] = run;
    if (first !== undefined && run.length === 1) return first;
    const bytes = Buffer.concat(run);
    this.#steps.splice(0, run.length, { kind: "bytes", bytes });
    this.#position = 0;
    return bytes;
  }

  #note(): void {
    const { title, faults } = this.emulator;
    if (title !== this.#title) {
      this.#title = title;
      this.#events.title(title);
    }
    if (faults !== this.#faults) {
      this.#faults = faults;
      this.#events.fault();
    }
  }
}
