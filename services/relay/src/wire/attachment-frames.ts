// What an attachment sends, to the core's events. Everything is checked here, since it comes from outside.
import { Failure, isSessionId } from "@cmdop/base";
import { decodeFrame, type Frame, type InputFields, limits, peekFrame, readInput } from "@cmdop/protocol";
import type { AttachmentEvent } from "../core/frames.ts";
import type { Principal, Viewport } from "../core/parties.ts";
import type { AttachRequest } from "../core/requests.ts";
import { deliveryModes, roles } from "./enums.ts";
import { checkCells } from "./parties.ts";
import { toNumber, toStreamKey } from "./values.ts";

type BodyOf<Case extends Frame["body"]["case"]> = Extract<Frame["body"], { case: Case }>["value"];

const signalName = /^SIG[A-Z][A-Z0-9+-]{1,11}$/;
const graceMsMax = 600_000;

const toViewport = ({ cols, rows, hidden }: BodyOf<"viewport">): Viewport => {
  checkCells({ cols, rows }, "viewport");
  return { cols, rows, hidden };
};

const requireStream = (stream: Uint8Array): string => {
  const key = toStreamKey(stream);
  if (key === "") throw new Failure("invalid_argument", "stream is missing.");
  return key;
};

const toInput = (input: BodyOf<"input"> | InputFields, framed: Uint8Array): AttachmentEvent => {
  const bytesMax = input.paste ? limits.pasteBytesMax : limits.frameDataBytesMax;
  if (input.data.length > bytesMax) {
    throw new Failure("message_too_large", `One input carries at most ${bytesMax} bytes.`);
  }
  const number = toNumber(input.number, "input.number");
  if (number === 0 || toNumber(input.previous, "input.previous") >= number) {
    throw new Failure("invalid_argument", "input.number counts up from 1, after input.previous.");
  }
  toNumber(input.epoch, "input.epoch");
  return { kind: "input", stream: requireStream(input.stream), number, framed };
};

/** The first frame of an attachment and what it is asked with. */
export const parseAttach = (message: Uint8Array): BodyOf<"attach"> => {
  if (peekFrame(message).body !== "attach") {
    throw new Failure("unexpected_message", "The first frame of an attachment is attach.");
  }
  const { body } = decodeFrame(message);
  if (body.case !== "attach") throw new Failure("malformed_message");
  return body.value;
};

export const toAttachRequest = (attach: BodyOf<"attach">, principal: Principal): AttachRequest => {
  if (!isSessionId(attach.sessionId)) {
    throw new Failure("invalid_argument", "session_id is not the id of a session.");
  }
  const mode = deliveryModes.fromWire(attach.mode);
  if (mode === undefined && attach.mode !== 0) deliveryModes.require(attach.mode, "mode");
  return {
    principal,
    sessionId: attach.sessionId,
    mode: mode ?? "terminal",
    fromOffset: attach.fromOffset === undefined ? undefined : toNumber(attach.fromOffset, "from_offset"),
    viewport: attach.viewport === undefined ? undefined : toViewport(attach.viewport),
    stream: toStreamKey(attach.stream),
    creditBytes: attach.creditBytes,
    role: attach.role === 0 ? undefined : roles.require(attach.role, "role"),
  };
};

/** Undefined: a frame that this version does not know, to be left out. Throws a Failure. */
export const parseAttachmentFrame = (
  message: Uint8Array,
  framed: () => Uint8Array,
): AttachmentEvent | undefined => {
  const input = readInput(message);
  if (input) return toInput(input, framed());
  const { body } = decodeFrame(message);
  switch (body.case) {
    case undefined:
      return undefined;
    case "ack":
      return { kind: "ack", offset: toNumber(body.value.offset, "ack.offset") };
    case "input":
      return toInput(body.value, framed());
    case "inputSync":
      return { kind: "inputSync", stream: requireStream(body.value.stream), framed: framed() };
    case "leaseRequest":
      requireStream(body.value.stream);
      if (body.value.action !== 1 && body.value.action !== 2) {
        throw new Failure("invalid_argument", "action takes take or hand back.");
      }
      return { kind: "leaseRequest", framed: framed() };
    case "signal":
      if (!signalName.test(body.value.name)) {
        throw new Failure("invalid_argument", "name is no signal's, such as SIGINT.");
      }
      return { kind: "signal", framed: framed() };
    case "close":
      if (body.value.graceMs > graceMsMax) {
        throw new Failure("invalid_argument", `grace_ms takes at most ${graceMsMax}.`);
      }
      return { kind: "close", framed: framed() };
    case "viewport":
      return { kind: "viewport", viewport: toViewport(body.value) };
    default:
      throw new Failure("unexpected_message", `An attachment does not send ${body.case}.`);
  }
};
