// Who and what the core deals with, in its own words. Adapters convert from and to the wire.

export type Role = "operator" | "observer";
export type Actor = "human" | "ai" | "program";
export type SessionKind = "terminal" | "command";
export type ResizePolicy = "latest" | "smallest" | "fixed";
export type DeliveryMode = "terminal" | "lossless";
export type RouteState = "live" | "waiting" | "lost" | "ended";

/**
 * What a verified credential allows. `ids` are what a revocation may name: the token's id, its parent's, the key's,
 * `sub:NAME`, the machine's.
 */
export interface Credential {
  readonly ids: readonly string[];
  /** How long a live stream may last; undefined: no limit. */
  readonly limitMs: number | undefined;
  /** Who it is, by an id that no other has; see `subjectOf`. */
  readonly accountId?: string | undefined;
  /** For the catalogue; the core does not compare it. */
  readonly tokenId?: string | undefined;
}

export interface Principal {
  readonly fleet: string;
  readonly operator: string;
  readonly role: Role;
  readonly actor: Actor;
  /** Ids or names of machines, or all of the fleet's. */
  readonly machines: "*" | readonly string[];
  /** Machines that it may observe only, beside or among those. Unset: none. */
  readonly observedMachines?: readonly string[];
  /** A ticket's session: nothing else can be seen with it. */
  readonly session: string | undefined;
  readonly credential: Credential;
}

export interface Viewport {
  readonly cols: number;
  readonly rows: number;
  readonly hidden: boolean;
}

export interface Geometry {
  readonly cols: number;
  readonly rows: number;
}

export interface Lease {
  /** Empty: every operator may write. */
  readonly holder: string;
  /** Key of the input stream; see AttachRequest. */
  readonly stream: string;
  readonly actor: Actor | undefined;
  readonly epoch: number;
}

export type ExitReason = "exited" | "signaled" | "timeout" | "closed" | "idle" | "lost" | "failed";

export interface Exit {
  readonly code: number | undefined;
  readonly signal: string;
  readonly finalOffset: number;
  readonly reason: ExitReason;
  readonly atMs: number;
  /** When the machine lets the log go at the latest; an agent of before does not say it. */
  readonly logUntilMs?: number | undefined;
}

/** What an agent says about a session that its host holds. */
export interface HostedSession {
  readonly sessionId: string;
  readonly kind: SessionKind;
  readonly name: string;
  readonly title: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly cols: number;
  readonly rows: number;
  readonly resizePolicy: ResizePolicy;
  readonly createdAtMs: number;
  readonly openedBy: string;
  readonly logStart: number;
  readonly offset: number;
  readonly exit: Exit | undefined;
  /** The program stands still while its output is not read. */
  readonly waitForReader: boolean;
}

export interface SessionInfo extends HostedSession {
  readonly machineId: string;
  readonly machineName: string;
  readonly state: RouteState;
  readonly attachments: number;
  readonly activeAtMs: number;
}

export interface SessionSpec {
  readonly kind: SessionKind;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
  readonly name: string;
  readonly resizePolicy: ResizePolicy;
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly stdin: boolean;
  readonly waitForReader: boolean;
}

export interface MachineFacts {
  readonly hostname: string;
  readonly platform: string;
  readonly arch: string;
  readonly osVersion: string;
  readonly agentVersion: string;
  readonly username: string;
  readonly isRoot: boolean;
  readonly shell: string;
  readonly cpus: number;
  readonly cpuModel: string;
  readonly memoryBytes: number;
  readonly uptimeS: number;
  readonly homeDir: string;
}

export interface Heartbeat {
  readonly atMs: number;
  readonly load1m: number;
  readonly memoryFreeBytes: number;
  readonly diskFreeBytes: number;
  readonly sessions: number;
  readonly uptimeS: number;
}

export type MachinePresence = "online" | "waiting" | "offline";

export interface MachineInfo {
  readonly machineId: string;
  readonly name: string;
  readonly presence: MachinePresence;
  readonly facts: MachineFacts;
  readonly heartbeat: Heartbeat | undefined;
  readonly linkedAtMs: number;
  readonly seenAtMs: number;
  /** Live ones. */
  readonly sessions: number;
}

export interface AttachmentInfo {
  readonly attachmentId: string;
  readonly operator: string;
  readonly role: Role;
  readonly actor: Actor;
  readonly attachedAtMs: number;
  readonly cols: number;
  readonly rows: number;
  readonly stream: string;
}
