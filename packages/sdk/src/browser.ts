export { Failure, type FailureCode, isFailureCode, toFailure } from "@cmdop/base";
export type { Attachment, AttachOptions, Viewport, WriteOptions } from "./attachment.ts";
export type { AttachmentEvent, Lease, Participant } from "./attachment-events.ts";
export type {
  Ended,
  GapReason,
  OutputChannel,
  OutputChunk,
  OutputGap,
  OutputItem,
  Resized,
  Snapshot,
} from "./attachment-items.ts";
export { attachFromBrowser, type BrowserAttachOptions } from "./browser-client.ts";
export type { Actor, Exit, ExitReason, Role, RouteState, SessionInfo, Ticket } from "./session.ts";
export {
  createSequenceStripper,
  createTextStream,
  type SequenceStripper,
  stripTerminalSequences,
  type TextStream,
} from "./terminal-text.ts";
export { type WaitOptions, type WaitResult, waitFor } from "./wait-for.ts";
export type { WebSocketLike } from "./websocket.ts";
