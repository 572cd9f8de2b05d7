// A session of another size than the window. An emulator draws it at its own size; the window shows its upper left
// part, or the part with the cursor, and dots where the session ends. Rows that did not change are not drawn again.

import type { Clock } from "@cmdop/base";
import type { Snapshot } from "@cmdop/sdk";
import graphemes from "@xterm/addon-unicode-graphemes";
// A CommonJS bundle: its names are not seen by an import of them.
import headless, { type Terminal } from "@xterm/headless";
import { toForwarded } from "./forwarded-sequences.ts";
import { OutputFilter, pasteModeOn, type Touched } from "./output-filter.ts";
import { drawRow, followCursor } from "./screen-rows.ts";
import type { DrawingTerminal, SessionView } from "./session-view.ts";
import { clearScreen, resetModes } from "./terminal-modes.ts";

const esc = "\u001b";
const frameMs = 16;

export class FittedView implements SessionView {
  readonly kind = "fitted";
  readonly isGround = true;
  readonly #window: DrawingTerminal;
  readonly #clock: Clock;
  #emulator: Terminal;
  #filter: OutputFilter;
  #forwarded = "";
  /** What stands in each row of the window. */
  #drawn: string[] = [];
  #covering: readonly string[] = [];
  #cancelFrame: (() => void) | undefined;

  constructor(window: DrawingTerminal, clock: Clock) {
    this.#window = window;
    this.#clock = clock;
    this.#emulator = createEmulator(80, 24);
    this.#filter = new OutputFilter();
  }

  get touched(): Touched {
    return this.#filter.touched;
  }

  async snapshot(item: Snapshot): Promise<void> {
    this.#emulator.dispose();
    this.#emulator = createEmulator(item.cols, item.rows);
    this.#emulator.onBell(() => {
      this.#forwarded += "\u0007";
    });
    this.#filter = new OutputFilter((sequence) => {
      this.#forwarded += toForwarded(sequence, this.#isWhole);
    });
    this.#drawn = [];
    await this.#window.draw([resetModes + clearScreen(this.#window.rows) + pasteModeOn]);
    await this.output(item.data);
  }

  /** All of the session is in the window. */
  get #isWhole(): boolean {
    return this.#emulator.cols <= this.#window.cols && this.#emulator.rows <= this.#window.rows;
  }

  async output(bytes: Uint8Array): Promise<void> {
    const pieces = this.#filter.push(bytes);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#emulator.write(Buffer.concat(pieces), resolve);
    await promise;
    const forwarded = this.#forwarded;
    this.#forwarded = "";
    if (forwarded !== "") await this.#window.draw([forwarded]);
    this.#cancelFrame ??= this.#clock.after(frameMs, () => this.#paint());
  }

  resize(cols: number, rows: number): void {
    this.#emulator.resize(cols, rows);
    this.#repaint();
  }

  cover(lines: readonly string[]): void {
    this.#covering = lines;
    this.#repaint();
  }

  uncover(): boolean {
    this.#covering = [];
    this.#repaint();
    return true;
  }

  dispose(): void {
    this.#cancelFrame?.();
    this.#emulator.dispose();
  }

  #repaint(): void {
    this.#drawn = [];
    this.#paint();
  }

  #paint(): void {
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
    const buffer = this.#emulator.buffer.active;
    const { left, top } = followCursor(buffer, this.#window);
    const spare = buffer.getNullCell();
    const cols = Math.min(this.#window.cols, this.#emulator.cols - left);
    const rest = this.#window.cols - cols;
    let out = "";
    for (let y = 0; y < this.#window.rows; y += 1) {
      const line = top + y < this.#emulator.rows ? buffer.getLine(buffer.baseY + top + y) : undefined;
      const covering = this.#covering[y];
      const row =
        covering !== undefined
          ? `${esc}[7m${covering}${esc}[0m${esc}[K`
          : line
            ? drawRow(line, { left, cols }, spare) + dots(rest)
            : dots(this.#window.cols);
      if (row === this.#drawn[y]) continue;
      this.#drawn[y] = row;
      out += `${esc}[${y + 1};1H${row}`;
    }
    const place = `${esc}[${buffer.cursorY - top + 1};${buffer.cursorX - left + 1}H`;
    // Synchronized, without wrapping at the edge; a cursor that the program hid stays hidden.
    const frame = out === "" ? place : `${esc}[?2026h${esc}[?7l${esc}[0m${out}${place}${esc}[?2026l`;
    this.#window.draw([frame]).catch(() => {});
  }
}

const dots = (count: number): string => (count > 0 ? `${esc}[0;2m${"·".repeat(count)}${esc}[0m` : "");

const createEmulator = (cols: number, rows: number): Terminal => {
  const emulator = new headless.Terminal({
    cols: Math.max(2, cols),
    rows: Math.max(1, rows),
    scrollback: 0,
    allowProposedApi: true,
  });
  emulator.loadAddon(new graphemes.UnicodeGraphemesAddon());
  return emulator;
};
