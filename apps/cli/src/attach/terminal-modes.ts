// Control sequences that this client writes to the user's terminal on its own account.
import type { Touched } from "./output-filter.ts";

const esc = "\u001b";
const csi = `${esc}[`;
const st = `${esc}\\`;

/**
 * Everything that a program may have set, back to where a shell expects it. Nothing here moves the cursor for good
 * or clears: `leaveScreen` comes after. In this order: what freezes the terminal first, keyboard protocols on both
 * screens (each screen has its own stack in the kitty protocol), then the rest.
 */
export const resetModes = [
  `${csi}?2026l`, // synchronized output: draws what is held back
  `${csi}<32u`, // kitty keyboard: pop all, on this screen
  `${csi}?1049l`, // alternate screen
  `${csi}?1047l`,
  `${csi}<32u`, // and on the main one
  `${csi}>4m`, // modifyOtherKeys
  `${csi}?9;1000;1001;1002;1003;1005;1006;1015;1016l`, // mouse
  `${csi}?1004;2004;2031;2048l`, // focus, bracketed paste, colour scheme and size reports
  `${csi}?1;5;6;45;69l`, // cursor keys, reverse video, origin, reverse wrap, left and right margins
  `${csi}?7h`, // wrap
  `${csi}4;20l`, // insert, newline mode
  `${csi}r`, // scroll margins
  `${esc}>`, // keypad
  `${esc}(B\u000f`, // character set
  `${csi}0"q`, // protection
  `${csi}0m`,
  `${esc}]8;;${st}`, // an open hyperlink
  `${csi}0 q`, // cursor shape
  `${csi}?25h`,
].join("");

/** Undo of what would disturb a terminal whose user has set it: only where the program touched it. */
export const resetTouched = (touched: Touched): string =>
  [
    touched.colours ? [104, 105, 110, 111, 112].map((code) => `${esc}]${code}${st}`).join("") : "",
    touched.progress ? `${esc}]9;4;0${st}` : "",
  ].join("");

export const pushTitle = `${csi}22;0t`;
export const popTitle = `${csi}23;0t`;
export const setTitle = (title: string): string => `${esc}]0;${title}${st}`;

/**
 * Row by row: terminals put a screen that is erased at once into the scrollback, where it would be found again and
 * again.
 */
export const clearScreen = (rows: number): string => {
  const lines = Array.from({ length: Math.max(1, rows) }, (_line, index) => `${csi}${index + 1};1H${csi}2K`);
  return `${lines.join("")}${csi}H`;
};

/** Moves what is on the screen into the scrollback, so that nothing of the user's is overwritten. */
export const makeRoom = (rows: number): string => `${"\n".repeat(Math.max(0, rows - 1))}${clearScreen(rows)}`;

/** To the last line, below what the session drew. */
export const leaveScreen = (rows: number): string => `${csi}${Math.max(1, rows)};1H\r\n`;

/** Lines in reverse video over the upper rows; the cursor stays where it is. */
export const overlayLines = (lines: readonly string[]): string =>
  `${esc}7${csi}?6l${esc}(B\u000f${lines
    .map((line, index) => `${csi}${index + 1};1H${csi}0;7m${csi}2K${line}${csi}0m`)
    .join("")}${esc}8`;
