// One party's presence on one session: who it is, where its output stands, and in which phase of delivery it is.
// It does not know sessions, homes or windows; Delivery and Ladder move it.
//
// I1 `cursor` is the offset up to which this attachment got every byte or a declared gap; it never goes back.
// I2 The phase changes only through `enter`, along the edges below.
import type { AttachmentSink } from "../ports.ts";
import type { Credit } from "./credit.ts";
import type { GapReason } from "./frames.ts";
import type { Actor, Credential, DeliveryMode, Geometry, Role, Viewport } from "./parties.ts";

export type Phase =
  /** No home has said yet where the output stands. */
  | { readonly kind: "arriving" }
  /** At the head: gets each chunk at once. */
  | { readonly kind: "live" }
  /** Its credit is used up. */
  | { readonly kind: "paused" }
  /** Its cursor is beyond what this relay has seen: after a snapshot, or after a change of relays. */
  | { readonly kind: "ahead"; readonly deadlineMs: number }
  /** The next snapshot at or beyond `atLeast` is for it. */
  | {
      readonly kind: "snapshot";
      readonly reason: GapReason;
      readonly atLeast: number;
      readonly deadlineMs: number;
    }
  /** Reads the host's log up to the window. */
  | { readonly kind: "log" }
  | { readonly kind: "ended" };

export type PhaseKind = Phase["kind"];

const edges: { readonly [From in PhaseKind]: readonly PhaseKind[] } = {
  arriving: ["live", "paused", "ahead", "snapshot", "log", "ended"],
  live: ["paused", "ahead", "snapshot", "log", "ended"],
  paused: ["live", "ahead", "snapshot", "log", "ended"],
  ahead: ["live", "paused", "snapshot", "log", "ended"],
  snapshot: ["live", "paused", "ahead", "log", "ended"],
  log: ["live", "paused", "ahead", "snapshot", "ended"],
  ended: [],
};

export interface AttachmentOptions {
  readonly id: string;
  readonly operator: string;
  readonly role: Role;
  readonly actor: Actor;
  readonly credential: Credential;
  readonly mode: DeliveryMode;
  readonly stream: string;
  readonly fromOffset: number | undefined;
  readonly viewport: Viewport | undefined;
  readonly credit: Credit;
  readonly sink: AttachmentSink;
  readonly attachedAtMs: number;
  /** Monotonic. */
  readonly endsAtMs: number;
}

/** `cursor` of an attachment that has nothing and begins with a snapshot. */
export const noCursor = -1;

export class Attachment {
  readonly id: string;
  readonly operator: string;
  readonly role: Role;
  readonly actor: Actor;
  readonly credential: Credential;
  readonly mode: DeliveryMode;
  readonly stream: string;
  readonly credit: Credit;
  readonly sink: AttachmentSink;
  /** Wall clock. */
  readonly attachedAtMs: number;
  readonly endsAtMs: number;
  cursor: number;
  viewport: Viewport | undefined;
  usedAt = 0;
  /** The size that it was told last. */
  geometry: Geometry | undefined;
  isExitSent = false;
  /** Where its output began, for the count of what it was sent. */
  beganAt: number | undefined;
  /** A replay is under way: a synchronous acknowledgement must not start another. */
  isReplaying = false;
  /** Place in the fan-out's list while live. */
  liveIndex = -1;
  /** The log request that it waits for. */
  logRequest: { readonly id: number; readonly from: number; readonly deadlineMs: number } | undefined;
  #phase: Phase = { kind: "arriving" };

  constructor(options: AttachmentOptions) {
    this.id = options.id;
    this.operator = options.operator;
    this.role = options.role;
    this.actor = options.actor;
    this.credential = options.credential;
    this.mode = options.mode;
    this.stream = options.stream;
    this.credit = options.credit;
    this.sink = options.sink;
    this.attachedAtMs = options.attachedAtMs;
    this.endsAtMs = options.endsAtMs;
    this.viewport = options.viewport;
    this.cursor = options.fromOffset ?? (options.mode === "lossless" ? 0 : noCursor);
    if (this.cursor !== noCursor) this.credit.begin(this.cursor);
  }

  get phase(): Phase {
    return this.#phase;
  }

  get isEnded(): boolean {
    return this.#phase.kind === "ended";
  }

  /** Staying in a phase with other values is allowed; leaving it needs an edge. */
  enter(phase: Phase): void {
    const from = this.#phase.kind;
    if (from !== phase.kind && !edges[from].includes(phase.kind))
      throw new Error(`attachment: no way from ${from} to ${phase.kind}`);
    this.#phase = phase;
  }
}
