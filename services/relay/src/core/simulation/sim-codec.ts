// Frames of the simulation: bytes that can be sliced and told apart, with nothing of the real protocol.
import type { FrameCodec } from "../../ports.ts";
import type { CoreFrame } from "../frames.ts";
import type { Actor, Geometry } from "../parties.ts";

const outputTag = 1;
const jsonTag = 2;
const outputHead = 9;

export interface SimOutput {
  readonly kind: "output";
  readonly from: number;
  readonly to: number;
  readonly data: Uint8Array;
}

export interface SimInput {
  readonly kind: "input";
  readonly operator: string;
  readonly actor: string;
  readonly stream: string;
  readonly number: number;
  readonly previous: number;
}

export interface SimInputSync {
  readonly kind: "inputSync";
  readonly operator: string;
  readonly stream: string;
  readonly sync: number;
}

export interface SimInputAck {
  readonly kind: "inputAck";
  readonly operator: string;
  readonly stream: string;
  readonly number: number;
  readonly refusal: string;
  readonly refused: number;
  /** Which InputSync of the stream it answers; 0: none. */
  readonly sync: number;
}

export interface SimSnapshot extends Geometry {
  readonly kind: "snapshot";
  readonly offset: number;
  readonly requestId: number;
  readonly padding: string;
}

export type SimFrame =
  | SimOutput
  | SimInput
  | SimInputSync
  | SimInputAck
  | SimSnapshot
  | Exclude<CoreFrame, { kind: "inputAck" }>;

export const frameOutput = (from: number, data: Uint8Array): Uint8Array => {
  const framed = new Uint8Array(outputHead + data.byteLength);
  framed[0] = outputTag;
  new DataView(framed.buffer).setFloat64(1, from);
  framed.set(data, outputHead);
  return framed;
};

export const frameJson = (frame: Exclude<SimFrame, SimOutput>): Uint8Array => {
  const text = new TextEncoder().encode(JSON.stringify(frame));
  const framed = new Uint8Array(1 + text.byteLength);
  framed[0] = jsonTag;
  framed.set(text, 1);
  return framed;
};

export const parseFrame = (framed: Uint8Array): SimFrame => {
  if (framed[0] === outputTag) {
    const from = new DataView(framed.buffer, framed.byteOffset).getFloat64(1);
    const data = framed.subarray(outputHead);
    return { kind: "output", from, to: from + data.byteLength, data };
  }
  return JSON.parse(new TextDecoder().decode(framed.subarray(1)));
};

export const simCodec: FrameCodec = {
  encode: (frame) => frameJson(frame as Exclude<SimFrame, SimOutput>),
  sliceOutput: (framed, offset) => {
    const frame = parseFrame(framed);
    if (frame.kind !== "output" || offset <= frame.from || offset >= frame.to)
      throw new Error("slice outside the frame");
    return frameOutput(offset, frame.data.subarray(offset - frame.from));
  },
  stamp: (framed, operator: string, actor: Actor) =>
    frameJson({ ...parseFrame(framed), operator, actor } as SimInput),
};
