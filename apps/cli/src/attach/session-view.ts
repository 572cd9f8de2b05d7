import type { Snapshot } from "@cmdop/sdk";
import { OutputFilter, pasteModeOn, type Touched } from "./output-filter.ts";
import { clearScreen, overlayLines, resetModes } from "./terminal-modes.ts";

/** Draws a session on the user's terminal. */
export interface SessionView {
  readonly kind: "direct" | "fitted";
  /** Whether something of our own may be drawn now. */
  readonly isGround: boolean;
  readonly touched: Touched;
  snapshot(item: Snapshot): Promise<void>;
  /** Resolves when the terminal has taken it. */
  output(bytes: Uint8Array): Promise<void>;
  resize(cols: number, rows: number): void;
  /** Lines over the upper rows, until `uncover`. */
  cover(lines: readonly string[]): void;
  /** Draws what was covered; false: only a new snapshot can. */
  uncover(): boolean;
  dispose(): void;
}

export interface DrawingTerminal {
  readonly cols: number;
  readonly rows: number;
  draw(pieces: readonly (Uint8Array | string)[]): Promise<void>;
}

/**
 * The session's bytes on a window of the session's size, as they are. The window's scrollback fills as it would
 * with a local shell.
 */
export class DirectView implements SessionView {
  readonly kind = "direct";
  readonly #terminal: DrawingTerminal;
  readonly #filter = new OutputFilter();
  #covering: readonly string[] = [];

  constructor(terminal: DrawingTerminal) {
    this.#terminal = terminal;
  }

  get isGround(): boolean {
    return this.#filter.isGround;
  }

  get touched(): Touched {
    return this.#filter.touched;
  }

  async snapshot(item: Snapshot): Promise<void> {
    this.#filter.reset();
    const before = resetModes + clearScreen(this.#terminal.rows);
    await this.#terminal.draw([before, ...this.#filter.push(item.data), pasteModeOn]);
    this.#paintCover();
  }

  async output(bytes: Uint8Array): Promise<void> {
    await this.#terminal.draw(this.#filter.push(bytes));
    this.#paintCover();
  }

  resize(): void {}

  cover(lines: readonly string[]): void {
    this.#covering = lines;
    this.#paintCover();
  }

  uncover(): boolean {
    this.#covering = [];
    return false;
  }

  #paintCover(): void {
    if (this.#covering.length === 0 || !this.isGround) return;
    this.#terminal.draw([overlayLines(this.#covering)]).catch(() => {});
  }

  dispose(): void {}
}
