import type { Failure } from "@cmdop/base";
import type { OutputChunk, OutputGap, Resized, Snapshot } from "./attachment-items.ts";
import type { Actor, Exit, Role, RouteState, SessionInfo } from "./session.ts";

// What the reconnect core says and hears on one stream: the contract's frames as plain values, so that the core
// knows no generated code. wire.ts converts.

export interface ViewportFrame {
  readonly kind: "viewport";
  readonly cols: number;
  readonly rows: number;
  readonly isHidden: boolean;
}

export interface AttachFrame {
  readonly kind: "attach";
  readonly sessionId: string;
  readonly mode: "terminal" | "lossless";
  readonly from: number | undefined;
  readonly viewport: ViewportFrame | undefined;
  readonly stream: Uint8Array;
  readonly creditBytes: number;
  readonly role: Role | undefined;
}

export interface InputFrame {
  readonly kind: "input";
  readonly stream: Uint8Array;
  readonly number: number;
  readonly previous: number;
  readonly epoch: number;
  readonly data: Uint8Array;
  readonly paste: boolean;
  readonly eof: boolean;
}

export type ClientFrame =
  | AttachFrame
  | InputFrame
  | ViewportFrame
  | { readonly kind: "inputSync"; readonly stream: Uint8Array; readonly abandoned: number }
  | { readonly kind: "ack"; readonly offset: number }
  | { readonly kind: "signal"; readonly name: string }
  | { readonly kind: "leaseRequest"; readonly action: "take" | "handBack"; readonly stream: Uint8Array };

export interface LeaseFacts {
  readonly holder: string;
  readonly stream: Uint8Array;
  readonly actor: Actor;
  readonly epoch: number;
}

export interface AttachedFrame {
  readonly kind: "attached";
  readonly attachmentId: string;
  readonly operator: string;
  readonly role: Role;
  readonly actor: Actor;
  readonly session: SessionInfo;
  readonly lease: LeaseFacts;
  readonly creditBytes: number;
  readonly relayId: string;
}

export type InputRefusal = "leaseHeld" | "staleEpoch" | "outOfOrder" | "closed" | "busy" | "observer";

export interface InputAckFrame {
  readonly kind: "inputAck";
  /** The last applied number. */
  readonly number: number;
  readonly refusal: InputRefusal | undefined;
  readonly refused: number;
  readonly epoch: number;
  /** Inputs up to this number that were not applied never will be. */
  readonly abandoned: number;
}

export interface PresenceFrame {
  readonly kind: "presence";
  readonly participants: readonly {
    readonly attachmentId: string;
    readonly operator: string;
    readonly role: Role;
    readonly actor: Actor;
    readonly attachedAtMs: number;
    readonly cols: number;
    readonly rows: number;
    readonly stream: Uint8Array;
  }[];
  readonly isTruncated: boolean;
}

export type ServerFrame =
  | OutputChunk
  | OutputGap
  | Snapshot
  | Resized
  | AttachedFrame
  | InputAckFrame
  | PresenceFrame
  | { readonly kind: "lease"; readonly lease: LeaseFacts }
  | { readonly kind: "exit"; readonly exit: Exit }
  | { readonly kind: "status"; readonly state: RouteState }
  | { readonly kind: "fault"; readonly failure: Failure }
  | { readonly kind: "move"; readonly relays: readonly string[]; readonly withinMs: number }
  /** A newer relay's frame that this client does not know; passed over. */
  | { readonly kind: "unknown" };
