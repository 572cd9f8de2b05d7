import { Failure } from "@cmdop/base";
import {
  Machine_Presence,
  Actor as WireActor,
  type Exit as WireExit,
  ExitReason as WireExitReason,
  type Machine as WireMachine,
  ResizePolicy as WireResizePolicy,
  Role as WireRole,
  RouteState as WireRouteState,
  type SessionInfo as WireSessionInfo,
  SessionKind as WireSessionKind,
  type Ticket as WireTicket,
} from "@cmdop/protocol";
import type { Machine, MachinePresence } from "./machine.ts";
import type {
  Actor,
  Exit,
  ExitReason,
  ResizePolicy,
  Role,
  RouteState,
  SessionInfo,
  SessionKind,
  Ticket,
} from "./session.ts";

// Facts of the contract to the public shapes. An enum value of a newer peer becomes the most careful one known.

/** Offsets and times; a value beyond 2^53 - 1 is no honest one. */
export const toNumber = (value: bigint | number): number => {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new Failure("malformed_message", "A number is out of range.");
  }
  return Number(value);
};

const actors: Readonly<Record<WireActor, Actor>> = {
  [WireActor.UNSPECIFIED]: "unknown",
  [WireActor.HUMAN]: "human",
  [WireActor.AI]: "ai",
  [WireActor.PROGRAM]: "program",
};

const exitReasons: Readonly<Record<WireExitReason, ExitReason>> = {
  [WireExitReason.UNSPECIFIED]: "unknown",
  [WireExitReason.EXITED]: "exited",
  [WireExitReason.SIGNALED]: "signaled",
  [WireExitReason.TIMEOUT]: "timeout",
  [WireExitReason.CLOSED]: "closed",
  [WireExitReason.IDLE]: "idle",
  [WireExitReason.LOST]: "lost",
  [WireExitReason.FAILED]: "failed",
};

const routeStates: Readonly<Record<WireRouteState, RouteState>> = {
  [WireRouteState.UNSPECIFIED]: "waiting",
  [WireRouteState.LIVE]: "live",
  [WireRouteState.WAITING]: "waiting",
  [WireRouteState.LOST]: "lost",
  [WireRouteState.ENDED]: "ended",
};

const presences: Readonly<Record<Machine_Presence, MachinePresence>> = {
  [Machine_Presence.UNSPECIFIED]: "offline",
  [Machine_Presence.ONLINE]: "online",
  [Machine_Presence.WAITING]: "waiting",
  [Machine_Presence.OFFLINE]: "offline",
};

const resizePolicies: Readonly<Record<WireResizePolicy, ResizePolicy>> = {
  [WireResizePolicy.UNSPECIFIED]: "latest",
  [WireResizePolicy.LATEST]: "latest",
  [WireResizePolicy.SMALLEST]: "smallest",
  [WireResizePolicy.FIXED]: "fixed",
};

export const fromActor = (actor: WireActor): Actor => actors[actor] ?? "unknown";

export const fromRole = (role: WireRole): Role => (role === WireRole.OPERATOR ? "operator" : "observer");

export const toRole = (role: Role | undefined): WireRole =>
  role === undefined ? WireRole.UNSPECIFIED : role === "operator" ? WireRole.OPERATOR : WireRole.OBSERVER;

export const fromRouteState = (state: WireRouteState): RouteState => routeStates[state] ?? "waiting";

export const toResizePolicy = (policy: ResizePolicy | undefined): WireResizePolicy => {
  if (policy === undefined) return WireResizePolicy.UNSPECIFIED;
  const named = {
    latest: WireResizePolicy.LATEST,
    smallest: WireResizePolicy.SMALLEST,
    fixed: WireResizePolicy.FIXED,
  };
  return named[policy];
};

export const fromKind = (kind: WireSessionKind): SessionKind =>
  kind === WireSessionKind.COMMAND ? "command" : "terminal";

export const toKind = (kind: SessionKind): WireSessionKind =>
  kind === "command" ? WireSessionKind.COMMAND : WireSessionKind.TERMINAL;

export const fromExit = (exit: WireExit): Exit => ({
  code: exit.code ?? null,
  signal: exit.signal === "" ? null : exit.signal,
  reason: exitReasons[exit.reason] ?? "unknown",
  finalOffset: toNumber(exit.finalOffset),
  atMs: toNumber(exit.atMs),
});

export const fromSessionInfo = (info: WireSessionInfo): SessionInfo => ({
  id: info.sessionId,
  machineId: info.machineId,
  machineName: info.machineName,
  kind: fromKind(info.kind),
  name: info.name,
  title: info.title,
  argv: info.argv,
  cwd: info.cwd,
  cols: info.cols,
  rows: info.rows,
  resizePolicy: resizePolicies[info.resizePolicy] ?? "latest",
  state: fromRouteState(info.state),
  createdAtMs: toNumber(info.createdAtMs),
  openedBy: info.openedBy,
  logStart: toNumber(info.logStart),
  offset: toNumber(info.offset),
  attachments: info.attachments,
  exit: info.exit && fromExit(info.exit),
  activeAtMs: toNumber(info.activeAtMs),
});

export const fromTicket = (ticket: WireTicket): Ticket => ({
  token: ticket.token,
  sessionId: ticket.sessionId,
  role: fromRole(ticket.role),
  expiresAtMs: toNumber(ticket.expiresAtMs),
});

export const fromMachine = (machine: WireMachine): Machine => {
  const { facts, heartbeat } = machine;
  return {
    id: machine.machineId,
    name: machine.name,
    presence: presences[machine.presence] ?? "offline",
    facts: facts && {
      hostname: facts.hostname,
      platform: facts.platform,
      arch: facts.arch,
      osVersion: facts.osVersion,
      agentVersion: facts.agentVersion,
      username: facts.username,
      isRoot: facts.isRoot,
      shell: facts.shell,
      cpus: facts.cpus,
      cpuModel: facts.cpuModel,
      memoryBytes: toNumber(facts.memoryBytes),
      uptimeS: toNumber(facts.uptimeS),
      homeDir: facts.homeDir,
    },
    heartbeat: heartbeat && {
      atMs: toNumber(heartbeat.atMs),
      load1m: heartbeat.load1m,
      memoryFreeBytes: toNumber(heartbeat.memoryFreeBytes),
      diskFreeBytes: toNumber(heartbeat.diskFreeBytes),
      sessions: heartbeat.sessions,
      uptimeS: toNumber(heartbeat.uptimeS),
    },
    linkedAtMs: toNumber(machine.linkedAtMs),
    seenAtMs: toNumber(machine.seenAtMs),
    sessions: machine.sessions,
  };
};
