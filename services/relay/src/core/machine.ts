// One machine in the registry: its link, what it said about itself, and its sessions.
import type { LinkSink } from "../ports.ts";
import type { Credential, Heartbeat, MachineFacts, MachineInfo, Principal, Role } from "./parties.ts";
import type { Session } from "./session.ts";

export interface Link {
  readonly sink: LinkSink;
  readonly credential: Credential;
  readonly endsAtMs: number;
}

export type MachineState =
  | { readonly kind: "online"; readonly link: Link; readonly beatAtMs: number }
  /** The link is lost; within the grace window. */
  | { readonly kind: "waiting"; readonly sinceMs: number }
  | { readonly kind: "offline"; readonly sinceMs: number };

export interface Machine {
  readonly fleet: string;
  readonly id: string;
  name: string;
  facts: MachineFacts;
  heartbeat: Heartbeat | undefined;
  /** Wall clock. */
  linkedAtMs: number;
  seenAtMs: number;
  state: MachineState;
  /** Of its last link. */
  leavingKey: string | undefined;
  /** Whether it is in its fleet is not known since its last link. */
  mayHaveLeft: boolean;
  readonly sessions: Map<string, Session>;
}

export const liveSessions = (machine: Machine): number => {
  let count = 0;
  for (const session of machine.sessions.values()) if (session.state.kind !== "ended") count += 1;
  return count;
};

export const linkOf = (machine: Machine): Link | undefined =>
  machine.state.kind === "online" ? machine.state.link : undefined;

export const toMachineInfo = (machine: Machine): MachineInfo => ({
  machineId: machine.id,
  name: machine.name,
  presence: machine.state.kind,
  facts: machine.facts,
  heartbeat: machine.heartbeat,
  linkedAtMs: machine.linkedAtMs,
  seenAtMs: machine.seenAtMs,
  sessions: liveSessions(machine),
});

/** Fleets never see each other; within one, a credential sees the machines that it names. */
export const maySee = (principal: Principal, machine: { fleet: string; id: string; name: string }): boolean =>
  machine.fleet === principal.fleet &&
  (principal.machines === "*" ||
    principal.machines.includes(machine.id) ||
    principal.machines.includes(machine.name) ||
    mayOnlyObserve(principal, machine.id));

const mayOnlyObserve = (principal: Principal, machineId: string): boolean =>
  principal.observedMachines?.includes(machineId) ?? false;

/** Its role at one machine that it may see. */
export const roleAt = (principal: Principal, machineId: string): Role =>
  mayOnlyObserve(principal, machineId) ? "observer" : principal.role;

export const maySeeSession = (principal: Principal, session: Session): boolean =>
  maySee(principal, { fleet: session.fleet, ...session.machine }) &&
  (principal.session === undefined || principal.session === session.id);
