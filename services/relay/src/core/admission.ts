// Makes an attachment of a request: the lower of two roles, a credit within bounds, a mode that the session has.
import type { AttachmentSink } from "../ports.ts";
import { Attachment } from "./attachment.ts";
import { Credit } from "./credit.ts";
import type { SessionKind } from "./parties.ts";
import type { AttachRequest } from "./requests.ts";
import type { SessionContext } from "./session-context.ts";

export interface Admission {
  readonly request: AttachRequest;
  readonly id: string;
  readonly sink: AttachmentSink;
  readonly kind: SessionKind;
  readonly context: SessionContext;
}

export const admit = ({ request, id, sink, kind, context }: Admission): Attachment => {
  const { limits, now, wall } = context;
  const { operator, role, actor, credential } = request.principal;
  const wanted = request.creditBytes > 0 ? request.creditBytes : limits.creditBytes;
  const creditBytes = Math.min(Math.max(wanted, limits.creditBytesMin), limits.creditBytesMax);
  return new Attachment({
    id,
    operator,
    role: request.role === "observer" ? "observer" : role,
    actor,
    credential,
    // A command has no screen to begin with.
    mode: kind === "command" ? "lossless" : request.mode,
    stream: request.stream,
    fromOffset: request.fromOffset,
    viewport: request.viewport,
    credit: new Credit(creditBytes),
    sink,
    attachedAtMs: wall(),
    endsAtMs: credential.limitMs === undefined ? Number.POSITIVE_INFINITY : now() + credential.limitMs,
  });
};
