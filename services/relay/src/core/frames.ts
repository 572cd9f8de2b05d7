// The frames of the live path as the core sees them. `framed` is always one whole message with its transport prefix,
// opaque here; what the core needs stands beside it. Offsets are bytes of output from 0.
import type {
  Actor,
  AttachmentInfo,
  Exit,
  Geometry,
  Lease,
  ResizePolicy,
  Role,
  RouteState,
  SessionInfo,
  SessionKind,
  SessionSpec,
  Viewport,
} from "./parties.ts";

export type GapReason = "slow" | "expired" | "lost" | "skipped";
export type InputRefusal = "observer" | "closed" | "busy";

/** What a home sends beside Output, which has its own method (see HomeHandle). */
export type HomeEvent =
  | {
      readonly kind: "hello";
      readonly sessionId: string;
      readonly sessionKind: SessionKind;
      readonly cols: number;
      readonly rows: number;
      readonly resizePolicy: ResizePolicy;
      readonly logStart: number;
      readonly offset: number;
      readonly lease: Lease;
      readonly exit: Exit | undefined;
      readonly title: string;
    }
  | StreamResize
  | StreamGap
  | {
      readonly kind: "snapshot";
      readonly offset: number;
      readonly cols: number;
      readonly rows: number;
      readonly title: string;
      readonly requestId: number;
      readonly framed: Uint8Array;
    }
  | { readonly kind: "exit"; readonly exit: Exit }
  | {
      readonly kind: "inputAck";
      readonly operator: string;
      readonly stream: string;
      readonly framed: Uint8Array;
    }
  | { readonly kind: "lease"; readonly lease: Lease; readonly framed: Uint8Array }
  | {
      readonly kind: "logChunk";
      readonly requestId: number;
      /** Undefined when the chunk only says done. */
      readonly frame: LogFrame | undefined;
      readonly done: boolean;
      readonly next: number;
    };

export interface StreamOutput {
  readonly kind: "output";
  readonly from: number;
  readonly to: number;
  readonly framed: Uint8Array;
}

export interface StreamResize {
  readonly kind: "resize";
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  readonly framed: Uint8Array;
}

export interface StreamGap {
  readonly kind: "gap";
  readonly from: number;
  readonly to: number;
  readonly reason: GapReason;
}

export type LogFrame = StreamOutput | StreamResize | StreamGap;

/** What an attachment sends after its first frame. `stream` is the hexadecimal form of the 16 bytes. */
export type AttachmentEvent =
  | { readonly kind: "ack"; readonly offset: number }
  | { readonly kind: "input"; readonly stream: string; readonly number: number; readonly framed: Uint8Array }
  | { readonly kind: "inputSync"; readonly stream: string; readonly framed: Uint8Array }
  | { readonly kind: "leaseRequest"; readonly framed: Uint8Array }
  | { readonly kind: "signal"; readonly framed: Uint8Array }
  | { readonly kind: "close"; readonly framed: Uint8Array }
  | { readonly kind: "viewport"; readonly viewport: Viewport };

/** Frames that the core makes itself; FrameCodec.encode gives their bytes. */
export type CoreFrame =
  | {
      readonly kind: "attached";
      readonly attachmentId: string;
      readonly operator: string;
      readonly role: Role;
      readonly actor: Actor;
      readonly session: SessionInfo;
      readonly lease: Lease;
      readonly creditBytes: number;
      /** Wall clock; 0: no limit. */
      readonly endsAtMs: number;
      readonly relayId: string;
    }
  | { readonly kind: "lease"; readonly lease: Lease }
  | {
      readonly kind: "presence";
      readonly attachments: readonly AttachmentInfo[];
      readonly truncated: boolean;
    }
  | { readonly kind: "status"; readonly state: RouteState; readonly atMs: number }
  | { readonly kind: "gap"; readonly from: number; readonly to: number; readonly reason: GapReason }
  | ({ readonly kind: "resize"; readonly offset: number; readonly operator: string } & Geometry)
  | { readonly kind: "exit"; readonly exit: Exit }
  | {
      readonly kind: "inputAck";
      readonly operator: string;
      readonly stream: string;
      readonly number: number;
      readonly refusal: InputRefusal;
      readonly refused: number;
      readonly epoch: number;
    }
  | { readonly kind: "fault"; readonly code: string; readonly text: string; readonly retryAfterMs: number }
  | { readonly kind: "move"; readonly relays: readonly string[]; readonly withinMs: number }
  // To a home
  | { readonly kind: "ack"; readonly offset: number }
  | { readonly kind: "snapshotRequest"; readonly requestId: number }
  | { readonly kind: "logRequest"; readonly requestId: number; readonly from: number; readonly to: number };

/** What the core orders of an agent on its link. */
export type LinkOrder =
  | {
      readonly kind: "open";
      readonly orderId: number;
      readonly sessionId: string;
      readonly spec: SessionSpec;
      readonly openedBy: string;
      readonly homeToken: string;
    }
  | {
      readonly kind: "home";
      readonly orderId: number;
      readonly sessionId: string;
      readonly homeToken: string;
    }
  | {
      readonly kind: "close";
      readonly orderId: number;
      readonly sessionId: string;
      readonly operator: string;
      readonly graceMs: number;
      readonly forget: boolean;
    }
  | { readonly kind: "move"; readonly relays: readonly string[]; readonly withinMs: number };
