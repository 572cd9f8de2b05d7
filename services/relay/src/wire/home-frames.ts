// What a home sends, to the core's events. A frame that a home has no business to send is refused.
import { Failure } from "@cmdop/base";
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  type InputAckFields,
  InputRefusal,
  type PeekedFrame,
  peekFrame,
  readInputAck,
  toFramed,
} from "@cmdop/protocol";
import type { HomeEvent, LogFrame } from "../core/frames.ts";
import { gapReasons, resizePolicies, sessionKinds } from "./enums.ts";
import { fromExit, fromLease, noLease } from "./parties.ts";
import { display, toNumber, toStreamKey } from "./values.ts";

const refusalNames = new Map<number, string>(
  Object.entries(InputRefusal).map(([name, value]) => [value as number, name.toLowerCase()]),
);

type Body = Frame["body"];
type BodyOf<Case extends Body["case"]> = Extract<Body, { case: Case }>["value"];

const toResize = (resize: BodyOf<"resize">, framed: Uint8Array) =>
  ({
    kind: "resize",
    offset: toNumber(resize.offset, "resize.offset"),
    cols: resize.cols,
    rows: resize.rows,
    framed,
  }) as const;

const toGap = (gap: BodyOf<"gap">) => {
  const from = toNumber(gap.from, "gap.from");
  const to = toNumber(gap.to, "gap.to");
  if (to < from) throw new Failure("invalid_argument", "gap.to lies before gap.from.");
  return { kind: "gap", from, to, reason: gapReasons.fromWire(gap.reason) ?? "lost" } as const;
};

/** A title that could control a terminal is made safe; the snapshot is encoded anew then only. */
const toSnapshot = (snapshot: BodyOf<"snapshot">, framed: Uint8Array): HomeEvent => {
  const title = display(snapshot.title);
  return {
    kind: "snapshot",
    offset: toNumber(snapshot.offset, "snapshot.offset"),
    cols: snapshot.cols,
    rows: snapshot.rows,
    title,
    requestId: toNumber(snapshot.requestId, "snapshot.request_id"),
    framed:
      title === snapshot.title ? framed : encodeFrame({ case: "snapshot", value: { ...snapshot, title } }),
  };
};

const toLogFrame = (message: Uint8Array): LogFrame | undefined => {
  if (message.length === 0) return undefined;
  const peeked = peekFrame(message);
  const framed = toFramed(message);
  if (peeked.body === "output") return outputOf(peeked, framed);
  const { body } = decodeFrame(message);
  if (body.case === "resize") return toResize(body.value, framed);
  if (body.case === "gap") return toGap(body.value);
  throw new Failure("unexpected_message", "A log chunk holds output, resizes and gaps.");
};

const outputOf = (peeked: PeekedFrame, framed: Uint8Array) =>
  ({ kind: "output", from: peeked.offset, to: peeked.offset + peeked.dataLength, framed }) as const;

const toInputAck = (
  { operator, stream, refusal }: BodyOf<"inputAck"> | InputAckFields,
  framed: Uint8Array,
  onRefusal: (refusal: string) => void,
): HomeEvent => {
  if (refusal !== 0) onRefusal(refusalNames.get(refusal) ?? "unknown");
  return { kind: "inputAck", operator, stream: toStreamKey(stream), framed };
};

/**
 * Undefined: a frame that this version does not know, to be left out. Throws a Failure. `onRefusal` is told of the
 * inputs that the host refused.
 */
export const parseHomeFrame = (
  message: Uint8Array,
  framed: Uint8Array,
  onRefusal: (refusal: string) => void,
): HomeEvent | undefined => {
  const ack = readInputAck(message);
  if (ack) return toInputAck(ack, framed, onRefusal);
  const { body } = decodeFrame(message);
  switch (body.case) {
    case undefined:
      return undefined;
    case "hello":
      return {
        kind: "hello",
        sessionId: body.value.sessionId,
        sessionKind: sessionKinds.require(body.value.kind, "hello.kind"),
        cols: body.value.cols,
        rows: body.value.rows,
        resizePolicy: resizePolicies.fromWire(body.value.resizePolicy) ?? "latest",
        logStart: toNumber(body.value.logStart, "hello.log_start"),
        offset: toNumber(body.value.offset, "hello.offset"),
        lease: body.value.lease === undefined ? noLease : fromLease(body.value.lease),
        exit: body.value.exit === undefined ? undefined : fromExit(body.value.exit),
        title: display(body.value.title),
      };
    case "resize":
      return toResize(body.value, framed);
    case "gap":
      return toGap(body.value);
    case "snapshot":
      return toSnapshot(body.value, framed);
    case "exit":
      return { kind: "exit", exit: fromExit(body.value) };
    case "inputAck":
      return toInputAck(body.value, framed, onRefusal);
    case "lease":
      return { kind: "lease", lease: fromLease(body.value), framed };
    case "logChunk":
      return {
        kind: "logChunk",
        requestId: toNumber(body.value.requestId, "log_chunk.request_id"),
        frame: toLogFrame(body.value.frame),
        done: body.value.done,
        next: toNumber(body.value.next, "log_chunk.next"),
      };
    default:
      throw new Failure("unexpected_message", `A home does not send ${body.case}.`);
  }
};
