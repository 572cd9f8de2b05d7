// Writes the lines of one screen: cells as they are, and which lines continue the one before them. A terminal
// wraps only when something is printed over the margin, and leaves empty cells with attributes only where wide
// characters were torn, so both are made to happen again.

import {
  asciiRun,
  characterStart,
  isErasedLike,
  isErasedLine,
  isTinted,
  nextShown,
  nextUncommon,
  penAt,
  trimmedEnd,
  viewCell,
} from "./cell-view.ts";
import { csi, type Drawing } from "./drawing.ts";
import { hasBackground, isErasePen, isSamePen, type Pen, plainPen, toErasePen } from "./pen.ts";
import type { CoreBuffer, CoreLine } from "./xterm-internals.ts";

const wideBlank = "\u3000";

export class LineWriter {
  readonly #to: Drawing;
  readonly #cols: number;
  readonly #rows: number;

  constructor(to: Drawing, { cols, rows }: { readonly cols: number; readonly rows: number }) {
    this.#to = to;
    this.#cols = cols;
    this.#rows = rows;
  }

  /** Lines [first, end) from the top of an empty screen on; the cursor ends on the last one. */
  writeLines(buffer: CoreBuffer, first: number): void {
    let before: CoreLine | undefined;
    for (let y = first; y < buffer.lines.length; y++) {
      const line = buffer.lines.get(y);
      if (line === undefined) continue;
      if (before === undefined) {
        if (line.isWrapped) this.#beginWrapped();
      } else if (line.isWrapped) {
        this.#wrap(before, line);
      } else {
        if (hasBackground(this.#to.pen)) this.#to.setPen(plainPen);
        this.#to.put("\r\n");
        this.#to.x = 0;
      }
      const next = buffer.lines.get(y + 1);
      const last = this.#cols - 1;
      // Tearing one of these would mend the other; a wrap makes one without touching the other.
      const isDoublyTinted = this.#rows > 1 && isTinted(line, last) && isTinted(line, last - 1);
      const isWrapTinted = next !== undefined && !next.isWrapped && isDoublyTinted;
      this.#writeLine(line, next?.isWrapped === true || isWrapTinted);
      if (isWrapTinted) {
        this.#wrapTinted(penAt(line, last));
        // Back up: the line feed to the next line then says that it is not this one's.
        this.#to.put(`${csi}A`);
        this.#to.x = 0;
      }
      before = line;
    }
  }

  /** An empty first line that counts as wrapped: its beginning has left the history. */
  #beginWrapped(): void {
    if (this.#rows < 2) return;
    this.#to.put(`${csi}${this.#cols}G`);
    this.#to.printOver("  ");
    this.#to.put(`${csi}H${csi}M${csi}X`);
    this.#to.x = 0;
  }

  #writeLine(line: CoreLine, isContinued: boolean): void {
    const begin = this.#to.x;
    const end = trimmedEnd(line, begin, this.#cols);
    // That of the last column comes with the wrap, if there is one.
    const tintedEnd = isContinued ? Math.min(end, this.#cols - 1) : end;
    for (let x = begin; ; x++) {
      x = nextUncommon(line, x, tintedEnd);
      if (x >= tintedEnd) break;
      if (isTinted(line, x)) this.#writeTinted(line, x);
    }
    for (let x = begin; x < end; ) {
      x = nextShown(line, x, end);
      if (x >= end) break;
      const run = asciiRun(line, x, end);
      if (run > x) {
        this.#to.moveTo(x);
        this.#to.setPen(penAt(line, x));
        this.#to.printAscii(line, x, run);
        x = run;
        continue;
      }
      const view = viewCell(line, x);
      if (view.text !== "") {
        this.#to.moveTo(x);
        this.#to.setPen(view.pen);
        this.#to.print(view.text, view.width);
        x += view.width;
      } else if (isErasePen(view.pen)) {
        const start = x++;
        while (x < end && isErasedLike(line, x, view.pen)) x++;
        this.#to.erase(start, x - start, view.pen);
      } else {
        // Written by writeTinted, or to be written by wrap.
        x++;
      }
    }
  }

  /** An empty cell with more than a background. Only a torn wide character leaves one, so one is torn. */
  #writeTinted(line: CoreLine, x: number): void {
    const { pen } = viewCell(line, x);
    if (x + 1 < this.#cols) {
      this.#to.moveTo(x);
      this.#to.setPen(plainPen);
      this.#to.printOver(wideBlank);
      this.#to.put(`${csi}${x + 2}G`);
      this.#to.setPen(pen);
      this.#to.printOver(" ");
      this.#to.x = -1;
      this.#to.erase(x + 1, 1, plainPen);
      return;
    }
    // At the margin its left half is overwritten instead.
    this.#to.moveTo(x - 1);
    this.#to.setPen(plainPen);
    this.#to.printOver(wideBlank);
    this.#to.put(`${csi}${x}G`);
    this.#to.setPen(pen);
    this.#to.printOver(" ");
    this.#to.x = -1;
    this.#to.erase(x - 1, 1, plainPen);
  }

  /** From the end of `before` to the line that continues it, by printing over the margin. */
  #wrap(before: CoreLine, line: CoreLine): void {
    const last = this.#cols - 1;
    const lastStart = characterStart(before, last);
    const first = viewCell(line, 0);
    const lastPen = penAt(before, last);
    let isPadded = false;
    if (lastStart >= 0) {
      this.#reachMargin(before, lastStart);
    } else if (first.width === 2 && isSamePen(lastPen, first.pen)) {
      // A wide character that did not fit: the terminal leaves the last column empty by itself.
      this.#to.moveTo(last);
    } else if (isErasePen(lastPen)) {
      this.#to.moveTo(last);
      this.#to.setPen(plainPen);
      this.#to.print(" ", 1);
      isPadded = true;
    } else {
      this.#wrapTinted(lastPen);
    }
    this.#to.setPen(first.text === "" ? plainPen : first.pen);
    // At the margin, or by wrapTinted already beyond it, in column 0.
    this.#to.x = this.#cols;
    this.#to.print(first.text === "" ? " " : first.text, first.width);
    this.#to.x = first.width;
    if (hasBackground(this.#to.pen)) {
      // The scroll has filled the new line with the pen's background.
      this.#to.setPen(plainPen);
      this.#to.put(`${csi}K`);
    }
    if (isPadded && this.#rows > 1) {
      const x = this.#to.x;
      this.#to.put(`${csi}A`);
      this.#to.x = -1;
      this.#to.erase(last, 1, isErasePen(lastPen) ? lastPen : plainPen);
      this.#to.put(`${csi}B`);
      this.#to.moveTo(Math.min(x, last));
    }
    if (first.text === "") {
      this.#to.erase(0, 1, isErasePen(first.pen) ? first.pen : plainPen);
    }
  }

  /** A wide character of that pen did not fit, and what came in its place was then overwritten. */
  #wrapTinted(pen: Pen): void {
    this.#to.moveTo(this.#cols - 1);
    this.#to.setPen(pen);
    this.#to.printOver(wideBlank);
    this.#to.setPen(plainPen);
    // In two parts: erasing from column 0 on would make it a line of its own.
    this.#to.put(`${csi}K${csi}1K\r`);
  }

  /** The pending wrap: by printing the line's last character again, unless that was just done. */
  #reachMargin(line: CoreLine, start: number): void {
    if (this.#to.x === this.#cols) return;
    this.#to.moveTo(start);
    const view = viewCell(line, start);
    this.#to.setPen(view.pen);
    this.#to.print(view.text, view.width);
  }

  /**
   * The cursor at the margin of this line, about to wrap. `row` is as CUP counts it, which is the one movement
   * here: in origin mode xterm 6 moves the cursor down with each of the others.
   */
  writePendingWrap(line: CoreLine, row: number): void {
    const last = this.#cols - 1;
    const start = characterStart(line, last);
    this.#to.goto(start >= 0 ? start : last, row);
    if (start >= 0) {
      this.#reachMargin(line, start);
      return;
    }
    // Erased under the cursor, mostly with the whole line: from a pending wrap, CSI 1 K does that in place.
    const pen = penAt(line, last);
    if (isErasePen(pen) && isErasedLine(line, pen)) {
      this.#to.setPen(plainPen);
      this.#to.print(" ", 1);
      this.#to.setPen(toErasePen(pen));
      this.#to.put(`${csi}1K`);
      return;
    }
    // Scrolled under the cursor. A blank is what can be printed there; it looks the same.
    this.#to.setPen(pen);
    this.#to.print(" ", 1);
  }
}
