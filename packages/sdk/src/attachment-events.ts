import type { Failure } from "@cmdop/base";
import type { Actor, Exit, Role, RouteState } from "./session.ts";

/** Who is attached to the session. */
export interface Participant {
  readonly attachmentId: string;
  readonly operator: string;
  readonly role: Role;
  readonly actor: Actor;
  readonly attachedAtMs: number;
  /** 0 when it has declared no size. */
  readonly cols: number;
  readonly rows: number;
  /** This attachment itself. */
  readonly isSelf: boolean;
  /** It holds the write lease: names are not unique. */
  readonly hasLease: boolean;
}

/** The right to write. With an empty `holder` every operator may. */
export interface Lease {
  readonly holder: string;
  readonly actor: Actor;
  /** Grows by one with every change. */
  readonly epoch: number;
  /** Held by this attachment. */
  readonly isMine: boolean;
}

/** What happens beside the output. Times are milliseconds. */
export type AttachmentEvent =
  /** Attached for the first time, or to another relay or again; the getters hold the new facts. */
  | {
      readonly type: "attached";
      readonly attachmentId: string;
      readonly relay: string;
      readonly relayId: string;
    }
  | {
      readonly type: "presence";
      readonly participants: readonly Participant[];
      readonly isTruncated: boolean;
    }
  | { readonly type: "lease"; readonly lease: Lease }
  /** The route from the relay to the machine changed. */
  | { readonly type: "route"; readonly state: RouteState }
  /** The connection to the relay is gone; it is dialed again in `nextTryMs`. Said for each attempt. */
  | {
      readonly type: "reconnecting";
      readonly attempt: number;
      readonly waitedMs: number;
      readonly nextTryMs: number;
      readonly cause: Failure;
    }
  /** Attached again; output goes on where it stopped. */
  | { readonly type: "reconnected"; readonly waitedMs: number; readonly relay: string }
  /** The relay drained and this attachment went on elsewhere without an interruption. */
  | { readonly type: "moved"; readonly relay: string }
  /** Input typed before or during an outage was too old when it was over. It was not and will not be applied. */
  | { readonly type: "inputDropped"; readonly inputs: number; readonly bytes: number }
  /** The machine or the relay refused input: `lease_held`, `permission_denied`, `input_closed`, …. */
  | {
      readonly type: "inputRefused";
      readonly inputs: number;
      readonly bytes: number;
      readonly failure: Failure;
    }
  /** The relay said that something went wrong. */
  | { readonly type: "fault"; readonly failure: Failure }
  /** The execution has ended; output may still be on its way. */
  | { readonly type: "exit"; readonly exit: Exit }
  /** The last event. `failure` says why when it was not detached and did not end. */
  | { readonly type: "closed"; readonly failure: Failure | undefined };
