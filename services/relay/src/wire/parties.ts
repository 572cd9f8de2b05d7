// Messages about sessions and machines, to and from the core's words.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Failure, isSessionId } from "@cmdop/base";
import type {
  AttachmentSchema,
  ExitSchema,
  HeartbeatSchema,
  LeaseSchema,
  MachineFactsSchema,
  MachineSchema,
  SessionInfoSchema,
  SessionSpecSchema,
  Exit as WireExit,
  Heartbeat as WireHeartbeat,
  HostedSession as WireHostedSession,
  Lease as WireLease,
  MachineFacts as WireMachineFacts,
  SessionSpec as WireSessionSpec,
} from "@cmdop/protocol";
import type {
  AttachmentInfo,
  Exit,
  Heartbeat,
  HostedSession,
  Lease,
  MachineFacts,
  MachineInfo,
  SessionInfo,
  SessionSpec,
} from "../core/parties.ts";
import {
  actors,
  exitReasons,
  machinePresences,
  resizePolicies,
  roles,
  routeStates,
  sessionKinds,
} from "./enums.ts";
import { display, fromStreamKey, requireDisplayable, toNumber, toStreamKey, toWallMs } from "./values.ts";

// What a request or an agent may say at most.
const nameCharsMax = 128;
const argvMax = 1024;
const argvBytesMax = 128 * 1024;
const envMax = 1024;
const listedArgvMax = 32;
const cwdCharsMax = 4096;
const cellsMax = 2000;

export const fromExit = (exit: WireExit): Exit => ({
  code: exit.code,
  signal: display(exit.signal, 32),
  finalOffset: toNumber(exit.finalOffset, "exit.final_offset"),
  reason: exitReasons.fromWire(exit.reason) ?? "lost",
  atMs: toWallMs(exit.atMs, "exit.at_ms"),
  logUntilMs: toWallMs(exit.logUntilMs, "exit.log_until_ms") || undefined,
});

export const toExit = (exit: Exit): MessageInitShape<typeof ExitSchema> => ({
  ...(exit.code === undefined ? {} : { code: exit.code }),
  signal: exit.signal,
  finalOffset: BigInt(exit.finalOffset),
  reason: exitReasons.toWire(exit.reason),
  atMs: BigInt(exit.atMs),
  logUntilMs: BigInt(exit.logUntilMs ?? 0),
});

export const noLease: Lease = { holder: "", stream: "", actor: undefined, epoch: 0 };

export const fromLease = (lease: WireLease): Lease => ({
  holder: display(lease.holder, nameCharsMax),
  stream: toStreamKey(lease.stream),
  actor: actors.fromWire(lease.actor),
  epoch: toNumber(lease.epoch, "lease.epoch"),
});

export const toLease = (lease: Lease): MessageInitShape<typeof LeaseSchema> => ({
  holder: lease.holder,
  stream: fromStreamKey(lease.stream),
  ...(lease.actor === undefined ? {} : { actor: actors.toWire(lease.actor) }),
  epoch: BigInt(lease.epoch),
});

export const fromHostedSession = (session: WireHostedSession): HostedSession => {
  if (!isSessionId(session.sessionId)) {
    throw new Failure("invalid_argument", "session_id is not the id of a session.");
  }
  return {
    sessionId: session.sessionId,
    kind: sessionKinds.require(session.kind, "kind"),
    name: display(session.name, nameCharsMax),
    title: display(session.title),
    argv: session.argv.slice(0, listedArgvMax).map((argument) => display(argument)),
    cwd: display(session.cwd, cwdCharsMax),
    cols: session.cols,
    rows: session.rows,
    resizePolicy: resizePolicies.fromWire(session.resizePolicy) ?? "latest",
    createdAtMs: toWallMs(session.createdAtMs, "created_at_ms"),
    openedBy: display(session.openedBy, nameCharsMax),
    logStart: toNumber(session.logStart, "log_start"),
    offset: toNumber(session.offset, "offset"),
    exit: session.exit === undefined ? undefined : fromExit(session.exit),
    waitForReader: session.waitForReader,
  };
};

export const toSessionInfo = (session: SessionInfo): MessageInitShape<typeof SessionInfoSchema> => ({
  sessionId: session.sessionId,
  machineId: session.machineId,
  machineName: session.machineName,
  kind: sessionKinds.toWire(session.kind),
  name: session.name,
  title: session.title,
  argv: [...session.argv],
  cwd: session.cwd,
  cols: session.cols,
  rows: session.rows,
  resizePolicy: resizePolicies.toWire(session.resizePolicy),
  state: routeStates.toWire(session.state),
  createdAtMs: BigInt(session.createdAtMs),
  openedBy: session.openedBy,
  logStart: BigInt(session.logStart),
  offset: BigInt(session.offset),
  attachments: session.attachments,
  ...(session.exit === undefined ? {} : { exit: toExit(session.exit) }),
  activeAtMs: BigInt(Math.round(session.activeAtMs)),
});

/** Both zero: no size is declared. */
export const checkCells = ({ cols, rows }: { cols: number; rows: number }, field: string): void => {
  if (cols > cellsMax || rows > cellsMax || (cols === 0) !== (rows === 0)) {
    throw new Failure("invalid_argument", `${field} takes 1 to ${cellsMax} columns and rows.`);
  }
};

