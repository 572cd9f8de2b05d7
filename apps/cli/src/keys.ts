import { usageError } from "./cli-error.ts";

const esc = "\u001b";
const named: Readonly<Record<string, string>> = {
  enter: "\r",
  return: "\r",
  tab: "\t",
  escape: esc,
  esc,
  space: " ",
  backspace: "\u007f",
  bspace: "\u007f",
  delete: `${esc}[3~`,
  insert: `${esc}[2~`,
  up: `${esc}[A`,
  down: `${esc}[B`,
  right: `${esc}[C`,
  left: `${esc}[D`,
  home: `${esc}[H`,
  end: `${esc}[F`,
  pageup: `${esc}[5~`,
  pgup: `${esc}[5~`,
  pagedown: `${esc}[6~`,
  pgdn: `${esc}[6~`,
  backtab: `${esc}[Z`,
  f1: `${esc}OP`,
  f2: `${esc}OQ`,
  f3: `${esc}OR`,
  f4: `${esc}OS`,
  f5: `${esc}[15~`,
  f6: `${esc}[17~`,
  f7: `${esc}[18~`,
  f8: `${esc}[19~`,
  f9: `${esc}[20~`,
  f10: `${esc}[21~`,
  f11: `${esc}[23~`,
  f12: `${esc}[24~`,
};

/** What a terminal sends for a key as people write it: C-c, ^C, M-x, Up, F5, a. */
export const toKeyBytes = (key: string): string => {
  const plain = named[key.toLowerCase()];
  if (plain !== undefined) return plain;
  const alt = /^M-(.+)$/i.exec(key)?.[1];
  if (alt) return esc + toKeyBytes(alt);
  const ctrl = /^(?:C-|\^|Ctrl-)(.+)$/i.exec(key)?.[1];
  if (ctrl) return toControl(ctrl, key);
  if ([...key].length === 1) return key;
  throw unknownKey(key);
};

const toControl = (rest: string, key: string): string => {
  if (rest.toLowerCase() === "space" || rest === "@") return "\u0000";
  if (rest === "?") return "\u007f";
  const code = rest.length === 1 ? rest.toUpperCase().charCodeAt(0) : 0;
  if (code < 0x40 || code > 0x5f) throw unknownKey(key);
  return String.fromCharCode(code & 0x1f);
};

const unknownKey = (key: string) =>
  usageError(
    `There is no key "${key}".`,
    "Keys are like C-c, M-x, Enter, Tab, Escape, Up, PageDown, F5, or one character.",
  );
