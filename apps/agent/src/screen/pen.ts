// A pen is how a cell looks: colours, attributes, underline, protection, link. xterm keeps it in three words
// whose unused bits hold leftovers of earlier colours; here it is brought to one form per look, so that equal
// looks are equal values, and written as the shortest sequence that any common terminal understands.

import { type CoreExtendedAttributes, cell } from "./xterm-internals.ts";

// Read for each run of cells that look alike: as constants of this file they cost no look into another's.
const {
  bgDim,
  bgHasExtended,
  bgItalic,
  bgOverline,
  bgProtected,
  colorMask,
  colorMode,
  fgBlink,
  fgBold,
  fgInverse,
  fgInvisible,
  fgStrike,
  fgUnderline,
  palette16,
  palette256,
  rgb,
} = cell;

export interface Pen {
  /** Colour mode and value, and the flags above them; without leftovers. */
  readonly fg: number;
  readonly bg: number;
  /** 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed. */
  readonly underline: number;
  /** Colour mode and value; 0 is the text's own colour. */
  readonly underlineColor: number;
  /** 0 is none. */
  readonly link: number;
}

export const plainPen: Pen = { fg: 0, bg: 0, underline: 0, underlineColor: 0, link: 0 };

/** Without the bits that its mode does not read. */
export const toColor = (word: number): number => {
  switch (word & colorMode) {
    case 0:
      return 0;
    case rgb:
      return word & colorMask;
    default:
      return word & (colorMode | 0xff);
  }
};

const flagsMask = 0xfc000000;

/** From a cell's or the cursor's words. `isCursor` keeps an underline colour that nothing shows yet. */
export const toPen = (
  fg: number,
  bg: number,
  extended: CoreExtendedAttributes | undefined,
  isCursor = false,
): Pen => {
  if ((fg | bg) === 0 && (extended === undefined || !isCursor)) return plainPen;
  const shown = (bg & bgHasExtended) !== 0 ? extended : undefined;
  const isUnderlined = (fg & fgUnderline) !== 0;
  const underline = !isUnderlined ? 0 : shown === undefined ? 1 : (shown._ext >>> 26) & 7;
  const colored = isCursor ? extended : underline === 0 ? undefined : shown;
  return {
    fg: (toColor(fg) | (fg & flagsMask & (underline === 0 ? ~fgUnderline : -1))) >>> 0,
    bg: (toColor(bg) | (bg & flagsMask & ~bgHasExtended)) >>> 0,
    underline,
    underlineColor: colored === undefined ? 0 : toColor(colored._ext),
    link: shown?.urlId ?? 0,
  };
};

/** All but the link. */
export const isSameLook = (a: Pen, b: Pen): boolean =>
  a.fg === b.fg && a.bg === b.bg && a.underline === b.underline && a.underlineColor === b.underlineColor;

export const isSamePen = (a: Pen, b: Pen): boolean => a === b || (isSameLook(a, b) && a.link === b.link);

/** What an erased cell keeps of the pen: the background colour. */
export const toErasePen = (pen: Pen): Pen => {
  const bg = pen.bg & colorMask;
  return bg === 0 ? plainPen : { ...plainPen, bg };
};

/** Whether an empty cell with this pen is what erasing leaves. */
export const isErasePen = (pen: Pen): boolean =>
  pen.fg === 0 && pen.underline === 0 && pen.link === 0 && (pen.bg & flagsMask) === 0;

export const hasBackground = (pen: Pen): boolean => (pen.bg & colorMode) !== 0;

const colorParameters = (color: number, base: 30 | 40): string => {
  const value = color & 0xff;
  switch (color & colorMode) {
    case palette16:
      return value < 8 ? `;${base + value}` : `;${base + 52 + value}`;
    case palette256:
      return `;${base + 8};5;${value}`;
    case rgb:
      return `;${base + 8};2;${(color >>> 16) & 0xff};${(color >>> 8) & 0xff};${value}`;
    default:
      return "";
  }
};

// The one place where colons are written: with semicolons, terminals without underline colours read blink.
const underlineColorParameters = (color: number): string => {
  // What SGR 59 leaves in xterm 6; on other terminals it is the text's own colour, which was meant.
  if (color === colorMask) return ";59";
  switch (color & colorMode) {
    case 0:
      return "";
    case rgb:
      return `;58:2::${(color >>> 16) & 0xff}:${(color >>> 8) & 0xff}:${color & 0xff}`;
    default:
      return `;58:5:${color & 0xff}`;
  }
};

/** The sequence that gives this pen whatever was set before; the link is not part of it. */
export const penSequence = (pen: Pen): string => {
  let sgr = "";
  if (pen.fg & fgBold) sgr += ";1";
  if (pen.bg & bgDim) sgr += ";2";
  if (pen.bg & bgItalic) sgr += ";3";
  if (pen.underline === 1) sgr += ";4";
  else if (pen.underline > 1) sgr += `;4:${pen.underline}`;
  if (pen.fg & fgBlink) sgr += ";5";
  if (pen.fg & fgInverse) sgr += ";7";
  if (pen.fg & fgInvisible) sgr += ";8";
  if (pen.fg & fgStrike) sgr += ";9";
  if (pen.bg & bgOverline) sgr += ";53";
  sgr += colorParameters(pen.fg, 30) + colorParameters(pen.bg, 40);
  sgr += underlineColorParameters(pen.underlineColor);
  const reset = `\x1b[${sgr === "" ? "" : `0${sgr}`}m`;
  return (pen.bg & bgProtected) === 0 ? reset : `${reset}\x1b[1"q`;
};
