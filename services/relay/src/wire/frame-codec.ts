import { Failure } from "@cmdop/base";
import {
  decodeFrame,
  encodeAck,
  encodeFrame,
  type FrameBody,
  fromFramed,
  sliceOutput,
  stampInput,
} from "@cmdop/protocol";
import type { CoreFrame, GapReason, InputRefusal } from "../core/frames.ts";
import type { FrameCodec } from "../ports.ts";
import { actors, gapReasons, inputRefusals, roles, routeStates } from "./enums.ts";
import { toAttachment, toExit, toLease, toSessionInfo } from "./parties.ts";
import { fromStreamKey } from "./values.ts";

const toBody = (frame: CoreFrame): FrameBody => {
  switch (frame.kind) {
    case "attached":
      return {
        case: "attached",
        value: {
          attachmentId: frame.attachmentId,
          operator: frame.operator,
          role: roles.toWire(frame.role),
          actor: actors.toWire(frame.actor),
          session: toSessionInfo(frame.session),
          lease: toLease(frame.lease),
          creditBytes: frame.creditBytes,
          endsAtMs: BigInt(Math.round(frame.endsAtMs)),
          relayId: frame.relayId,
        },
      };
    case "lease":
      return { case: "lease", value: toLease(frame.lease) };
    case "presence":
      return {
        case: "presence",
        value: { attachments: frame.attachments.map(toAttachment), truncated: frame.truncated },
      };
    case "status":
      return {
        case: "status",
        value: { state: routeStates.toWire(frame.state), atMs: BigInt(Math.round(frame.atMs)) },
      };
    case "gap":
      return {
        case: "gap",
        value: { from: BigInt(frame.from), to: BigInt(frame.to), reason: gapReasons.toWire(frame.reason) },
      };
    case "resize":
      return {
        case: "resize",
        value: { offset: BigInt(frame.offset), cols: frame.cols, rows: frame.rows, operator: frame.operator },
      };
    case "exit":
      return { case: "exit", value: toExit(frame.exit) };
    case "inputAck":
      return {
        case: "inputAck",
        value: {
          operator: frame.operator,
          stream: fromStreamKey(frame.stream),
          number: BigInt(frame.number),
          refusal: inputRefusals.toWire(frame.refusal),
          refused: BigInt(frame.refused),
          epoch: BigInt(frame.epoch),
        },
      };
    case "fault":
      return {
        case: "fault",
        value: { code: frame.code, text: frame.text, retryAfterMs: Math.round(frame.retryAfterMs) },
      };
    case "move":
      return { case: "move", value: { relays: [...frame.relays], withinMs: frame.withinMs } };
    case "ack":
      return { case: "ack", value: { offset: BigInt(frame.offset) } };
    case "snapshotRequest":
      return { case: "snapshotRequest", value: { requestId: BigInt(frame.requestId) } };
    case "logRequest":
      return {
        case: "logRequest",
        value: { requestId: BigInt(frame.requestId), from: BigInt(frame.from), to: BigInt(frame.to) },
      };
  }
};

/** Told of what the core sends that is counted by its reason. */
export interface FrameCodecEvents {
  inputRefused(refusal: InputRefusal): void;
  gap(reason: GapReason): void;
}

/** The core's frames over @cmdop/protocol. */
export const createFrameCodec = (events: FrameCodecEvents): FrameCodec => ({
  encode: (frame) => {
    if (frame.kind === "ack") return encodeAck(frame.offset);
    if (frame.kind === "inputAck") events.inputRefused(frame.refusal);
    else if (frame.kind === "gap") events.gap(frame.reason);
    return encodeFrame(toBody(frame));
  },
  sliceOutput,
  stamp: (framed, operator, actor) => {
    const stamped = stampInput(framed, operator, actors.toWire(actor));
    if (stamped) return stamped;
    const { body } = decodeFrame(fromFramed(framed));
    switch (body.case) {
      case "input":
      case "leaseRequest":
        return encodeFrame({
          case: body.case,
          value: { ...body.value, operator, actor: actors.toWire(actor) },
        } as FrameBody);
      case "inputSync":
      case "signal":
      case "close":
        return encodeFrame({ case: body.case, value: { ...body.value, operator } } as FrameBody);
      default:
        throw new Failure("internal", undefined, { cause: `no sender in a frame of ${body.case}` });
    }
  },
});
