// The session's screen on the user's window: directly where both have the same size, fitted where they have not.
import { type Clock, toDisplayText } from "@cmdop/base";
import type { OutputItem, Snapshot } from "@cmdop/sdk";
import type { Touched } from "./output-filter.ts";
import { DirectView, type DrawingTerminal, type SessionView } from "./session-view.ts";
import { setTitle } from "./terminal-modes.ts";

export interface ScreenEvents {
  /** Only a new snapshot can draw what should be seen. */
  redraw(): void;
  /** The screen was drawn anew. */
  drawn(): void;
  /** The sizes differ, and it was not said yet. */
  mismatch(text: string): void;
}

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

const mismatchSettleMs = 1_000;

export class SessionScreen {
  readonly #window: DrawingTerminal;
  readonly #clock: Clock;
  readonly #events: ScreenEvents;
  /** Of views that are gone. */
  readonly #touched: Touched = { colours: false, progress: false };
  #view: SessionView;
  #size: Size | undefined;
  #sizedBy = "";
  #saidMismatch = "";
  #cancelMismatch: (() => void) | undefined;

  constructor(window: DrawingTerminal, clock: Clock, events: ScreenEvents) {
    this.#window = window;
    this.#clock = clock;
    this.#events = events;
    this.#view = new DirectView(window);
  }

  get touched(): Touched {
    const { colours, progress } = this.#view.touched;
    return { colours: colours || this.#touched.colours, progress: progress || this.#touched.progress };
  }

  /** The session has the window's size, as far as is known. */
  get isSameSize(): boolean {
    return this.#size?.cols === this.#window.cols && this.#size.rows === this.#window.rows;
  }

  /** Returns the bytes drawn, when the terminal has taken them. */
  async draw(item: OutputItem): Promise<number> {
    if (item.kind === "output") {
      await this.#view.output(item.bytes);
      return item.bytes.length;
    }
    if (item.kind === "snapshot") {
      this.#setSize(item);
      await this.#chooseView(item);
      await this.#view.snapshot(item);
      const title = toDisplayText(item.title);
      if (title) await this.#window.draw([setTitle(title)]);
      this.#events.drawn();
      return item.data.length;
    }
    if (item.kind === "resize") {
      if (item.operator) this.#sizedBy = ` by ${toDisplayText(item.operator, 32)}`;
      this.#setSize(item);
      this.#view.resize(item.cols, item.rows);
      this.fit();
    }
    // A gap needs no words on a terminal: the snapshot after it draws what is.
    return 0;
  }

  /** The window has another size now. */
  windowResized(): void {
    if (this.#size && this.#view.kind === "fitted") this.#view.resize(this.#size.cols, this.#size.rows);
  }

  /** Asks for a drawing when the sizes have become equal, or are no longer. */
  fit(): void {
    if (this.#size && (this.#view.kind === "direct") !== this.isSameSize) this.#events.redraw();
  }

  cover(lines: readonly string[]): void {
    this.#view.cover(lines);
  }

  uncover(): void {
    if (!this.#view.uncover()) this.#events.redraw();
  }

  dispose(): void {
    this.#cancelMismatch?.();
    this.#view.dispose();
  }

  async #chooseView(snapshot: Snapshot): Promise<void> {
    const isSame = snapshot.cols === this.#window.cols && snapshot.rows === this.#window.rows;
    if (this.#view.kind === (isSame ? "direct" : "fitted")) return;
    // Loaded when it is needed: an attach to a session of this size starts without it.
    const fitted = isSame ? undefined : await import("./fitted-view.ts");
    Object.assign(this.#touched, this.touched);
    this.#view.dispose();
    this.#view = fitted ? new fitted.FittedView(this.#window, this.#clock) : new DirectView(this.#window);
  }

  #setSize({ cols, rows }: Size): void {
    this.#size = { cols, rows };
    this.#cancelMismatch?.();
    this.#cancelMismatch = this.#clock.after(mismatchSettleMs, () => {
      const text = `sized ${cols}×${rows}${this.#sizedBy}; this window is ${this.#window.cols}×${this.#window.rows}`;
      if (this.isSameSize || text === this.#saidMismatch) return;
      this.#saidMismatch = text;
      this.#events.mismatch(text);
    });
  }
}
