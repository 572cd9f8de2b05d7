/** How an execution ended. */
export interface Exit {
  /** Exit code; null when it did not exit by itself. */
  readonly code: number | null;
  /** Signal name ("SIGKILL") when a signal ended it, else null. */
  readonly signal: string | null;
  readonly reason: ExitReason;
  /** The output's length in bytes: no output follows this offset. */
  readonly finalOffset: number;
  /** Wall clock of the machine, milliseconds since 1970; 0 when not known. */
  readonly atMs: number;
}

/**
 * - `exited`: by itself. `signaled`: by a signal. `timeout`: its `timeoutMs` was over. `closed`: somebody closed it.
 * - `idle`: nobody was attached for too long. `lost`: the session host went away with it, how is not known.
 * - `failed`: it could not be started.
 */
export type ExitReason =
  | "unknown"
  | "exited"
  | "signaled"
  | "timeout"
  | "closed"
  | "idle"
  | "lost"
  | "failed";

export type SessionKind = "terminal" | "command";

/** Whose size a terminal takes: the attachment most recently in use, the smallest one, or none. */
export type ResizePolicy = "latest" | "smallest" | "fixed";

/**
 * The route to a session: `live`; `waiting` while its machine is away (the execution lives on there); `lost`
 * when it is away for longer than the grace window; `ended`.
 */
export type RouteState = "live" | "waiting" | "lost" | "ended";

/** May write, or may only watch. */
export type Role = "operator" | "observer";

/** Who is behind a token, as its issuer said. */
export type Actor = "human" | "ai" | "program" | "unknown";

/** A session as the relay listed it. Times are milliseconds since 1970, offsets are bytes. */
export interface SessionInfo {
  readonly id: string;
  readonly machineId: string;
  readonly machineName: string;
  readonly kind: SessionKind;
  readonly name: string;
  /** What the program set as its title. Text from the machine: make it safe before printing it. */
  readonly title: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly cols: number;
  readonly rows: number;
  readonly resizePolicy: ResizePolicy;
  readonly state: RouteState;
  readonly createdAtMs: number;
  readonly openedBy: string;
  /** The first byte that the machine's log still holds. */
  readonly logStart: number;
  /** The output's length so far. */
  readonly offset: number;
  /** How many are attached now. */
  readonly attachments: number;
  /** Set when it has ended. */
  readonly exit: Exit | undefined;
  /** The last output or input. */
  readonly activeAtMs: number;
}

/** The right to attach to one session, to hand to a browser or to another program. A secret. */
export interface Ticket {
  readonly token: string;
  readonly sessionId: string;
  readonly role: Role;
  /** Until when it may be presented; a live attachment is not ended by it. */
  readonly expiresAtMs: number;
}
