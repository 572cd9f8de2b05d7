// Input and InputAck by hand: a key press crosses four processes that are often cold, where the generated codec costs
// more than everything else on the way.
//
// I1 What is read here, `decodeFrame` reads the same; what is written here, `encodeFrame` writes byte for byte.
// I2 What is out of the ordinary is left to the generated codec, so that errors are its own: reading answers undefined
//    for unknown, repeated or unordered fields, wrong wire types, numbers beyond 2^53 - 1 and text that is not UTF-8.

import { Failure } from "@cmdop/base";
import type { Actor, InputRefusal } from "../generated/cmdop/live/v1/frame_pb.ts";
import { encodeFrame } from "./frames.ts";
import { allocFramed, prefixBytes } from "./framing.ts";
import { malformed, varintSize, WireReader, wireBytes, wireVarint, writeVarint } from "./wire.ts";

export interface InputFields {
  readonly operator: string;
  readonly stream: Uint8Array;
  readonly number: number;
  readonly previous: number;
  readonly epoch: number;
  readonly data: Uint8Array;
  readonly paste: boolean;
  readonly eof: boolean;
  readonly actor: Actor;
}

export interface InputAckFields {
  readonly operator: string;
  readonly stream: Uint8Array;
  readonly number: number;
  readonly refusal: InputRefusal;
  readonly refused: number;
  readonly epoch: number;
  readonly abandoned: number;
}

type Mutable<Fields> = { -readonly [Name in keyof Fields]: Fields[Name] };

const inputField = 2;
const inputAckField = 4;
const enumMax = 0x7fff_ffff;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const noBytes = new Uint8Array(0);

const varintTag = (field: number): number => (field << 3) | wireVarint;
const bytesTag = (field: number): number => (field << 3) | wireBytes;

/** One field's value; fields are numbered from 1 in the order of the list. */
type FieldValue = number | Uint8Array;

const isOrdinary = (value: FieldValue): boolean =>
  typeof value !== "number" || (Number.isSafeInteger(value) && value >= 0);

const fieldSize = (value: FieldValue): number => {
  if (typeof value === "number") return value === 0 ? 0 : 1 + varintSize(value);
  return value.length === 0 ? 0 : 1 + varintSize(value.length) + value.length;
};

const writeField = (framed: Uint8Array, at: number, field: number, value: FieldValue): number => {
  if (typeof value === "number") {
    if (value === 0) return at;
    framed[at] = varintTag(field);
    return writeVarint(framed, at + 1, value);
  }
  if (value.length === 0) return at;
  framed[at] = bytesTag(field);
  const start = writeVarint(framed, at + 1, value.length);
  framed.set(value, start);
  return start + value.length;
};

const encodeBody = (body: number, values: readonly FieldValue[]): Uint8Array<ArrayBuffer> => {
  let size = 0;
  for (const value of values) size += fieldSize(value);
  const framed = allocFramed(1 + varintSize(size) + size);
  framed[prefixBytes] = bytesTag(body);
  let at = writeVarint(framed, prefixBytes + 1, size);
  let field = 0;
  for (const value of values) {
    field += 1;
    at = writeField(framed, at, field, value);
  }
  return framed;
};

/** Longer text goes by the platform's codec, which costs a call out of JavaScript. */
const quickTextMax = 64;

const encodeText = (text: string): Uint8Array => {
  if (text === "") return noBytes;
  if (text.length > quickTextMax) return encoder.encode(text);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) return encoder.encode(text);
    bytes[at] = code;
  }
  return bytes;
};

