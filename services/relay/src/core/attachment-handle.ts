// What an adapter holds of one attachment, from the moment of its first frame: waiting for its session, attached, or
// over.
import { Failure } from "@cmdop/base";
import type { AttachmentHandle, AttachmentSink } from "../ports.ts";
import type { Arrival, Arrivals } from "./arrivals.ts";
import type { Attachment } from "./attachment.ts";
import type { AttachRequest } from "./requests.ts";
import type { Session } from "./session.ts";
import { receiveFromAttachment } from "./session-commands.ts";
import type { SessionContext } from "./session-context.ts";
import { isViewport } from "./size-policy.ts";

export interface AttachmentOpening {
  readonly context: SessionContext;
  readonly arrivals: Arrivals;
  readonly find: () => Session | undefined;
  readonly request: AttachRequest;
  readonly attachmentId: string;
  readonly sink: AttachmentSink;
}

type State =
  | { readonly kind: "arriving"; readonly arrival: Arrival }
  | { readonly kind: "attached"; readonly session: Session; readonly attachment: Attachment }
  | { readonly kind: "over" };

const invalidIn = (request: AttachRequest, cellsMax: number): Failure | undefined => {
  const { fromOffset, viewport } = request;
  if (fromOffset !== undefined && !(Number.isSafeInteger(fromOffset) && fromOffset >= 0))
    return new Failure("invalid_argument", "from_offset: a whole number of bytes.");
  if (viewport && !isViewport(viewport, cellsMax))
    return new Failure("invalid_argument", `viewport: cols and rows from 1 to ${cellsMax}.`);
  return undefined;
};

export const openAttachment = (opening: AttachmentOpening): AttachmentHandle | Failure => {
  const { context, arrivals, request, sink, attachmentId } = opening;
  const invalid = invalidIn(request, context.limits.viewportCellsMax);
  if (invalid) return invalid;
  let state: State = { kind: "over" };

  const attach = (session: Session): Failure | undefined => {
    const attachment = session.attach(request, attachmentId, sink);
    if (attachment instanceof Failure) {
      state = { kind: "over" };
      return attachment;
    }
    state = { kind: "attached", session, attachment };
    return undefined;
  };

  const session = opening.find();
  if (session) {
    const failure = attach(session);
    if (failure) return failure;
  } else {
    const arrival: Arrival = {
      request,
      sink,
      deadlineMs: context.now() + context.limits.arrivalMs,
      attach: () => {
        const found = opening.find();
        return found ? attach(found) : new Failure("session_not_found");
      },
    };
    const failure = arrivals.add(arrival);
    if (failure) return failure;
    state = { kind: "arriving", arrival };
  }

  return {
    attachmentId,
    receive: (event) => {
      if (state.kind === "attached" && !state.attachment.isEnded)
        receiveFromAttachment(context, state.session, state.attachment, event);
    },
    closed: () => {
      if (state.kind === "arriving") arrivals.remove(state.arrival);
      else if (state.kind === "attached") state.session.detach(state.attachment, undefined, true);
      state = { kind: "over" };
    },
  };
};
