// The beginning of an escape sequence whose end has not come yet. A snapshot carries it behind the drawing, so
// that a viewer's parser goes on with the next byte of output as ours does.

import { parserState } from "./xterm-internals.ts";

/** Strings (titles, clipboard, images) may be long; past this a snapshot lets the viewer skip theirs. */
const bytesMax = 64 * 1024;

const nothing = new Uint8Array(0);
const encoder = new TextEncoder();

export class UnfinishedSequence {
  readonly #parser: { readonly currentState: number };
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(parser: { readonly currentState: number }) {
    this.#parser = parser;
  }

  get isGround(): boolean {
    return this.#parser.currentState === parserState.ground;
  }

  /** After `piece` has been parsed; it ends at a whole character. */
  note(piece: Uint8Array): void {
    if (this.isGround) {
      if (this.#length > 0) this.#clear();
      return;
    }
    const start = lastIntroducer(piece);
    if (start >= 0) this.#clear();
    const part = start > 0 ? piece.subarray(start) : piece;
    this.#length += part.length;
    if (this.#length > bytesMax) this.#parts = [];
    else this.#parts.push(part.slice());
  }

  bytes(): Uint8Array {
    const state = this.#parser.currentState;
    if (state === parserState.ground) return nothing;
    if (this.#length > bytesMax) return encoder.encode(skipIntroducer(state));
    const all = Buffer.concat(this.#parts);
    // Controls inside these have been executed already; in strings they belong to the string.
    if (state > parserState.csiIgnore) return all;
    return all.filter((byte, index) => index === 0 || byte >= 0x20);
  }

  #clear(): void {
    this.#parts = [];
    this.#length = 0;
  }
}

/** A sequence of the same kind and end that no terminal acts on. */
const skipIntroducer = (state: number): string => {
  if (state === parserState.oscString) return "\x1b]6314;";
  if (state === parserState.sosPmApcString) return "\x1b_";
  if (state >= parserState.dcsEntry) return "\x1bP0;0~";
  return "\x1b[0:?";
};

/** Where the last ESC or C1 introducer (in UTF-8) stands: whatever the state, it begins a new sequence. */
const lastIntroducer = (piece: Uint8Array): number => {
  for (let at = piece.length - 1; at >= 0; at--) {
    const byte = piece[at] ?? 0;
    if (byte === 0x1b) return at;
    if (byte >= 0x80 && byte < 0xa0 && at > 0 && piece[at - 1] === 0xc2) {
      if (byte === 0x90 || byte === 0x98 || byte === 0x9b || byte >= 0x9d) return at - 1;
    }
  }
  return -1;
};
