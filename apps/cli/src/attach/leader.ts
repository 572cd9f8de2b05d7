// The leader: the one key combination that attach keeps for itself (Ctrl-] by default), in each of the encodings
// in which a terminal may send it.
import type { Csi } from "./sequences.ts";

export interface Leader {
  /** What it is without any keyboard protocol: one control byte. */
  readonly raw: number;
  /** The key as the kitty protocol and modifyOtherKeys name it. */
  readonly key: number;
  /** For people: "Ctrl-]". */
  readonly label: string;
}

/** "^]", "ctrl-]" or "none". Undefined: no leader. Throws a RangeError for what is not a control key. */
export const parseLeader = (text: string): Leader | undefined => {
  if (text === "none") return undefined;
  const match = /^(?:\^|ctrl-|c-)(.)$/i.exec(text);
  const character = match?.[1]?.toLowerCase();
  const code = character?.toUpperCase().charCodeAt(0) ?? 0;
  // Return, tab, escape and backspace are keys of their own: as a leader they would be lost to the user.
  if (character === undefined || code < 0x40 || code > 0x5f || "hijm[".includes(character)) {
    throw new RangeError("must be like ^] or ^a, or none");
  }
  return { raw: code & 0x1f, key: character.charCodeAt(0), label: `Ctrl-${character}` };
};

export const defaultLeader: Leader = { raw: 0x1d, key: 0x5d, label: "Ctrl-]" };

export interface KeyPress {
  /** Unicode code point, or the protocol's number of a functional key. */
  readonly key: number;
  /** Without lock bits: 1 shift, 2 alt, 4 ctrl, 8 super, 16 hyper, 32 meta. */
  readonly modifiers: number;
  readonly event: "press" | "repeat" | "release";
  /** The character that it types, where the terminal told. */
  readonly character: number | undefined;
}

const lockBits = 64 | 128;

/** A key in the kitty protocol (CSI key;modifiers:event;text u) or modifyOtherKeys (CSI 27;modifiers;key ~). */
export const toKeyPress = ({ prefix, parameters, intermediates, final }: Csi): KeyPress | undefined => {
  if (prefix !== "" || intermediates !== "") return undefined;
  const fields = parameters
    .split(";")
    .map((field) => field.split(":").map((part) => Number(part || Number.NaN)));
  if (final === "~") {
    const [marker, modifiers, key] = fields;
    if (marker?.[0] !== 27 || !modifiers || !key) return undefined;
    return pressOf(key[0], modifiers[0], undefined, undefined);
  }
  if (final !== "u") return undefined;
  const [keys, modifiers, text] = fields;
  const [key, shifted, base] = keys ?? [];
  // On a layout without Latin letters, the key at the same place stands for it.
  const code = key !== undefined && key > 127 && key < 57344 && base ? base : key;
  return pressOf(code, modifiers?.[0], modifiers?.[1], text?.[0] || shifted);
};

const pressOf = (
  key: number | undefined,
  modifiers: number | undefined,
  event: number | undefined,
  character: number | undefined,
): KeyPress | undefined => {
  if (key === undefined || Number.isNaN(key)) return undefined;
  const mask = modifiers === undefined || Number.isNaN(modifiers) ? 0 : Math.max(0, modifiers - 1);
  return {
    key,
    modifiers: mask & ~lockBits,
    event: event === 3 ? "release" : event === 2 ? "repeat" : "press",
    character: character === undefined || Number.isNaN(character) ? undefined : character,
  };
};

const ctrl = 4;

/** What the key types with Shift looked at: as told, else as on the US layout for the one key that matters here. */
export const toCharacter = (press: KeyPress): string | undefined => {
  const isShifted = (press.modifiers & 1) !== 0;
  const code = isShifted ? (press.character ?? (press.key === 0x2f ? 0x3f : press.key)) : press.key;
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
};

export const isLeaderPress = (press: KeyPress, leader: Leader | undefined): boolean =>
  leader !== undefined && press.key === leader.key && press.modifiers === ctrl;

/** Shift, Ctrl and the like by themselves, as the kitty protocol may report them. */
export const isModifierKey = (press: KeyPress): boolean =>
  (press.key >= 57441 && press.key <= 57454) || (press.key >= 57358 && press.key <= 57360);
