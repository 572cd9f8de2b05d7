// The relay's core: the one door for the adapters. Synchronous; time comes in by tick(), which the process calls
// at least every 100 ms with monotonic and wall milliseconds; between ticks the time stands still.
import type { Failure, Random } from "@cmdop/base";
import type {
  AttachmentHandle,
  AttachmentSink,
  FrameCodec,
  HomeHandle,
  HomeSecrets,
  HomeSink,
  Journal,
  LinkHandle,
  LinkSink,
} from "../ports.ts";
import type { Limits } from "./limits.ts";
import type { Principal, SessionInfo } from "./parties.ts";
import type {
  AttachRequest,
  CloseRequest,
  CoreStats,
  MachinePage,
  MachineQuery,
  OpenRequest,
  Registration,
  SessionPage,
  SessionQuery,
  SessionResult,
} from "./requests.ts";

export interface RelayCoreOptions {
  readonly relayId: string;
  readonly codec: FrameCodec;
  readonly secrets: HomeSecrets;
  readonly random: Random;
  readonly journal: Journal;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly limits?: Partial<Limits>;
}

export interface RelayCore {
  readonly limits: Limits;
  tick(nowMs: number, wallMs: number): void;
  /** After the machine proved its identity; supersedes an older link of the same machine. */
  link(registration: Registration, sink: LinkSink): LinkHandle | Failure;
  /** `token` is the one of the order. The first event must be `hello`. */
  home(sessionId: string, token: string, sink: HomeSink): HomeHandle | Failure;
  /** May send to the sink before it returns; an unknown session may still end it later. */
  attach(request: AttachRequest, sink: AttachmentSink): AttachmentHandle | Failure;
  openSession(principal: Principal, request: OpenRequest, done: SessionResult): void;
  closeSession(principal: Principal, request: CloseRequest, done: SessionResult): void;
  /** Id, exact name or unique prefix of either. */
  findSession(principal: Principal, query: string): SessionInfo | Failure;
  listSessions(principal: Principal, query: SessionQuery): SessionPage | Failure;
  listMachines(principal: Principal, query: MachineQuery): MachinePage | Failure;
  /** Ends every link (with its homes) and attachment whose credential the predicate names. Returns how many. */
  revoke(isRevoked: (ids: readonly string[]) => boolean): number;
  /** Refuses what is new and asks all to move; what is left after `withinMs` is ended by tick(). */
  drain(move: { readonly relays: readonly string[]; readonly withinMs: number }): void;
  /** True when draining and nothing is attached or linked any more. */
  readonly isDrained: boolean;
  /** Ends everything now. */
  close(): void;
  stats(): CoreStats;
}

/** Built below the types; see the files it wires. */
export const createRelayCore = (_options: RelayCoreOptions): RelayCore => {
  throw new Error("not built yet");
};
