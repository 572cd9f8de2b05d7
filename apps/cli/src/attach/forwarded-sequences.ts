// What the user's own terminal must be told while an emulator draws the session: the modes that decide what its
// keys and mouse send, the cursor's looks, and what is not drawn at all (title, clipboard, bell).
import type { PassedSequence } from "./output-filter.ts";

const esc = "\u001b";
// DECCKM, cursor visible, keypad, focus.
const keyModes = new Set(["1", "25", "66", "1004"]);
const mouseModes = new Set(["9", "1000", "1001", "1002", "1003", "1005", "1006", "1015"]);
const keyReset = `${esc}[?1;1000;1001;1002;1003;1004;1006l${esc}>${esc}[<32u${esc}[>4m${esc}[?25h${esc}[0 q`;
const forwardedOsc = /^(?:0|1|2|9|52|777);/;

/** `hasMouse`: places in the window are places in the session. */
export const toForwarded = (sequence: PassedSequence, hasMouse: boolean): string => {
  if (sequence.kind === "osc")
    return forwardedOsc.test(sequence.body) ? `${esc}]${sequence.body}${esc}\\` : "";
  if (sequence.kind === "escape") {
    if (sequence.final === "c") return keyReset;
    return sequence.final === "=" || sequence.final === ">" ? esc + sequence.final : "";
  }
  const { prefix, parameters, intermediates, final } = sequence.csi;
  const whole = `${esc}[${prefix}${parameters}${intermediates}${final}`;
  if (prefix === "?" && intermediates === "" && (final === "h" || final === "l")) {
    const modes = parameters
      .split(";")
      .filter((mode) => keyModes.has(mode) || (hasMouse && mouseModes.has(mode)));
    return modes.length > 0 ? `${esc}[?${modes.join(";")}${final}` : "";
  }
  if (final === "u" && /^[<=>]$/.test(prefix)) return whole;
  if (final === "m" && prefix === ">") return whole;
  if (final === "q" && intermediates === " ") return whole;
  return final === "p" && intermediates === "!" ? keyReset : "";
};
