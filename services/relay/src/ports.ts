// What the relay's core needs from outside, in its words. Nothing here knows a transport.
import type { Failure } from "@cmdop/base";
import type { AttachmentEvent, CoreFrame, HomeEvent, LinkOrder } from "./core/frames.ts";
import type {
  Actor,
  Credential,
  Heartbeat,
  HostedSession,
  MachineFacts,
  Role,
  SessionInfo,
} from "./core/parties.ts";

/** The bytes of frames. Implemented over @cmdop/protocol. */
export interface FrameCodec {
  encode(frame: CoreFrame): Uint8Array;
  /** The part of a framed Output from `offset` on; `offset` lies inside it. */
  sliceOutput(framed: Uint8Array, offset: number): Uint8Array;
  /** The same frame (input, inputSync, leaseRequest, signal, close) with who sent it overwritten. */
  stamp(framed: Uint8Array, operator: string, actor: Actor): Uint8Array;
}

/**
 * Where the frames of one stream go. `send` takes one whole framed message, never waits and never throws; what a
 * slow peer does not take is held by the sink and counted in `bufferedBytes`. `end` closes the stream after what was
 * sent before it, and is called at most once; nothing is sent after it. A sink may call its handle back
 * synchronously.
 */
export interface FrameSink {
  readonly bufferedBytes: number;
  send(framed: Uint8Array): void;
  end(failure: Failure | undefined): void;
}

export type AttachmentSink = FrameSink;
export type HomeSink = FrameSink;

export interface LinkSink {
  readonly bufferedBytes: number;
  send(order: LinkOrder): void;
  end(failure: Failure | undefined): void;
}

/** Per-session tokens of homes: the core keeps digests alone. */
export interface HomeSecrets {
  mint(): { readonly secret: string; readonly digest: string };
  /** In constant time. */
  matches(secret: string, digest: string): boolean;
}

/** One call per state transition, for the log and the counters. Ids only: never bytes of a session. */
export interface Journal {
  record(event: JournalEvent): void;
}

export interface JournalEvent {
  /** Constant, such as "session.attached". */
  readonly name: string;
  readonly fleet?: string;
  readonly machineId?: string;
  readonly sessionId?: string;
  readonly attachmentId?: string;
  readonly operator?: string;
  /** A failure code, a phase, a reason: from a closed set. */
  readonly detail?: string;
  readonly from?: number;
  readonly to?: number;
}

/** Facts for the control plane. Called at state transitions, never for a byte; does not wait and does not throw. */
export interface Catalogue {
  session(event: CatalogueSession): void;
  machine(event: CatalogueMachine): void;
}

export interface CatalogueSession {
  readonly change: "opened" | "attached" | "detached" | "ended" | "updated";
  readonly fleet: string;
  readonly info: SessionInfo;
  /** Its machine holds nothing of it any more. */
  readonly isGone: boolean;
  readonly outputBytes: number;
  /** Frames of input that were forwarded. */
  readonly inputBytes: number;
  /** With `opened`. */
  readonly by?: CatalogueParty;
  readonly attachment?: CatalogueAttachment;
}

export interface CatalogueParty {
  readonly operator: string;
  readonly actor: Actor;
  readonly credential: Credential;
}

export interface CatalogueAttachment extends CatalogueParty {
  readonly id: string;
  readonly role: Role;
  readonly attachedAtMs: number;
  readonly outputBytes: number;
  /** Undefined while attached; else a failure's code or "closed". */
  readonly reason: string | undefined;
}

export interface CatalogueMachine {
  readonly change: "online" | "offline";
  readonly fleet: string;
  readonly machineId: string;
  readonly name: string;
  readonly reason: string;
  readonly facts: MachineFacts;
  /** All that its host holds, when it has just said so. */
  readonly sessionIds: readonly string[] | undefined;
}

/** What the core hands out for each stream. Calls after `closed` (or after the core ended it) do nothing. */
export interface AttachmentHandle {
  readonly attachmentId: string;
  receive(event: AttachmentEvent): void;
  /** The stream is over, for whatever reason. */
  closed(): void;
}

export interface HomeHandle {
  /** The hot path: one framed Output with the bytes [from, to). */
  output(from: number, to: number, framed: Uint8Array): void;
  receive(event: HomeEvent): void;
  closed(): void;
}

export interface LinkHandle {
  heartbeat(heartbeat: Heartbeat): void;
  report(sessions: readonly HostedSession[], forgotten: readonly string[]): void;
  /** `failure` undefined: done. */
  orderResult(orderId: number, failure: Failure | undefined): void;
  /** The agent stops on purpose: offline at once. */
  goodbye(): void;
  closed(): void;
}
