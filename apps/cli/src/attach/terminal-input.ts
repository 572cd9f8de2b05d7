// What the user's terminal sends, taken apart: keys, pastes, presses of the leader; replies to queries are dropped.
//
// I1 Every byte that is not part of a reply, of a paste's brackets or of the leader comes out, in order, as it was.
// I2 How the bytes were split into reads changes nothing, except where a wait runs out (see `waitMs`).
// I3 Nothing inside a bracketed paste is looked at: neither the leader nor replies.
// I4 What is held back is bounded.
import { isLeaderPress, type KeyPress, type Leader, toKeyPress } from "./leader.ts";
import { isReply, mayBeStringReply } from "./replies.ts";
import { byte, scanCsi, scanString } from "./sequences.ts";

export type InputToken =
  | { readonly kind: "text"; readonly bytes: Uint8Array }
  /** One whole escape sequence; `press` where it is a key in an extended encoding. */
  | { readonly kind: "sequence"; readonly bytes: Uint8Array; readonly press: KeyPress | undefined }
  | { readonly kind: "leader"; readonly bytes: Uint8Array; readonly event: KeyPress["event"] }
  | { readonly kind: "paste"; readonly bytes: Uint8Array };

/** A lone ESC may be a key or a beginning; the rest of a sequence comes in the same burst. */
const escWaitMs = 25;
const sequenceWaitMs = 50;
const stringWaitMs = 200;
/** A paste whose end never comes must not keep the keyboard. */
const pasteWaitMs = 10_000;
const sequenceBytesMax = 256;
const stringBytesMax = 16 * 1024;
/** What the SDK takes as one paste; a longer one is several. */
export const pasteBytesMax = 1024 * 1024;

const pasteEnd = Uint8Array.from([0x1b, 0x5b, 0x32, 0x30, 0x31, 0x7e]);
const nothing = new Uint8Array(0);

type Mode = "ground" | "paste" | "discard";

export class TerminalInput {
  readonly #leader: Leader | undefined;
  #held: Uint8Array = nothing;
  #mode: Mode = "ground";
  #paste: Uint8Array[] = [];
  #pasteBytes = 0;

  constructor(leader: Leader | undefined) {
    this.#leader = leader;
  }

