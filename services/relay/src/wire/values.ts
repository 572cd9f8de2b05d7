import { Failure, latestWallMs, toDisplayText } from "@cmdop/base";

/** A 64-bit number of the wire as a JS number; beyond 2^53 - 1 nobody means it. */
export const toNumber = (value: bigint | number, field: string): number => {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new Failure("invalid_argument", `${field} is too large.`);
  }
  return number;
};

/** What a machine's clock says, no later than can be told. */
export const toWallMs = (value: bigint | number, field: string): number =>
  Math.min(toNumber(value, field), latestWallMs);

const emptyStream = "";
const streamBytes = 16;
// Compared for every key press: no call out of JavaScript for sixteen bytes.
const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** The client's 16 bytes as hexadecimal text; empty for none. */
export const toStreamKey = (stream: Uint8Array): string => {
  if (stream.length === 0) return emptyStream;
  if (stream.length !== streamBytes) {
    throw new Failure("invalid_argument", `stream takes ${streamBytes} bytes.`);
  }
  let key = "";
  for (const byte of stream) key += hexOfByte[byte];
  return key;
};

export const fromStreamKey = (key: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(key, "hex"));

/** Text that an agent says about itself: printed on terminals of others, so made safe here and cut. */
export const display = (text: string, maxChars = 256): string => toDisplayText(text, maxChars);

/** Text of a request that is kept and shown: refused rather than changed, so that nobody looks for another name. */
export const requireDisplayable = (text: string, field: string, maxChars: number): string => {
  if (Array.from(text).length > maxChars) {
    throw new Failure("invalid_argument", `${field} takes at most ${maxChars} characters.`);
  }
  if (toDisplayText(text, maxChars) !== text) {
    throw new Failure("invalid_argument", `${field} must not hold control or formatting characters.`);
  }
  return text;
};
