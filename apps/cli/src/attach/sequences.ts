/** Bytes that this part of the CLI speaks about (ECMA-48; xterm's ctlseqs; the kitty keyboard protocol). */
export const byte = {
  enq: 0x05,
  bel: 0x07,
  can: 0x18,
  sub: 0x1a,
  esc: 0x1b,
  backslash: 0x5c,
} as const;

export const isCsiParameter = (value: number): boolean => value >= 0x30 && value <= 0x3f;
export const isIntermediate = (value: number): boolean => value >= 0x20 && value <= 0x2f;
export const isCsiFinal = (value: number): boolean => value >= 0x40 && value <= 0x7e;

/** A whole CSI sequence, taken apart. */
export interface Csi {
  /** "" or one of < = > ?. */
  readonly prefix: string;
  /** Parameters after the prefix, as they stand. */
  readonly parameters: string;
  readonly intermediates: string;
  readonly final: string;
}

export type CsiScan =
  | { readonly kind: "csi"; readonly end: number; readonly csi: Csi }
  /** The bytes end inside it. */
  | { readonly kind: "incomplete" }
  /** Not a CSI sequence: a byte at `end` that cannot stand in one. */
  | { readonly kind: "invalid"; readonly end: number };

/** Reads the CSI sequence whose ESC [ stands at `start`. */
export const scanCsi = (bytes: Uint8Array, start: number): CsiScan => {
  let at = start + 2;
  while (at < bytes.length && isCsiParameter(bytes[at] ?? 0)) at += 1;
  const parametersEnd = at;
  while (at < bytes.length && isIntermediate(bytes[at] ?? 0)) at += 1;
  if (at >= bytes.length) return { kind: "incomplete" };
  if (!isCsiFinal(bytes[at] ?? 0)) return { kind: "invalid", end: at };
  const text = String.fromCharCode(...bytes.subarray(start + 2, at + 1));
  const prefix = /^[<=>?]/.exec(text)?.[0] ?? "";
  const split = parametersEnd - (start + 2);
  return {
    kind: "csi",
    end: at + 1,
    csi: {
      prefix,
      parameters: text.slice(prefix.length, split),
      intermediates: text.slice(split, -1),
      final: text.slice(-1),
    },
  };
};

export type StringScan =
  /** `end` is after the terminator, `bodyEnd` before it. */
  | { readonly kind: "string"; readonly bodyEnd: number; readonly end: number }
  | { readonly kind: "incomplete" }
  /** CAN, SUB or another ESC at `end` broke it off. */
  | { readonly kind: "broken"; readonly end: number };

/** Finds the end of an OSC, DCS or APC whose body begins at `start`. BEL ends an OSC alone. */
export const scanString = (bytes: Uint8Array, start: number, isOsc: boolean): StringScan => {
  for (let at = start; at < bytes.length; at += 1) {
    const value = bytes[at];
    if (value === byte.bel && isOsc) return { kind: "string", bodyEnd: at, end: at + 1 };
    if (value === byte.can || value === byte.sub) return { kind: "broken", end: at };
    if (value === byte.esc) {
      if (at + 1 >= bytes.length) return { kind: "incomplete" };
      if (bytes[at + 1] === byte.backslash) return { kind: "string", bodyEnd: at, end: at + 2 };
      return { kind: "broken", end: at };
    }
  }
  return { kind: "incomplete" };
};