  /** How long to wait for more before `flush`; undefined: nothing is held back. */
  get waitMs(): number | undefined {
    if (this.#mode === "paste") return pasteWaitMs;
    if (this.#mode === "discard") return stringWaitMs;
    if (this.#held.length === 0) return undefined;
    if (this.#held.length === 1) return escWaitMs;
    const introducer = String.fromCharCode(this.#held[1] ?? 0);
    return introducer === "[" || introducer === "O" ? sequenceWaitMs : stringWaitMs;
  }

  push(bytes: Uint8Array): InputToken[] {
    const tokens: InputToken[] = [];
    const data = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = nothing;
    let at = 0;
    while (at < data.length) {
      const next = this.#step(data, at, tokens);
      if (next === at) break;
      at = next;
    }
    return tokens;
  }

  /** Nothing more came in time: what was held back is what the user typed. */
  flush(): InputToken[] {
    const held = this.#held;
    this.#held = nothing;
    if (this.#mode === "discard") {
      this.#mode = "ground";
      return [];
    }
    if (this.#mode === "paste") {
      this.#mode = "ground";
      this.#keepPaste(held);
      return this.#takePaste();
    }
    return held.length === 0 ? [] : [{ kind: "text", bytes: held }];
  }

  /** Consumes from `at`; returns where to go on, or `at` when the rest was held back. */
  #step(data: Uint8Array, at: number, tokens: InputToken[]): number {
    if (this.#mode === "paste") return this.#stepPaste(data, at, tokens);
    if (this.#mode === "discard") return this.#stepDiscard(data, at);
    let end = at;
    while (end < data.length && data[end] !== byte.esc && data[end] !== this.#leader?.raw) end += 1;
    if (end > at) {
      tokens.push({ kind: "text", bytes: data.subarray(at, end) });
      return end;
    }
    if (data[at] === byte.esc) return this.#stepEscape(data, at, tokens);
    tokens.push({ kind: "leader", bytes: data.subarray(at, at + 1), event: "press" });
    return at + 1;
  }

  #hold(data: Uint8Array, at: number): number {
    this.#held = data.slice(at);
    return at;
  }

  #stepEscape(data: Uint8Array, at: number, tokens: InputToken[]): number {
    const second = data[at + 1];
    if (second === undefined) return this.#hold(data, at);
    const introducer = String.fromCharCode(second);
    if (introducer === "[") return this.#stepCsi(data, at, tokens);
    if (introducer === "O") {
      if (data.length < at + 3) return this.#hold(data, at);
      return this.#emit(data, at, at + 3, tokens);
    }
    if (second === byte.esc) {
      tokens.push({ kind: "text", bytes: data.subarray(at, at + 1) });
      return at + 1;
    }
    const third = data[at + 2];
    const isString = mayBeStringReply(
      introducer,
      third === undefined ? undefined : String.fromCharCode(third),
    );
    if (isString === undefined) return this.#hold(data, at);
    if (!isString) return this.#emit(data, at, at + 2, tokens);
    return this.#stepString(data, at, introducer === "]", tokens);
  }

  #emit(data: Uint8Array, at: number, end: number, tokens: InputToken[]): number {
    tokens.push({ kind: "sequence", bytes: data.subarray(at, end), press: undefined });
    return end;
  }

  #stepCsi(data: Uint8Array, at: number, tokens: InputToken[]): number {
    const scan = scanCsi(data, at);
    if (scan.kind === "incomplete") {
      if (data.length - at < sequenceBytesMax) return this.#hold(data, at);
      return this.#emit(data, at, data.length, tokens);
    }
    if (scan.kind === "invalid") {
      // Alt with [ and then something else.
      return this.#emit(data, at, scan.end, tokens);
    }
    const { csi, end } = scan;
    if (csi.final === "~" && csi.parameters === "200" && csi.prefix === "") {
      this.#mode = "paste";
      return end;
    }
    const isStrayEnd = csi.final === "~" && csi.parameters === "201" && csi.prefix === "";
    if (isStrayEnd || isReply(csi)) return end;
    const press = toKeyPress(csi);
    if (press && isLeaderPress(press, this.#leader)) {
      tokens.push({ kind: "leader", bytes: data.subarray(at, end), event: press.event });
      return end;
    }
    tokens.push({ kind: "sequence", bytes: data.subarray(at, end), press });
    return end;
  }

  #stepString(data: Uint8Array, at: number, isOsc: boolean, tokens: InputToken[]): number {
    const scan = scanString(data, at + 2, isOsc);
    if (scan.kind === "string") return scan.end;
    if (scan.kind === "broken") return this.#emit(data, at, scan.end, tokens);
    if (data.length - at < stringBytesMax) return this.#hold(data, at);
    // Too long for a hand: a reply that carries something (a clipboard), and must not be typed.
    this.#mode = "discard";
    return this.#stepDiscard(data, at + 2);
  }

  #stepDiscard(data: Uint8Array, at: number): number {
    const scan = scanString(data, at, true);
    if (scan.kind === "incomplete") {
      if (data[data.length - 1] === byte.esc) this.#held = data.slice(data.length - 1);
      return at;
    }
    this.#mode = "ground";
    return scan.end;
  }

  #stepPaste(data: Uint8Array, at: number, tokens: InputToken[]): number {
    const end = Buffer.from(data.buffer, data.byteOffset, data.length).indexOf(pasteEnd, at);
    if (end >= 0) {
      this.#keepPaste(data.subarray(at, end), tokens);
      this.#mode = "ground";
      tokens.push(...this.#takePaste());
      return end + pasteEnd.length;
    }
    // The end may have begun.
    let keep = Math.min(pasteEnd.length - 1, data.length - at);
    while (keep > 0 && !isPrefix(data.subarray(data.length - keep), pasteEnd)) keep -= 1;
    this.#keepPaste(data.subarray(at, data.length - keep), tokens);
    this.#held = data.slice(data.length - keep);
    return at;
  }

  #keepPaste(bytes: Uint8Array, tokens: InputToken[] = []): void {
    let rest = bytes;
    while (this.#pasteBytes + rest.length > pasteBytesMax) {
      const cut = characterStart(rest, pasteBytesMax - this.#pasteBytes);
      this.#paste.push(rest.slice(0, cut));
      this.#pasteBytes += cut;
      tokens.push(...this.#takePaste());
      rest = rest.subarray(cut);
    }
    if (rest.length > 0) this.#paste.push(rest.slice());
    this.#pasteBytes += rest.length;
  }

  #takePaste(): InputToken[] {
    const bytes = Buffer.concat(this.#paste);
    this.#paste = [];
    this.#pasteBytes = 0;
    return bytes.length === 0 ? [] : [{ kind: "paste", bytes }];
  }
}

const isPrefix = (bytes: Uint8Array, whole: Uint8Array): boolean =>
  bytes.every((value, index) => value === whole[index]);

/** The last place at or before `at` where a UTF-8 character begins. */
const characterStart = (bytes: Uint8Array, at: number): number => {
  let start = at;
  while (start > 0 && start > at - 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start > 0 ? start : at;
};
