import { type Random, systemRandom } from "./random.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One live execution: `ses_` and 22 base62 characters (131 bits). */
export type SessionId = Branded<"SessionId">;
/** One machine: `mch_` and 22 base62 characters. */
export type MachineId = Branded<"MachineId">;
/** One attachment: `att_` and 22 base62 characters. */
export type AttachmentId = Branded<"AttachmentId">;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idChars = 22;
const idPattern = /^[a-z]{3}_[0-9A-Za-z]{22}$/;

/** `chars` uniformly random base62 characters. */
export const randomBase62 = (chars: number, random: Random = systemRandom): string => {
  let text = "";
  while (text.length < chars) {
    for (const byte of random.bytes(chars * 2)) {
      // 248 is the largest multiple of 62 in a byte: above it, the draw would be biased.
      if (byte < 248 && text.length < chars) text += alphabet[byte % 62];
    }
  }
  return text;
};

/** A new id with this prefix of three letters, for the records of the control plane: `key_…`, `flt_…`. */
export const newId = (prefix: string, random?: Random): string =>
  `${prefix}_${randomBase62(idChars, random)}`;

/** Whether the text is an id with this prefix. */
export const isId = (prefix: string, text: string): boolean =>
  text.startsWith(`${prefix}_`) && idPattern.test(text);

export const newSessionId = (random?: Random): SessionId =>
  `ses_${randomBase62(idChars, random)}` as SessionId;
export const newMachineId = (random?: Random): MachineId =>
  `mch_${randomBase62(idChars, random)}` as MachineId;
export const newAttachmentId = (random?: Random): AttachmentId =>
  `att_${randomBase62(idChars, random)}` as AttachmentId;

export const isSessionId = (text: string): text is SessionId => isId("ses", text);
export const isMachineId = (text: string): text is MachineId => isId("mch", text);
export const isAttachmentId = (text: string): text is AttachmentId => isId("att", text);
