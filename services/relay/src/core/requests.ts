// What the edges ask of the core and what they get. Expected refusals are Failure values, never exceptions.
import type { Failure } from "@cmdop/base";
import type {
  Credential,
  DeliveryMode,
  HostedSession,
  MachineFacts,
  MachineInfo,
  Principal,
  Role,
  SessionInfo,
  SessionSpec,
  Viewport,
} from "./parties.ts";

/** A machine whose identity was proved. */
export interface Registration {
  readonly fleet: string;
  readonly machineId: string;
  readonly name: string;
  readonly facts: MachineFacts;
  readonly sessions: readonly HostedSession[];
  readonly credential: Credential;
  /** By which it is asked whether the machine has left its fleet; undefined: it does not. */
  readonly leavingKey?: string | undefined;
}

export interface AttachRequest {
  readonly principal: Principal;
  readonly sessionId: string;
  readonly mode: DeliveryMode;
  /** Undefined: a snapshot of now (terminal) or 0 (lossless). */
  readonly fromOffset: number | undefined;
  readonly viewport: Viewport | undefined;
  /** Hexadecimal form of the client's 16 bytes; empty when it never writes. */
  readonly stream: string;
  /** 0: the default. */
  readonly creditBytes: number;
  /** A lower role than the principal's may be asked for. */
  readonly role: Role | undefined;
}

export interface OpenRequest {
  /** Id, hostname, name or unique prefix; empty: the only machine in sight. */
  readonly machine: string;
  readonly spec: SessionSpec;
  readonly idempotencyKey: string;
  /** Whoever asked has left: what was not ordered yet is not ordered for nobody. */
  readonly isGone?: () => boolean;
}

export interface CloseRequest {
  readonly session: string;
  readonly graceMs: number;
  readonly forget: boolean;
}

export interface SessionQuery {
  readonly includeEnded: boolean;
  readonly machine: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface MachineQuery {
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Empty: the last page. */
  readonly nextPageToken: string;
}

export type SessionPage = Page<SessionInfo>;
export type MachinePage = Page<MachineInfo>;

/** Called exactly once, perhaps before the call that took it returns. */
export type SessionResult = (result: SessionInfo | Failure) => void;

export interface CoreStats {
  readonly links: number;
  readonly machines: number;
  readonly liveSessions: number;
  readonly sessions: number;
  readonly homes: number;
  readonly attachments: number;
  readonly windowBytes: number;
  /** Totals since the start. */
  readonly outputBytes: number;
  readonly deliveries: number;
  readonly gaps: number;
  readonly snapshots: number;
}
