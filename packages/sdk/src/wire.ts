import { Failure, isFailureCode, toDisplayText } from "@cmdop/base";
import {
  Actor,
  Channel,
  DeliveryMode,
  decodeFrame,
  encodeAck,
  encodeFrame,
  encodeInput,
  type Frame,
  fromFramed,
  GapReason,
  type InputAck,
  type InputAckFields,
  InputRefusal,
  LeaseAction,
  outputData,
  peekFrame,
  readInputAck,
  type Lease as WireLease,
} from "@cmdop/protocol";
import type { GapReason as Reason } from "./attachment-items.ts";
import type {
  AttachFrame,
  ClientFrame,
  InputAckFrame,
  LeaseFacts,
  InputRefusal as Refusal,
  ServerFrame,
  ViewportFrame,
} from "./stream-frames.ts";
import {
  fromActor,
  fromExit,
  fromRole,
  fromRouteState,
  fromSessionInfo,
  toNumber,
  toRole,
} from "./wire-facts.ts";

// The contract's frames to the core's plain values and back. Output, inputs and their acknowledgements go by the
// hand-written codec.

const gapReasons: Readonly<Record<GapReason, Reason>> = {
  [GapReason.UNSPECIFIED]: "unknown",
  [GapReason.SLOW]: "slow",
  [GapReason.EXPIRED]: "expired",
  [GapReason.LOST]: "lost",
  [GapReason.SKIPPED]: "skipped",
};

const refusals: Readonly<Record<InputRefusal, Refusal | undefined>> = {
  [InputRefusal.UNSPECIFIED]: undefined,
  [InputRefusal.LEASE_HELD]: "leaseHeld",
  [InputRefusal.STALE_EPOCH]: "staleEpoch",
  [InputRefusal.OUT_OF_ORDER]: "outOfOrder",
  [InputRefusal.CLOSED]: "closed",
  [InputRefusal.BUSY]: "busy",
  [InputRefusal.OBSERVER]: "observer",
};

const fromChannel = (channel: Channel): "pty" | "stdout" | "stderr" =>
  channel === Channel.STDOUT ? "stdout" : channel === Channel.STDERR ? "stderr" : "pty";

const fromLease = (lease: WireLease | undefined): LeaseFacts => ({
  holder: lease?.holder ?? "",
  stream: lease?.stream ?? new Uint8Array(0),
  actor: fromActor(lease?.actor ?? 0),
  epoch: toNumber(lease?.epoch ?? 0n),
});

/** Text from a relay, made safe to show. A code that this version does not know becomes `internal`. */
const fromFault = (fault: { code: string; text: string; retryAfterMs: number }): Failure =>
  new Failure(isFailureCode(fault.code) ? fault.code : "internal", toDisplayText(fault.text) || undefined, {
    ...(fault.retryAfterMs > 0 ? { retryAfterMs: fault.retryAfterMs } : {}),
  });

const fromInputAck = (ack: InputAck | InputAckFields): InputAckFrame => ({
  kind: "inputAck",
  number: toNumber(ack.number),
  refusal: refusals[ack.refusal],
  refused: toNumber(ack.refused),
  epoch: toNumber(ack.epoch),
  abandoned: toNumber(ack.abandoned),
});

