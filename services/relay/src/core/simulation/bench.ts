// A core with one machine, one session and its home, for tests that look at single steps. Frames are recorded as they
// are sent, parsed.
import { Failure } from "@cmdop/base";
import type { AttachmentHandle, HomeHandle, JournalEvent, LinkHandle } from "../../ports.ts";
import type { HomeEvent, LinkOrder } from "../frames.ts";
import type { Limits } from "../limits.ts";
import type { Exit, HostedSession, MachineFacts, Principal } from "../parties.ts";
import { createRelayCore, type RelayCore } from "../relay-core.ts";
import type { AttachRequest, Registration } from "../requests.ts";
import { frameJson, frameOutput, parseFrame, type SimFrame, simCodec } from "./sim-codec.ts";
import { bytesOf, SimRandom } from "./sim-random.ts";

export const sessionA = "ses_AAAAAAAAAAAAAAAAAAAAAA";

export const exitAt = (finalOffset: number): Exit => ({
  code: 0,
  signal: "",
  finalOffset,
  reason: "exited",
  atMs: 5,
});

export const facts: MachineFacts = {
  hostname: "host-1",
  platform: "linux",
  arch: "x64",
  osVersion: "",
  agentVersion: "",
  username: "",
  isRoot: false,
  shell: "",
  cpus: 1,
  cpuModel: "",
  memoryBytes: 0,
  uptimeS: 0,
  homeDir: "",
};

export const hosted = (changes: Partial<HostedSession> = {}): HostedSession => ({
  sessionId: sessionA,
  kind: "terminal",
  name: "work",
  title: "",
  argv: [],
  cwd: "/",
  cols: 80,
  rows: 24,
  resizePolicy: "latest",
  createdAtMs: 1,
  openedBy: "anna",
  logStart: 0,
  offset: 0,
  exit: undefined,
  waitForReader: false,
  ...changes,
});

export const principal = (changes: Partial<Principal> = {}): Principal => ({
  fleet: "f",
  operator: "anna",
  role: "operator",
  actor: "human",
  machines: "*",
  session: undefined,
  credential: { ids: ["jti-anna"], limitMs: undefined },
  ...changes,
});

/** What a sink was sent, and how it ended. */
export interface Recorded {
  readonly frames: SimFrame[];
  ended: string | undefined;
  bufferedBytes: number;
  send(framed: Uint8Array): void;
}

const record = (): Recorded & { end(failure: Failure | undefined): void } => ({
  frames: [],
  ended: undefined,
  bufferedBytes: 0,
  send(framed) {
    this.frames.push(parseFrame(framed));
  },
  end(failure) {
    this.ended = failure?.code ?? "ok";
  },
});

export interface BenchLink {
  readonly handle: LinkHandle;
  readonly orders: LinkOrder[];
  bufferedBytes: number;
  ended: string | undefined;
}

export interface BenchHome extends Recorded {
  readonly handle: HomeHandle;
  /** Where its next output begins. */
  at: number;
  output(bytes: number): void;
  hello(changes?: Partial<Extract<HomeEvent, { kind: "hello" }>>): void;
  snapshot(offset: number, requestId?: number): void;
}

export interface BenchAttachment extends Recorded {
  readonly handle: AttachmentHandle;
  readonly id: string;
  /** Kinds, with the offsets of those that have them, since the last call. */
  news(): string[];
}

const failed = (what: string, failure: Failure): never => {
  throw new Error(`${what}: ${failure.code}`);
};

const brief = (frame: SimFrame): string => {
  switch (frame.kind) {
    case "output":
      return `output ${frame.from}-${frame.to}`;
    case "gap":
      return `gap ${frame.from}-${frame.to} ${frame.reason}`;
    case "snapshot":
    case "ack":
      return `${frame.kind} ${frame.offset}`;
    case "resize":
      return `resize ${frame.cols}x${frame.rows}`;
    case "status":
      return `status ${frame.state}`;
    case "exit":
      return `exit ${frame.exit.finalOffset}`;
    case "logRequest":
      return `logRequest ${frame.from}-${frame.to}`;
    case "inputAck":
      return `inputAck ${frame.refusal}`;
    case "fault":
      return `fault ${frame.code}`;
    default:
      return frame.kind;
  }
};

export const briefs = (frames: readonly SimFrame[]): string[] => frames.map(brief);

export class Bench {
  readonly core: RelayCore;
  readonly journal: JournalEvent[] = [];
  /** Machines as the catalogue is told of them. */
  readonly catalogued: string[] = [];
  /** What the catalogue was told of sessions. */
  readonly told: string[] = [];
  nowMs = 1000;

