// The session's output on its way to the user's terminal. Two things are changed, nothing else:
//
// I1 Queries are left out. The session host has answered them; the user's terminal must not answer again, neither
//    into the session nor, after a detach, into the user's shell.
// I2 Bracketed paste stays on in the user's terminal whatever the program sets, so that a paste arrives as one;
//    the session host brackets it by what the program has set.
// I3 A sequence cut by the end of a chunk is held back (bounded), so that `isGround` says truly whether the client
//    may draw something of its own now.

import { isApcQuery, isCsiQuery, isDcsQuery, isOscQuery } from "./queries.ts";
import { byte, type Csi, isIntermediate, scanCsi, scanString } from "./sequences.ts";

/** A whole sequence that was passed on. */
export type PassedSequence =
  | { readonly kind: "csi"; readonly csi: Csi }
  | { readonly kind: "osc"; readonly body: string }
  | { readonly kind: "escape"; readonly final: string };

const nothing = new Uint8Array(0);
const csiBytesMax = 256;
/** A palette query for 256 colours takes 2 KiB; one chunk of a kitty image 4 KiB and its head. */
const stringBytesMax = 8 * 1024;
export const pasteModeOn = "\u001b[?2004h";

/** What the program has touched that needs an undo which would disturb a terminal where it was not touched. */
export interface Touched {
  colours: boolean;
  progress: boolean;
}

export class OutputFilter {
  #held: Uint8Array = nothing;
  /** Inside a string too long to judge, which is passed on: its introducer. */
  #passing: string | undefined;
  /** The last bytes shown, at most three: where a character may be open. */
  #last: Uint8Array = nothing;
  readonly touched: Touched = { colours: false, progress: false };
  readonly #onPassed: ((sequence: PassedSequence) => void) | undefined;

  /** `onPassed` is told of each CSI, OSC and simple escape sequence that goes through. */
  constructor(onPassed?: (sequence: PassedSequence) => void) {
    this.#onPassed = onPassed;
  }

  /** Between sequences and characters: something may be drawn here. */
  get isGround(): boolean {
    return this.#passing === undefined && openCharacterBytes(this.#last) === 0;
  }

  /** Forgets what was cut: the screen is drawn anew. */
  reset(): void {
    this.#held = nothing;
    this.#passing = undefined;
    this.#last = nothing;
  }

  /** What to draw, in order. The pieces are views of `bytes` where nothing was held back. */
  push(bytes: Uint8Array): Uint8Array[] {
    const data = this.#held.length === 0 ? toBuffer(bytes) : Buffer.concat([this.#held, bytes]);
    this.#held = nothing;
    const pieces: Uint8Array[] = [];
    const hasEnq = data.includes(byte.enq);
    let shown = 0;
    let at = 0;
    const show = (until: number): void => {
      if (until > shown) pieces.push(data.subarray(shown, until));
    };
    while (at < data.length) {
      if (this.#passing !== undefined) {
        const scan = scanString(data, at, this.#passing === "]");
        if (scan.kind === "incomplete") {
          at = data[data.length - 1] === byte.esc ? this.#hold(data, data.length - 1) : data.length;
          break;
        }
        this.#passing = undefined;
        at = scan.end;
        continue;
      }
      const next = hasEnq ? findEscOrEnq(data, at) : data.indexOf(byte.esc, at);
      if (next < 0) {
        at = data.length;
        break;
      }
      const found = this.#judge(data, next);
      if (found.kind === "hold") {
        at = this.#hold(data, next);
        break;
      }
      at = found.end;
      if (found.kind === "pass" && found.after === undefined) continue;
      show(found.kind === "drop" ? next : found.end);
      if (found.kind === "pass" && found.after !== undefined) pieces.push(Buffer.from(found.after));
      shown = found.end;
    }
    show(at);
    const ending = data.subarray(Math.max(0, at - 3), at);
    this.#last = ending.length === 3 ? ending.slice() : Buffer.concat([this.#last, ending]).subarray(-3);
    return pieces;
  }

  #hold(data: Uint8Array, at: number): number {
    this.#held = data.slice(at);
    return at;
  }

