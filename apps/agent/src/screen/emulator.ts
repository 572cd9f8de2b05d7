// One session's screen: a headless terminal fed with the session's output. Synchronous; knows no thread.
//
// I1 What has been drawn is exactly the output [0, offset): the screen is a function of the offset.
// I2 An offset never lies inside a character: bytes of an unfinished one wait here, undrawn and uncounted.
//    (xterm 6 loses U+2013 and its neighbours when it gets their three bytes in two parts after the second.)
// I3 Output never throws, never takes unbounded time or memory.

import { Extras } from "./extras.ts";
import { guardTerminal } from "./guards.ts";
import { Links } from "./links.ts";
import { writeSnapshot } from "./snapshot-writer.ts";
import { UnfinishedSequence } from "./unfinished-sequence.ts";
import { unfinishedTailLength } from "./utf8-tail.ts";
import { type CoreTerminal, createTerminal, resizeTerminal } from "./xterm-internals.ts";

/** Parsed at once: xterm keeps a buffer of four times this for each terminal. */
const pieceBytes = 16 * 1024;

export interface EmulatorGeometry {
  readonly cols: number;
  readonly rows: number;
  readonly scrollback: number;
}

/** Modes of the drawn screen that decide how input is encoded. */
export interface ScreenModes {
  readonly bracketedPaste: boolean;
  readonly applicationCursorKeys: boolean;
  readonly applicationKeypad: boolean;
  readonly focusReports: boolean;
  readonly mouse: "none" | "x10" | "vt200" | "drag" | "any";
  readonly synchronizedOutput: boolean;
  readonly alternateScreen: boolean;
}

export interface ScreenSnapshot {
  /** End of the output that the screen shows: live output continues here. */
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  /** Name of the width tables, for a drawing terminal to use the same. */
  readonly unicodeVersion: string;
  /** Drawn on an empty terminal of cols × rows it gives the same screen. */
  readonly data: Uint8Array;
  readonly title: string;
}

const mouseNames = { NONE: "none", X10: "x10", VT200: "vt200", DRAG: "drag", ANY: "any" } as const;

export class Emulator {
  readonly core: CoreTerminal;
  readonly links: Links;
  readonly extras: Extras;
  readonly #unfinished: UnfinishedSequence;
  readonly #disposables: { dispose(): void }[];
  #waiting: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #faults = 0;
  #reply: (text: string) => void = () => {};

  constructor({ cols, rows, scrollback }: EmulatorGeometry) {
    this.core = createTerminal({ cols: Math.max(2, cols), rows: Math.max(1, rows), scrollback });
    const { terminal } = this.core;
    this.#unfinished = new UnfinishedSequence(this.core.core._inputHandler._parser);
    const guards = guardTerminal(this.core);
    this.links = new Links(this.core);
    this.extras = new Extras(this.core);
    this.#disposables = [
      ...guards,
      this.links,
      this.extras,
      terminal.onData((text) => this.#reply(text)),
      terminal.onBinary((text) => this.#reply(text)),
      terminal,
    ];
  }

  /** End of what has been drawn. */
  get offset(): number {
    return this.#offset;
  }

  get title(): string {
    return this.core.core._inputHandler._windowTitle;
  }

  /** Pieces that xterm failed on; the screen may lack what came after in such a piece. */
  get faults(): number {
    return this.#faults;
  }

  /** Whether the next byte begins a character or a sequence. */
  get isAtRest(): boolean {
    return this.#waiting.length === 0 && this.#unfinished.isGround;
  }

  onReply(callback: (text: string) => void): void {
    this.#reply = callback;
  }

  write(bytes: Uint8Array): void {
    let data = bytes;
    if (this.#waiting.length > 0) {
      data = Buffer.concat([this.#waiting, bytes]);
      this.#waiting = new Uint8Array(0);
    }
    const tail = unfinishedTailLength(data);
    if (tail > 0) {
      this.#waiting = data.slice(data.length - tail);
      data = data.subarray(0, data.length - tail);
    }
    for (let at = 0; at < data.length; ) {
      let end = Math.min(data.length, at + pieceBytes);
      if (end < data.length) end -= unfinishedTailLength(data.subarray(at, end));
      this.#draw(data.subarray(at, end));
      at = end;
    }
  }

  /** Counts output as drawn that was found to leave no trace but what `restore` sets. */
  skip(bytes: number, restore: Uint8Array): void {
    const { offset } = this;
    this.#draw(restore);
    this.#offset = offset + bytes;
  }

  resize(cols: number, rows: number): void {
    try {
      resizeTerminal(this.core, Math.max(2, cols), Math.max(1, rows));
    } catch {
      this.#faults += 1;
    }
  }

  modes(): ScreenModes {
    const { coreService, coreMouseService, _bufferService } = this.core.core;
    const modes = coreService.decPrivateModes;
    return {
      bracketedPaste: modes.bracketedPasteMode,
      applicationCursorKeys: modes.applicationCursorKeys,
      applicationKeypad: modes.applicationKeypad,
      focusReports: modes.sendFocus,
      mouse: mouseNames[coreMouseService.activeProtocol],
      synchronizedOutput: modes.synchronizedOutput,
      alternateScreen: _bufferService.buffers.active === _bufferService.buffers.alt,
    };
  }

  snapshot(scrollbackLines?: number): ScreenSnapshot {
    const { terminal, core } = this.core;
    const drawing = writeSnapshot({ core, links: this.links, extras: this.extras }, scrollbackLines);
    return {
      offset: this.#offset,
      cols: terminal.cols,
      rows: terminal.rows,
      unicodeVersion: terminal.unicode.activeVersion,
      data: Buffer.concat([drawing, this.#unfinished.bytes()]),
      title: this.title,
    };
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #draw(piece: Uint8Array): void {
    if (piece.length === 0) return;
    try {
      this.core.core._inputHandler.parse(piece);
    } catch {
      this.#faults += 1;
      this.core.core._inputHandler._parser.reset();
    }
    this.#unfinished.note(piece);
    this.#offset += piece.length;
  }
}
