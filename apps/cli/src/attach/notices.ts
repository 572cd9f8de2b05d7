// What the client says over the session's screen: one line on the first row, for a while. It is drawn only between
// sequences, and what it covers comes back with the next drawing of the whole screen.
import type { Clock } from "@cmdop/base";
import { fitText } from "../output/text-width.ts";
import { overlayLine, overlayLines } from "./terminal-modes.ts";

export interface NoticeSurface {
  cols(): number;
  /** Whether something may be drawn now. */
  isGround(): boolean;
  draw(text: string): void;
  /** Draws the session's screen anew. */
  redraw(): void;
}

const noticeMs = 3_000;

export class Notices {
  readonly #surface: NoticeSurface;
  readonly #clock: Clock;
  #shown: readonly string[] = [];
  #cancel: (() => void) | undefined;

  constructor(surface: NoticeSurface, clock: Clock) {
    this.#surface = surface;
    this.#clock = clock;
  }

  get isShown(): boolean {
    return this.#shown.length > 0;
  }

  /** Shows lines until `clear`, or for `forMs`. */
  show(lines: readonly string[], forMs?: number): void {
    this.#cancel?.();
    this.#cancel = forMs === undefined ? undefined : this.#clock.after(forMs, () => this.clear());
    this.#shown = lines;
    this.paint();
  }

  say(text: string): void {
    this.show([text], noticeMs);
  }

  /** Again, after output may have drawn over it. */
  paint(): void {
    if (this.#shown.length === 0 || !this.#surface.isGround()) return;
    const lines = this.#shown.map((line) => fitText(` ${line} `, this.#surface.cols()));
    this.#surface.draw(lines.length === 1 ? overlayLine(lines[0] ?? "") : overlayLines(lines));
  }

  clear(): void {
    this.drop();
    this.#surface.redraw();
  }

  /** Forgets it without drawing: the screen was drawn anew. */
  drop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#shown = [];
  }
}
