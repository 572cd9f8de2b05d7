import type { Csi } from "./sequences.ts";

/**
 * Whether a sequence that the user's terminal sent answers a query, rather than being a key, the mouse or a focus
 * report. The session host has answered already; a second answer would be typed into the program.
 *
 * The one true ambiguity: F3 with modifiers is CSI 1;m R, and a cursor report on row 1 is CSI 1;c R. The queries
 * are taken out of the output before they reach the user's terminal (output-filter.ts), so that a cursor report is
 * not expected at all: what has the shape of F3 is F3.
 */
export const isReply = ({ prefix, parameters, intermediates, final }: Csi): boolean => {
  switch (final) {
    case "c":
      // DA1 "?", DA2 ">", DA3 "="; without a prefix it is rxvt's Shift+Right.
      return prefix !== "";
    case "n":
      return true;
    case "R":
      return prefix === "?" || (/^\d+;\d+$/.test(parameters) && !isF3(parameters));
    case "y":
      // DECRPM.
      return intermediates === "$";
    case "t":
      return prefix === "" && parameters !== "";
    case "u":
      // Kitty keyboard flags.
      return prefix === "?";
    case "S":
      // XTSMGRAPHICS.
      return prefix === "?";
    case "x":
      // DECREPTPARM.
      return prefix === "" && /^[23];/.test(parameters);
    case "m":
      // XTQMODKEYS answers CSI > 4;2 m; the mouse sends CSI < b;x;y m.
      return prefix === ">";
    default:
      return false;
  }
};

// xterm's modifiers are 2 to 16; 1 is written by some terminals for "none".
const isF3 = (parameters: string): boolean => {
  const match = /^1;(\d+)$/.exec(parameters);
  return match !== null && Number(match[1]) <= 16;
};

const bodies: Readonly<Record<string, RegExp>> = {
  // OSC: a number, or l/L (title reports).
  "]": /^[0-9lL]/,
  // DCS: DECRQSS, XTGETTCAP, XTVERSION, DA3, DECRQCRA, presentation reports.
  P: /^[0-9>!]/,
  // APC: kitty graphics.
  _: /^G/,
};

/**
 * Whether ESC, this introducer and what follows so far may be a reply rather than Alt with that key. Undefined: it
 * depends on the next byte.
 */
export const mayBeStringReply = (introducer: string, next: string | undefined): boolean | undefined => {
  const body = bodies[introducer];
  if (!body) return false;
  return next === undefined ? undefined : body.test(next);
};