  #judge(data: Buffer, at: number): Judgement {
    if (data[at] === byte.enq) return { kind: "drop", end: at + 1 };
    const second = data[at + 1];
    if (second === undefined) return { kind: "hold" };
    switch (second) {
      case 0x5b: // [
        return this.#judgeCsi(data, at);
      case 0x5d: // ]
      case 0x50: // P
      case 0x5f: // _
        return this.#judgeString(data, at, String.fromCharCode(second));
      case 0x5e: // ^ PM
      case 0x58: // X SOS
        this.#passing = String.fromCharCode(second);
        return { kind: "pass", end: at + 2 };
      case 0x5a: // Z DECID
        return { kind: "drop", end: at + 2 };
      case 0x63: // c RIS
        this.#onPassed?.({ kind: "escape", final: "c" });
        return { kind: "pass", end: at + 2, after: pasteModeOn };
      default:
        break;
    }
    if (!isIntermediate(second)) {
      this.#onPassed?.({ kind: "escape", final: String.fromCharCode(second) });
      return { kind: "pass", end: second === byte.esc ? at + 1 : at + 2 };
    }
    let end = at + 2;
    while (end < data.length && isIntermediate(data[end] ?? 0) && end - at < 8) end += 1;
    return end >= data.length ? { kind: "hold" } : { kind: "pass", end: end + 1 };
  }

  #judgeCsi(data: Buffer, at: number): Judgement {
    const scan = scanCsi(data, at);
    if (scan.kind === "incomplete") {
      return data.length - at < csiBytesMax ? { kind: "hold" } : { kind: "pass", end: data.length };
    }
    if (scan.kind === "invalid") return { kind: "pass", end: Math.max(scan.end, at + 2) };
    const { csi, end } = scan;
    if (isCsiQuery(csi)) return { kind: "drop", end };
    this.#onPassed?.({ kind: "csi", csi });
    if (isPasteMode(csi)) {
      // By itself it is left out; among others it goes through and is put right after it.
      return csi.parameters === "2004" ? { kind: "drop", end } : { kind: "pass", end, after: pasteModeOn };
    }
    const isSoftReset = csi.final === "p" && csi.intermediates === "!";
    return isSoftReset ? { kind: "pass", end, after: pasteModeOn } : { kind: "pass", end };
  }

  #judgeString(data: Buffer, at: number, introducer: string): Judgement {
    const scan = scanString(data, at + 2, introducer === "]");
    if (scan.kind === "incomplete") {
      if (data.length - at < stringBytesMax && mayAsk(data, at, introducer)) return { kind: "hold" };
      this.#passing = introducer;
      return { kind: "pass", end: at + 2 };
    }
    if (scan.kind === "broken") return { kind: "pass", end: Math.max(scan.end, at + 2) };
    // A query is short; a picture need not become a string to be told from one.
    const body = data.toString("latin1", at + 2, Math.min(scan.bodyEnd, at + 2 + stringBytesMax));
    const isQuery =
      introducer === "]" ? isOscQuery(body) : introducer === "P" ? isDcsQuery(body) : isApcQuery(body);
    if (isQuery) return { kind: "drop", end: scan.end };
    if (introducer === "]") this.#onPassed?.({ kind: "osc", body });
    if (introducer === "]" && /^(?:4|5|1\d|21);/.test(body)) this.touched.colours = true;
    if (introducer === "]" && body.startsWith("9;4;")) this.touched.progress = true;
    return { kind: "pass", end: scan.end };
  }
}

type Judgement =
  | { readonly kind: "pass"; readonly end: number; readonly after?: string }
  | { readonly kind: "drop"; readonly end: number }
  | { readonly kind: "hold" };

const isPasteMode = ({ prefix, parameters, intermediates, final }: Csi): boolean =>
  prefix === "?" &&
  intermediates === "" &&
  (final === "h" || final === "l" || final === "r") &&
  parameters.split(";").includes("2004");

/** Whether a string that has begun may still turn out to be a query. */
const mayAsk = (data: Uint8Array, at: number, introducer: string): boolean => {
  const next = data[at + 2];
  if (introducer === "]" || next === undefined) return true;
  return introducer === "P" ? next === 0x24 || next === 0x2b : next === 0x47;
};

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

const findEscOrEnq = (data: Uint8Array, from: number): number => {
  for (let at = from; at < data.length; at += 1) {
    if (data[at] === byte.esc || data[at] === byte.enq) return at;
  }
  return -1;
};

/** Bytes at the end that belong to a UTF-8 character whose rest is still to come. */
const openCharacterBytes = (data: Uint8Array): number => {
  for (let back = 1; back <= 3 && back <= data.length; back += 1) {
    const value = data[data.length - back] ?? 0;
    if (value < 0x80) return 0;
    if (value >= 0xc0) {
      const size = value >= 0xf0 ? 4 : value >= 0xe0 ? 3 : 2;
      return back < size ? back : 0;
    }
  }
  return 0;
};