  constructor(limits: Partial<Limits> = {}) {
    let minted = 0;
    this.core = createRelayCore({
      relayId: "relay",
      codec: simCodec,
      secrets: {
        mint: () => {
          minted += 1;
          return { secret: `secret-${minted}`, digest: `digest-${minted}` };
        },
        matches: (secret, digest) => secret.slice(7) === digest.slice(7),
      },
      random: new SimRandom(1),
      journal: { record: (event) => this.journal.push(event) },
      catalogue: {
        session: ({ change, info, isGone }) =>
          this.told.push(`${change} ${info.state}${isGone ? " gone" : ""}`),
        machine: ({ change, machineId, sessionIds }) =>
          this.catalogued.push([machineId, change, ...(sessionIds ?? [])].join(" ")),
      },
      nowMs: this.nowMs,
      wallMs: this.nowMs,
      limits,
    });
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.core.tick(this.nowMs, this.nowMs);
  }

  tryLink(changes: Partial<Registration> = {}): BenchLink | Failure {
    const link: Omit<BenchLink, "handle"> = { orders: [], bufferedBytes: 0, ended: undefined };
    const handle = this.core.link(
      {
        fleet: "f",
        machineId: "mch_1",
        name: "box",
        facts,
        sessions: [hosted()],
        credential: { ids: ["mch_1"], limitMs: undefined },
        ...changes,
      },
      {
        get bufferedBytes() {
          return link.bufferedBytes;
        },
        send: (order) => link.orders.push(order),
        end: (failure) => {
          link.ended = failure?.code ?? "ok";
        },
      },
    );
    return handle instanceof Failure ? handle : Object.assign(link, { handle });
  }

  link(changes: Partial<Registration> = {}): BenchLink {
    const link = this.tryLink(changes);
    return link instanceof Failure ? failed("link", link) : link;
  }

  tryHome(token: string, sessionId = sessionA): BenchHome | Failure {
    const sink = record();
    const handle = this.core.home(sessionId, token, sink);
    if (handle instanceof Failure) return handle;
    return Object.assign(sink, {
      handle,
      at: 0,
      output(this: BenchHome, bytes: number) {
        const from = this.at;
        this.at += bytes;
        handle.output(from, this.at, frameOutput(from, bytesOf(from, this.at)));
      },
      hello(this: BenchHome, changes: Partial<Extract<HomeEvent, { kind: "hello" }>> = {}) {
        this.at = changes.offset ?? 0;
        const lease = { holder: "", stream: "", actor: undefined, epoch: 1 };
        const size = { cols: 80, rows: 24, resizePolicy: "latest" } as const;
        const place = { logStart: 0, offset: 0, lease, exit: undefined, title: "" };
        handle.receive({ kind: "hello", sessionId, sessionKind: "terminal", ...size, ...place, ...changes });
      },
      snapshot(this: BenchHome, offset: number, requestId = 0) {
        const frame = { kind: "snapshot", offset, cols: 80, rows: 24, requestId, padding: "" } as const;
        handle.receive({ ...frame, title: "", framed: frameJson(frame) });
      },
    });
  }

  /** The home that the link was last ordered to open, after its hello. */
  home(link: BenchLink, changes: Partial<Extract<HomeEvent, { kind: "hello" }>> = {}): BenchHome {
    const order = link.orders.findLast((each) => each.kind === "home" || each.kind === "open");
    if (order?.kind !== "home" && order?.kind !== "open") throw new Error("no home was ordered");
    const home = this.tryHome(order.homeToken, order.sessionId);
    if (home instanceof Failure) return failed("home", home);
    home.hello(changes);
    return home;
  }

  tryAttach(changes: Partial<AttachRequest> = {}, sink = record()): BenchAttachment | Failure {
    const request: AttachRequest = {
      principal: principal({ session: changes.sessionId ?? sessionA }),
      sessionId: sessionA,
      mode: "terminal",
      fromOffset: undefined,
      viewport: undefined,
      stream: "aa",
      creditBytes: 0,
      role: undefined,
      ...changes,
    };
    const handle = this.core.attach(request, sink);
    if (handle instanceof Failure) return handle;
    let told = 0;
    return Object.assign(sink, {
      handle,
      id: handle.attachmentId,
      news() {
        const fresh = sink.frames.slice(told);
        told = sink.frames.length;
        return briefs(fresh);
      },
    });
  }

  attach(changes: Partial<AttachRequest> = {}): BenchAttachment {
    const attachment = this.tryAttach(changes);
    return attachment instanceof Failure ? failed("attach", attachment) : attachment;
  }
}

export const inputFrame = (number: number): Uint8Array =>
  frameJson({
    kind: "input",
    operator: "forged",
    actor: "forged",
    stream: "aa",
    number,
    previous: number - 1,
  });

export const codeOf = (result: object): string => (result instanceof Failure ? result.code : "done");
