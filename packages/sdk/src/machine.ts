/** `waiting`: its link is lost, within the grace window. */
export type MachinePresence = "online" | "waiting" | "offline";

/** A machine as the relay listed it. Times are milliseconds since 1970. */
export interface Machine {
  readonly id: string;
  readonly name: string;
  readonly presence: MachinePresence;
  /** What the machine said about itself; undefined when it has not registered since the relay started. */
  readonly facts: MachineFacts | undefined;
  /** The last heartbeat. */
  readonly heartbeat: MachineHeartbeat | undefined;
  readonly linkedAtMs: number;
  readonly seenAtMs: number;
  /** Live sessions. */
  readonly sessions: number;
}

/** Text from the machine: make it safe before printing it. */
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

export interface MachineHeartbeat {
  readonly atMs: number;
  readonly load1m: number;
  readonly memoryFreeBytes: number;
  readonly diskFreeBytes: number;
  readonly sessions: number;
  readonly uptimeS: number;
}
