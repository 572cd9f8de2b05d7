// The hot frames by hand: what fan-out needs of a Frame without decoding it, and Output and Ack made without
// the generated encoder. Offsets are JS numbers here, at most 2^53 - 1 (a terminal at 1 GB/s for 104 days).
//
// I1 What `peekFrame` refuses, `decodeFrame` refuses; they agree on the body and on every field of Output. Other
//    bodies are passed over: who reads them decodes them.
// I2 A Frame has at most one body: the generated decoder would take the last, another might take the first.

import type { MessageInitShape } from "@bufbuild/protobuf";
import { Failure } from "@cmdop/base";
import { Channel, type Frame, FrameSchema } from "../generated/cmdop/live/v1/frame_pb.ts";
import { limits } from "../limits.ts";
import { allocFramed, prefixBytes } from "./framing.ts";
import { decodeMessage, encodeFramed } from "./messages.ts";
import { malformed, varintSize, WireReader, wireBytes, writeVarint } from "./wire.ts";

/** The name of a Frame's body as in the generated message: "output", "inputAck", … */
export type BodyCase = Exclude<Frame["body"]["case"], undefined>;
export type FrameBody = Exclude<MessageInitShape<typeof FrameSchema>["body"], undefined>;

export interface PeekedFrame {
  /** Undefined: the frame has no body that this version knows; to be ignored. */
  readonly body: BodyCase | undefined;
  /** Field number of the body in Frame; 0 without one. */
  readonly field: number;
  /** Where the body's bytes lie in the message. */
  readonly bodyStart: number;
  readonly bodyLength: number;
  /** Of an Output; zeroes otherwise. The data lies at [dataStart, dataStart + dataLength) of the message. */
  readonly offset: number;
  readonly dataStart: number;
  readonly dataLength: number;
  readonly channel: Channel;
}

export interface OutputChunk {
  readonly offset: number;
  readonly channel: Channel;
  readonly data: Uint8Array;
}

const outputField = 1;
const ackField = 3;
const bodyCases: readonly (BodyCase | undefined)[] = FrameSchema.fields.reduce<(BodyCase | undefined)[]>(
  (cases, field) => {
    cases[field.number] = field.localName as BodyCase;
    return cases;
  },
  [],
);

const offsetTag = 0x08;
const dataTag = 0x12;
const channelTag = 0x18;

const peekOutput = (
  reader: WireReader,
  field: number,
  bodyStart: number,
  bodyLength: number,
): PeekedFrame => {
  const end = bodyStart + bodyLength;
  const outerEnd = reader.end;
  reader.end = end;
  let offset = 0;
  let dataStart = 0;
  let dataLength = 0;
  let channel = 0;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === offsetTag) offset = reader.varint();
    else if (tag === dataTag) {
      dataLength = reader.length();
      dataStart = reader.position;
      reader.position += dataLength;
    } else if (tag === channelTag) {
      channel = reader.varint();
      if (channel > 0x7fff_ffff) throw malformed("the channel is out of range");
    } else if (tag >>> 3 <= 3) throw malformed("a field has the wrong wire type");
    else reader.skip(tag & 7);
  }
  reader.end = outerEnd;
  if (dataLength > limits.frameDataBytesMax) {
    throw new Failure(
      "message_too_large",
      `A frame carries at most ${limits.frameDataBytesMax} bytes of data.`,
    );
  }
  if (offset > Number.MAX_SAFE_INTEGER - dataLength) throw malformed("the offset is too large");
  return {
    body: "output",
    field,
    bodyStart,
    bodyLength,
    offset,
    dataStart,
    dataLength,
    channel: channel as Channel,
  };
};

const peekOther = (reader: WireReader, field: number, bodyStart: number, bodyLength: number): PeekedFrame => {
  reader.position = bodyStart + bodyLength;
  return {
    body: bodyCases[field],
    field,
    bodyStart,
    bodyLength,
    offset: 0,
    dataStart: 0,
    dataLength: 0,
    channel: Channel.UNSPECIFIED,
  };
};

const noBody: PeekedFrame = {
  body: undefined,
  field: 0,
  bodyStart: 0,
  bodyLength: 0,
  offset: 0,
  dataStart: 0,
  dataLength: 0,
  channel: Channel.UNSPECIFIED,
};