const environmentName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A client's wish, checked. What the machine makes of paths and programs is the machine's to say. */
export const fromSessionSpec = (spec: WireSessionSpec): SessionSpec => {
  if (spec.argv.length > argvMax || spec.argv.join("").length > argvBytesMax) {
    throw new Failure(
      "invalid_argument",
      `argv takes at most ${argvMax} arguments of ${argvBytesMax} characters.`,
    );
  }
  if (spec.argv.some((argument) => argument.includes("\0")) || spec.cwd.includes("\0")) {
    throw new Failure("invalid_argument", "argv and cwd must not hold NUL.");
  }
  const env = Object.entries(spec.env);
  if (env.length > envMax) throw new Failure("invalid_argument", `env takes at most ${envMax} variables.`);
  for (const [name, value] of env) {
    if (!environmentName.test(name)) {
      throw new Failure("invalid_argument", "env holds a name that is no variable's.");
    }
    if (value.includes("\0")) throw new Failure("invalid_argument", "env must not hold NUL.");
  }
  const kind = sessionKinds.require(spec.kind, "kind");
  checkCells(spec, "spec");
  if (kind === "command" && spec.argv.length === 0) {
    throw new Failure("invalid_argument", "argv is empty: a command session needs a program.");
  }
  return {
    kind,
    argv: spec.argv,
    cwd: spec.cwd,
    env: spec.env,
    cols: spec.cols,
    rows: spec.rows,
    name: requireDisplayable(spec.name, "name", nameCharsMax),
    resizePolicy: resizePolicies.fromWire(spec.resizePolicy) ?? "latest",
    timeoutMs: toNumber(spec.timeoutMs, "timeout_ms"),
    idleMs: toNumber(spec.idleMs, "idle_ms"),
    stdin: spec.stdin,
    waitForReader: spec.waitForReader,
  };
};

export const toSessionSpec = (
  spec: SessionSpec,
  openedBy: string,
): MessageInitShape<typeof SessionSpecSchema> => ({
  kind: sessionKinds.toWire(spec.kind),
  argv: [...spec.argv],
  cwd: spec.cwd,
  env: { ...spec.env },
  cols: spec.cols,
  rows: spec.rows,
  name: spec.name,
  resizePolicy: resizePolicies.toWire(spec.resizePolicy),
  timeoutMs: BigInt(spec.timeoutMs),
  idleMs: BigInt(spec.idleMs),
  stdin: spec.stdin,
  waitForReader: spec.waitForReader,
  openedBy,
});

export const fromFacts = (facts: WireMachineFacts | undefined): MachineFacts => ({
  hostname: display(facts?.hostname ?? ""),
  platform: display(facts?.platform ?? "", 32),
  arch: display(facts?.arch ?? "", 32),
  osVersion: display(facts?.osVersion ?? ""),
  agentVersion: display(facts?.agentVersion ?? "", 64),
  username: display(facts?.username ?? ""),
  isRoot: facts?.isRoot ?? false,
  shell: display(facts?.shell ?? ""),
  cpus: facts?.cpus ?? 0,
  cpuModel: display(facts?.cpuModel ?? ""),
  memoryBytes: toNumber(facts?.memoryBytes ?? 0n, "memory_bytes"),
  uptimeS: toNumber(facts?.uptimeS ?? 0n, "uptime_s"),
  homeDir: display(facts?.homeDir ?? "", cwdCharsMax),
});

const toFacts = (facts: MachineFacts): MessageInitShape<typeof MachineFactsSchema> => ({
  ...facts,
  memoryBytes: BigInt(facts.memoryBytes),
  uptimeS: BigInt(facts.uptimeS),
});

export const fromHeartbeat = (heartbeat: WireHeartbeat): Heartbeat => ({
  atMs: toWallMs(heartbeat.atMs, "at_ms"),
  load1m: Number.isFinite(heartbeat.load1m) ? heartbeat.load1m : 0,
  memoryFreeBytes: toNumber(heartbeat.memoryFreeBytes, "memory_free_bytes"),
  diskFreeBytes: toNumber(heartbeat.diskFreeBytes, "disk_free_bytes"),
  sessions: heartbeat.sessions,
  uptimeS: toNumber(heartbeat.uptimeS, "uptime_s"),
});

const toHeartbeat = (heartbeat: Heartbeat): MessageInitShape<typeof HeartbeatSchema> => ({
  atMs: BigInt(heartbeat.atMs),
  load1m: heartbeat.load1m,
  memoryFreeBytes: BigInt(heartbeat.memoryFreeBytes),
  diskFreeBytes: BigInt(heartbeat.diskFreeBytes),
  sessions: heartbeat.sessions,
  uptimeS: BigInt(heartbeat.uptimeS),
});

export const toMachine = (machine: MachineInfo): MessageInitShape<typeof MachineSchema> => ({
  machineId: machine.machineId,
  name: machine.name,
  presence: machinePresences.toWire(machine.presence),
  facts: toFacts(machine.facts),
  ...(machine.heartbeat === undefined ? {} : { heartbeat: toHeartbeat(machine.heartbeat) }),
  linkedAtMs: BigInt(Math.round(machine.linkedAtMs)),
  seenAtMs: BigInt(Math.round(machine.seenAtMs)),
  sessions: machine.sessions,
});

export const toAttachment = (attachment: AttachmentInfo): MessageInitShape<typeof AttachmentSchema> => ({
  attachmentId: attachment.attachmentId,
  operator: attachment.operator,
  role: roles.toWire(attachment.role),
  actor: actors.toWire(attachment.actor),
  attachedAtMs: BigInt(Math.round(attachment.attachedAtMs)),
  cols: attachment.cols,
  rows: attachment.rows,
  stream: fromStreamKey(attachment.stream),
});
