// Who is attached, as everybody is told: bounded, the lease's holder first. Pure.
import type { Attachment } from "./attachment.ts";
import type { AttachmentInfo, Lease } from "./parties.ts";

const toInfo = (attachment: Attachment): AttachmentInfo => ({
  attachmentId: attachment.id,
  operator: attachment.operator,
  role: attachment.role,
  actor: attachment.actor,
  attachedAtMs: attachment.attachedAtMs,
  cols: attachment.viewport?.cols ?? 0,
  rows: attachment.viewport?.rows ?? 0,
  stream: attachment.stream,
});

/** Those that may write before those that watch, the holder before all: a cut list never hides the holder. */
const rank = (attachment: Attachment, lease: Lease): number => {
  if (lease.holder !== "" && attachment.operator === lease.holder)
    return attachment.stream === lease.stream ? 0 : 1;
  return attachment.role === "operator" ? 2 : 3;
};

export const listPresence = (
  attachments: Iterable<Attachment>,
  lease: Lease,
  listedMax: number,
): { readonly attachments: readonly AttachmentInfo[]; readonly truncated: boolean } => {
  const all = Array.from(attachments);
  if (all.length > listedMax) all.sort((a, b) => rank(a, lease) - rank(b, lease));
  return { attachments: all.slice(0, listedMax).map(toInfo), truncated: all.length > listedMax };
};