/** What a frame is, and where an Output's data lies, without copying. Throws `malformed_message`. */
export const peekFrame = (message: Uint8Array): PeekedFrame => {
  const reader = new WireReader(message);
  let peeked = noBody;
  while (reader.position < message.length) {
    const tag = reader.tag();
    const field = tag >>> 3;
    const wireType = tag & 7;
    if (bodyCases[field] === undefined) {
      reader.skip(wireType);
      continue;
    }
    if (wireType !== wireBytes) throw malformed("a field has the wrong wire type");
    if (peeked !== noBody) throw malformed("a frame has two bodies");
    const length = reader.length();
    const start = reader.position;
    peeked =
      field === outputField
        ? peekOutput(reader, field, start, length)
        : peekOther(reader, field, start, length);
  }
  return peeked;
};

/** The body's name alone. Throws `malformed_message`. */
export const bodyCase = (message: Uint8Array): BodyCase | undefined => peekFrame(message).body;

/** The data of an Output that was peeked; a view. */
export const outputData = (message: Uint8Array, peeked: PeekedFrame): Uint8Array =>
  message.subarray(peeked.dataStart, peeked.dataStart + peeked.dataLength);

const checkOffset = (offset: number): void => {
  if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`not an offset: ${offset}`);
};

/** A framed Output. */
export const encodeOutput = ({ offset, channel, data }: OutputChunk): Uint8Array<ArrayBuffer> => {
  checkOffset(offset);
  const length = data.length;
  const bodySize =
    (offset === 0 ? 0 : 1 + varintSize(offset)) +
    (length === 0 ? 0 : 1 + varintSize(length) + length) +
    (channel === 0 ? 0 : 1 + varintSize(channel));
  const framed = allocFramed(1 + varintSize(bodySize) + bodySize);
  let at = prefixBytes;
  framed[at] = (outputField << 3) | wireBytes;
  at = writeVarint(framed, at + 1, bodySize);
  if (offset !== 0) {
    framed[at] = offsetTag;
    at = writeVarint(framed, at + 1, offset);
  }
  if (length !== 0) {
    framed[at] = dataTag;
    at = writeVarint(framed, at + 1, length);
    framed.set(data, at);
    at += length;
  }
  if (channel !== 0) {
    framed[at] = channelTag;
    writeVarint(framed, at + 1, channel);
  }
  return framed;
};

/** A framed Ack. */
export const encodeAck = (offset: number): Uint8Array<ArrayBuffer> => {
  checkOffset(offset);
  const bodySize = offset === 0 ? 0 : 1 + varintSize(offset);
  const framed = allocFramed(2 + bodySize);
  framed[prefixBytes] = (ackField << 3) | wireBytes;
  framed[prefixBytes + 1] = bodySize;
  if (offset !== 0) {
    framed[prefixBytes + 2] = offsetTag;
    writeVarint(framed, prefixBytes + 3, offset);
  }
  return framed;
};

/**
 * The framed Output that holds what a framed Output has from `fromOffset` on: the same bytes when that is its
 * start. `fromOffset` must lie in [offset, offset + length].
 */
export const sliceOutput = (framed: Uint8Array, fromOffset: number): Uint8Array => {
  const message = framed.subarray(prefixBytes);
  const peeked = peekFrame(message);
  const skip = fromOffset - peeked.offset;
  if (peeked.body !== "output" || skip < 0 || skip > peeked.dataLength) {
    throw new RangeError(`no output at ${fromOffset} in this frame`);
  }
  if (skip === 0) return framed;
  const data = outputData(message, peeked).subarray(skip);
  return encodeOutput({ offset: fromOffset, channel: peeked.channel, data });
};

/** A framed Frame: `encodeFrame({ case: "ack", value: { offset: 5n } })`. Throws `invalid_argument`. */
export const encodeFrame = (body: FrameBody): Uint8Array<ArrayBuffer> => encodeFramed(FrameSchema, { body });

/** Throws `malformed_message` or `message_too_large`. Byte fields are views of `message`. */
export const decodeFrame = (message: Uint8Array): Frame => {
  peekFrame(message);
  return decodeMessage(FrameSchema, message);
};