const fromBody = (body: Frame["body"], session: string): ServerFrame => {
  switch (body.case) {
    case "snapshot": {
      const { offset, cols, rows, data, title, unicodeVersion } = body.value;
      return { kind: "snapshot", offset: toNumber(offset), cols, rows, data, title, unicodeVersion };
    }
    case "gap": {
      const { from, to, reason } = body.value;
      return { kind: "gap", from: toNumber(from), to: toNumber(to), reason: gapReasons[reason] ?? "unknown" };
    }
    case "resize": {
      const { offset, cols, rows, operator } = body.value;
      return { kind: "resize", offset: toNumber(offset), cols, rows, operator };
    }
    case "exit":
      return { kind: "exit", exit: fromExit(body.value) };
    case "attached": {
      const { attachmentId, operator, role, actor, lease, creditBytes, relayId } = body.value;
      if (!body.value.session) throw new Failure("malformed_message", "The relay's answer names no session.");
      const info = fromSessionInfo(body.value.session);
      return {
        kind: "attached",
        attachmentId,
        operator,
        role: fromRole(role),
        actor: fromActor(actor),
        session: info.id === "" ? { ...info, id: session } : info,
        lease: fromLease(lease),
        creditBytes,
        relayId,
      };
    }
    case "inputAck":
      return fromInputAck(body.value);
    case "lease":
      return { kind: "lease", lease: fromLease(body.value) };
    case "presence":
      return {
        kind: "presence",
        participants: body.value.attachments.map((one) => ({
          attachmentId: one.attachmentId,
          operator: one.operator,
          role: fromRole(one.role),
          actor: fromActor(one.actor),
          attachedAtMs: toNumber(one.attachedAtMs),
          cols: one.cols,
          rows: one.rows,
          stream: one.stream,
        })),
        isTruncated: body.value.truncated,
      };
    case "status":
      return { kind: "status", state: fromRouteState(body.value.state) };
    case "fault":
      return { kind: "fault", failure: fromFault(body.value) };
    case "move":
      return { kind: "move", relays: body.value.relays, withinMs: body.value.withinMs };
    default:
      return { kind: "unknown" };
  }
};

/** Throws `malformed_message`. Byte fields are views of `message`. */
export const decodeServerFrame = (message: Uint8Array, session: string): ServerFrame => {
  const peeked = peekFrame(message);
  if (peeked.body === "output") {
    return {
      kind: "output",
      offset: peeked.offset,
      bytes: outputData(message, peeked),
      channel: fromChannel(peeked.channel),
    };
  }
  const ack = readInputAck(message);
  return ack ? fromInputAck(ack) : fromBody(decodeFrame(message).body, session);
};

const toViewport = (viewport: ViewportFrame): { cols: number; rows: number; hidden: boolean } => ({
  cols: viewport.cols,
  rows: viewport.rows,
  hidden: viewport.isHidden,
});

const encodeAttach = (frame: AttachFrame, token: string): Uint8Array<ArrayBuffer> =>
  encodeFrame({
    case: "attach",
    value: {
      sessionId: frame.sessionId,
      mode: frame.mode === "lossless" ? DeliveryMode.LOSSLESS : DeliveryMode.TERMINAL,
      stream: frame.stream,
      creditBytes: frame.creditBytes,
      role: toRole(frame.role),
      token,
      ...(frame.from === undefined ? {} : { fromOffset: BigInt(frame.from) }),
      ...(frame.viewport ? { viewport: toViewport(frame.viewport) } : {}),
    },
  });

/** Framed bytes. `token` goes into Attach where the transport has no headers. */
export const encodeClientFrame = (frame: ClientFrame, token = ""): Uint8Array<ArrayBuffer> => {
  switch (frame.kind) {
    case "attach":
      return encodeAttach(frame, token);
    case "input":
      return encodeInput({ ...frame, operator: "", actor: Actor.UNSPECIFIED });
    case "inputSync":
      return encodeFrame({
        case: "inputSync",
        value: { stream: frame.stream, abandoned: BigInt(frame.abandoned) },
      });
    case "ack":
      return encodeAck(frame.offset);
    case "viewport":
      return encodeFrame({ case: "viewport", value: toViewport(frame) });
    case "signal":
      return encodeFrame({ case: "signal", value: { name: frame.name } });
    case "leaseRequest":
      return encodeFrame({
        case: "leaseRequest",
        value: {
          action: frame.action === "take" ? LeaseAction.TAKE : LeaseAction.HAND_BACK,
          stream: frame.stream,
        },
      });
  }
};

/** The same without the prefix, for transports that keep messages apart themselves. */
export const encodeClientMessage = (frame: ClientFrame, token = ""): Uint8Array =>
  fromFramed(encodeClientFrame(frame, token));
