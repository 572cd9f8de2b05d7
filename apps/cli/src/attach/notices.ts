// What the client says over the session's screen: lines on the first rows, for a while.
import type { Clock } from "@cmdop/base";
import { fitText } from "../output/text-width.ts";

export interface NoticeSurface {
  cols(): number;
  cover(lines: readonly string[]): void;
  /** Draws what was covered. */
  uncover(): void;
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

  /** Again, on a screen that was drawn anew or has another width. */
  paint(): void {
    if (this.isShown)
      this.#surface.cover(this.#shown.map((line) => fitText(` ${line} `, this.#surface.cols())));
  }

  clear(): void {
    this.drop();
    this.#surface.uncover();
  }

  /** Forgets it without drawing. */
  drop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#shown = [];
  }
}
