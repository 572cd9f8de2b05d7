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
export type {
  CallOptions,
  Client,
  ClientOptions,
  OpenedSession,
  SessionReference,
} from "./client.ts";
export {
  type ControlClient,
  type ControlClientOptions,
  type ControlSchemas,
  createControlClient,
  readAll,
} from "./control/control-client.ts";
export { type FleetEvent, type FollowEventsOptions, followEvents } from "./control/fleet-events.ts";
export {
  type BrowserLogin,
  createTerminalLogins,
  type DeviceLogin,
  type TerminalClient,
  type TerminalLogin,
  type TerminalLogins,
} from "./control/terminal-login.ts";
export type { Machine, MachineFacts, MachineHeartbeat, MachinePresence } from "./machine.ts";
export { createClient } from "./node-client.ts";
export type { RunOptions, RunResult } from "./run.ts";
export type {
  Actor,
  Exit,
  ExitReason,
  ResizePolicy,
  Role,
  RouteState,
  SessionInfo,
  SessionKind,
  Ticket,
} from "./session.ts";
export type { StartOptions } from "./start-options.ts";
export {
  createSequenceStripper,
  createTextStream,
  type SequenceStripper,
  stripTerminalSequences,
  type TextStream,
} from "./terminal-text.ts";
export { type WaitOptions, type WaitResult, waitFor } from "./wait-for.ts";
