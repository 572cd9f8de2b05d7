// What an attachment may do: roles are enforced and frames attributed here, then forwarded to the host. It does not
// know what is in an input.
//
// I1 Who sent a frame is stamped from the token; what the client wrote there never reaches the host.
// I2 Observers change nothing: their input, signals, leases and closes are refused, their viewport does not count.
// I3 Input goes to a live home or nowhere: it is never buffered here. The client sends it again after Status(LIVE).
import { Failure } from "@cmdop/base";
import type { FrameCodec } from "../ports.ts";
import type { Attachment } from "./attachment.ts";
import type { AttachmentEvent, InputRefusal } from "./frames.ts";
import type { Limits } from "./limits.ts";
import type { Session } from "./session.ts";
import { isViewport } from "./size-policy.ts";

export interface CommandContext {
  readonly codec: FrameCodec;
  readonly limits: Limits;
  readonly wall: () => number;
}

const fault = (context: CommandContext, attachment: Attachment, failure: Failure): void => {
  const { code, message: text, retryAfterMs = 0 } = failure;
  attachment.sink.send(context.codec.encode({ kind: "fault", code, text, retryAfterMs }));
};

const refuse = (
  context: CommandContext,
  to: { readonly session: Session; readonly attachment: Attachment; readonly refused: number },
  refusal: InputRefusal,
): void => {
  const { operator, stream } = to.attachment;
  const { epoch } = to.session.lease;
  const { refused } = to;
  to.attachment.sink.send(
    context.codec.encode({ kind: "inputAck", operator, stream, number: 0, refusal, refused, epoch }),
  );
};

const forward = (
  context: CommandContext,
  session: Session,
  attachment: Attachment,
  framed: Uint8Array,
): void => {
  session.home?.sink.send(context.codec.stamp(framed, attachment.operator, attachment.actor));
};

const receiveInput = (
  context: CommandContext,
  session: Session,
  attachment: Attachment,
  event: Extract<AttachmentEvent, { kind: "input" | "inputSync" }>,
): void => {
  const refused = event.kind === "input" ? event.number : 0;
  const to = { session, attachment, refused };
  const home = session.home;
  if (attachment.role === "observer") refuse(context, to, "observer");
  else if (event.stream === "" || event.stream !== attachment.stream)
    fault(
      context,
      attachment,
      new Failure("invalid_argument", "stream: not the one this attachment declared."),
    );
  // Ended, the host still knows what was applied; nothing more will be.
  else if (session.state.kind === "ended" && !(home && event.kind === "inputSync"))
    refuse(context, to, "closed");
  else if (!home) return;
  else if (home.sink.bufferedBytes > context.limits.homeUnsentBytesMax) refuse(context, to, "busy");
  else {
    if (event.kind === "input") {
      session.used(attachment);
      session.activeAtMs = context.wall();
      session.inputBytes += event.framed.byteLength;
      // The size of whoever types comes before the byte.
      session.resize(true);
    }
    forward(context, session, attachment, event.framed);
  }
};

export const receiveFromAttachment = (
  context: CommandContext,
  session: Session,
  attachment: Attachment,
  event: AttachmentEvent,
): void => {
  switch (event.kind) {
    case "ack":
      attachment.credit.ack(event.offset, attachment.cursor);
      session.output.ladder.resume(attachment);
      session.output.route.acknowledge();
      return;
    case "input":
    case "inputSync":
      receiveInput(context, session, attachment, event);
      return;
    case "leaseRequest":
    case "signal":
    case "close":
      if (attachment.role === "observer") fault(context, attachment, new Failure("permission_denied"));
      else if (session.state.kind === "ended") fault(context, attachment, new Failure("session_ended"));
      else if (!session.home) fault(context, attachment, new Failure("session_unreachable"));
      else if (session.home.sink.bufferedBytes > context.limits.homeUnsentBytesMax)
        fault(context, attachment, new Failure("rate_limited", "The machine does not take what was sent."));
      else forward(context, session, attachment, event.framed);
      return;
    case "viewport": {
      const { viewport } = event;
      if (!isViewport(viewport, context.limits.viewportCellsMax)) {
        fault(
          context,
          attachment,
          new Failure("invalid_argument", "viewport: cols and rows from 1 to 2000."),
        );
        return;
      }
      const { viewport: last } = attachment;
      const isSame =
        last?.cols === viewport.cols && last.rows === viewport.rows && last.hidden === viewport.hidden;
      if (isSame) return;
      attachment.viewport = viewport;
      if (!viewport.hidden) session.used(attachment);
      session.viewportChanged();
    }
  }
};