const decodeText = (bytes: Uint8Array): string => {
  if (bytes.length > quickTextMax) return decoder.decode(bytes);
  let text = "";
  for (const byte of bytes) {
    if (byte >= 0x80) return decoder.decode(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
};

/** A framed Input. Throws `invalid_argument`. */
export const encodeInput = (input: InputFields): Uint8Array<ArrayBuffer> => {
  const { operator, stream, number, previous, epoch, data, paste, eof, actor } = input;
  const numbers = [number, previous, epoch];
  if (numbers.every(isOrdinary) && isOrdinary(actor) && actor <= enumMax && operator.isWellFormed()) {
    const values = [encodeText(operator), stream, ...numbers, data, Number(paste), Number(eof), actor];
    return encodeBody(inputField, values);
  }
  return encodeFrame({
    case: "input",
    value: { ...input, number: BigInt(number), previous: BigInt(previous), epoch: BigInt(epoch) },
  });
};

/** A framed InputAck. Throws `invalid_argument`. */
export const encodeInputAck = (ack: InputAckFields): Uint8Array<ArrayBuffer> => {
  const { operator, stream, number, refusal, refused, epoch, abandoned } = ack;
  const numbers = [number, refusal, refused, epoch, abandoned];
  if (numbers.every(isOrdinary) && refusal <= enumMax && operator.isWellFormed()) {
    return encodeBody(inputAckField, [encodeText(operator), stream, ...numbers]);
  }
  return encodeFrame({
    case: "inputAck",
    value: {
      ...ack,
      number: BigInt(number),
      refused: BigInt(refused),
      epoch: BigInt(epoch),
      abandoned: BigInt(abandoned),
    },
  });
};

const readBytes = (reader: WireReader): Uint8Array => {
  const length = reader.length();
  const start = reader.position;
  reader.position += length;
  return reader.bytes.subarray(start, reader.position);
};

const readText = (reader: WireReader): string => decodeText(readBytes(reader));

const readUpTo = (reader: WireReader, max: number): number => {
  const value = reader.varint();
  if (value > max) throw malformed("a number is out of range");
  return value;
};

const isUnreadable = (error: unknown): boolean => error instanceof Failure || error instanceof TypeError;

/** Reads the one body of a frame; `readField` answers false for a tag that it does not know. */
const readBody = <Fields>(
  message: Uint8Array,
  body: number,
  fields: Fields,
  readField: (fields: Fields, tag: number, reader: WireReader) => boolean,
): Fields | undefined => {
  if (message[0] !== bytesTag(body)) return undefined;
  const reader = new WireReader(message, 1);
  try {
    if (reader.length() !== message.length - reader.position) return undefined;
    let last = 0;
    while (reader.position < reader.end) {
      // The tags that are known have one byte.
      const tag = message[reader.position] ?? 0;
      reader.position += 1;
      if (tag <= last || !readField(fields, tag, reader)) return undefined;
      last = tag;
    }
    return fields;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
};

const readInputField = (input: Mutable<InputFields>, tag: number, reader: WireReader): boolean => {
  if (tag === bytesTag(1)) input.operator = readText(reader);
  else if (tag === bytesTag(2)) input.stream = readBytes(reader);
  else if (tag === varintTag(3)) input.number = reader.varint();
  else if (tag === varintTag(4)) input.previous = reader.varint();
  else if (tag === varintTag(5)) input.epoch = reader.varint();
  else if (tag === bytesTag(6)) input.data = readBytes(reader);
  else if (tag === varintTag(7)) input.paste = readUpTo(reader, 1) === 1;
  else if (tag === varintTag(8)) input.eof = readUpTo(reader, 1) === 1;
  else if (tag === varintTag(9)) input.actor = readUpTo(reader, enumMax) as Actor;
  else return false;
  return true;
};

const readInputAckField = (ack: Mutable<InputAckFields>, tag: number, reader: WireReader): boolean => {
  if (tag === bytesTag(1)) ack.operator = readText(reader);
  else if (tag === bytesTag(2)) ack.stream = readBytes(reader);
  else if (tag === varintTag(3)) ack.number = reader.varint();
  else if (tag === varintTag(4)) ack.refusal = readUpTo(reader, enumMax) as InputRefusal;
  else if (tag === varintTag(5)) ack.refused = reader.varint();
  else if (tag === varintTag(6)) ack.epoch = reader.varint();
  else if (tag === varintTag(7)) ack.abandoned = reader.varint();
  else return false;
  return true;
};

const newInput = (): Mutable<InputFields> => ({
  operator: "",
  stream: noBytes,
  number: 0,
  previous: 0,
  epoch: 0,
  data: noBytes,
  paste: false,
  eof: false,
  actor: 0,
});

/** Undefined: not an ordinary Input, for `decodeFrame` to judge. Byte fields are views of `message`. */
export const readInput = (message: Uint8Array): InputFields | undefined =>
  readBody(message, inputField, newInput(), readInputField);

const readSentField = (input: Mutable<InputFields>, tag: number, reader: WireReader): boolean =>
  tag !== bytesTag(1) && tag !== varintTag(9) && readInputField(input, tag, reader);

/**
 * A framed Input as its client sent it, with its sender put in: a copy with one field before and one after. Undefined
 * for one that is not ordinary or names a sender already.
 */
export const stampInput = (
  framed: Uint8Array,
  operator: string,
  actor: Actor,
): Uint8Array<ArrayBuffer> | undefined => {
  const message = framed.subarray(prefixBytes);
  const isStampable = operator.isWellFormed() && readBody(message, inputField, newInput(), readSentField);
  if (!isStampable) return undefined;
  const sent = new WireReader(message, 1);
  const sentBytes = sent.length();
  const text = encodeText(operator);
  const size = fieldSize(text) + sentBytes + fieldSize(actor);
  const stamped = allocFramed(1 + varintSize(size) + size);
  stamped[prefixBytes] = bytesTag(inputField);
  const at = writeField(stamped, writeVarint(stamped, prefixBytes + 1, size), 1, text);
  stamped.set(message.subarray(sent.position), at);
  writeField(stamped, at + sentBytes, 9, actor);
  return stamped;
};

/** Undefined: not an ordinary InputAck, for `decodeFrame` to judge. Byte fields are views of `message`. */
export const readInputAck = (message: Uint8Array): InputAckFields | undefined => {
  const ack: Mutable<InputAckFields> = {
    operator: "",
    stream: noBytes,
    number: 0,
    refusal: 0,
    refused: 0,
    epoch: 0,
    abandoned: 0,
  };
  return readBody(message, inputAckField, ack, readInputAckField);
};
