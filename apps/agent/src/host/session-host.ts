// All sessions of this machine's host, live and ended: opened by order, listed, closed, forgotten, reported.
//
// I1 An id means one execution for ever: a second order for a live one is answered with it, for an ended one refused.
// I2 At most `liveSessionsMax` run; what ended sessions keep on disk is bounded in number, age and bytes, the
//    oldest going first.
// I3 What ended is on disk before it is reported.

import { type Clock, Failure, isSessionId } from "@cmdop/base";
import {
  type Exit,
  ExitReason,
  type HostedSession,
  type ResizePolicy,
  SessionKind,
  type SessionReport,
  type SessionSpec,
} from "@cmdop/protocol";
import { diskFiles, type LogFiles } from "../output-log/log-files.ts";
import { OutputLog } from "../output-log/output-log.ts";
import type { Screens } from "../screen/screens.ts";
import { openCommand } from "./command-execution.ts";
import { type EndedMeta, EndedSession, recoverExit } from "./ended-session.ts";
import type { Execution, ExecutionEvents } from "./execution.ts";
import { FloodPace, Typing } from "./flood-pace.ts";
import type { Home, HomeLink } from "./home.ts";
import { type LaunchPlan, type LaunchUser, planLaunch } from "./launch-plan.ts";
import { hostLimits } from "./limits.ts";
import { LogRetention } from "./log-retention.ts";
import { Session } from "./session.ts";
import type { SessionMeta, SessionStore, StoredExit } from "./session-store.ts";
import { openTerminal } from "./terminal-execution.ts";

export interface HostLog {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface SessionHostOptions {
  readonly store: SessionStore;
  readonly screens: Screens;
  readonly clock: Clock;
  /** Milliseconds that the machine has been up, its sleep counted; see LogRetention. */
  readonly uptimeMs: () => number;
  readonly user: LaunchUser;
  readonly log: HostLog;
  /** Of the output logs; the disk unless a test says otherwise. */
  readonly files?: LogFiles;
  readonly bounds?: Partial<HostBounds>;
}

export interface HostBounds {
  readonly liveSessionsMax: number;
  readonly endedSessionsMax: number;
  readonly endedSessionsMs: number;
  readonly endedSettleMs: number;
  readonly endedSessionsBytesMax: number;
  readonly logBytesMax: number;
  readonly segmentBytes: number;
}

export type Hosted = Session | EndedSession;
export type ReportListener = (report: Pick<SessionReport, "sessions" | "forgotten">) => void;

const sweepMs = 500;
const retainEveryMs = 60_000;

export class SessionHost {
  readonly #options: SessionHostOptions;
  readonly #bounds: HostBounds;
  readonly #hosted = new Map<string, Hosted>();
  readonly #opening = new Map<string, Promise<Session>>();
  readonly #listeners = new Set<ReportListener>();
  readonly #dirty = new Set<string>();
  readonly #typing = new Typing();
  readonly #bytes = new Map<string, number>();
  readonly #retention: LogRetention;
  #cancelSweep = () => {};
  #sweptAtMs = Number.NEGATIVE_INFINITY;
  #isStopping = false;
  #allEnded: (() => void) | undefined;

  constructor(options: SessionHostOptions) {
    this.#options = options;
    this.#bounds = { ...hostLimits, ...options.bounds };
    const { endedSessionsMs: keptMs, endedSettleMs: settleMs } = this.#bounds;
    const { clock, uptimeMs } = options;
    this.#retention = new LogRetention({ uptimeMs, wallMs: () => clock.wallMs(), keptMs, settleMs });
  }

  /** Reads what earlier hosts left; begins to sweep. */
  start(): void {
    for (const stored of this.#options.store.list())
      this.#hosted.set(stored.id, this.#putAway(this.#recover(stored)));
    this.#sweep();
  }

  get liveCount(): number {
    return [...this.#hosted.values()].filter((hosted) => !hosted.exit).length;
  }

  list(): HostedSession[] {
    return [...this.#hosted.values()].map(describe);
  }

  find(id: string): Hosted {
    const hosted = this.#hosted.get(id);
    if (!hosted) throw new Failure("session_not_found", "The machine holds no such session.");
    return hosted;
  }

  /** Rejects with what kept it from starting. */
  async open(id: string, spec: SessionSpec): Promise<HostedSession> {
    if (!isSessionId(id)) throw new Failure("invalid_argument", "session_id: not a session's id.");
    const hosted = this.#hosted.get(id);
    if (hosted?.exit) throw new Failure("session_ended");
    if (hosted) return describe(hosted);
    let opening = this.#opening.get(id);
    if (!opening) {
      opening = this.#launch(id, spec).finally(() => this.#opening.delete(id));
      this.#opening.set(id, opening);
    }
    return describe(await opening);
  }

  close(id: string, graceMs: number): void {
    const hosted = this.find(id);
    if (hosted instanceof Session) hosted.close(graceMs);
  }

  /** An ended session alone: a live one has to be closed first. */
  forget(id: string): void {
    const hosted = this.find(id);
    if (!hosted.exit) throw new Failure("unexpected_message", "The session is live: close it first.");
    hosted.dispose();
    this.#hosted.delete(id);
    this.#bytes.delete(id);
    this.#retention.forget(id);
    this.#removeFiles(id);
    this.#options.log.info("session.forgotten", { session: id });
    this.#tell({ sessions: [], forgotten: [id] });
  }

  subscribe(listener: ReportListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  addHome(id: string, link: HomeLink): { readonly home: Home; readonly hosted: Hosted } {
    const hosted = this.find(id);
    if (hosted.homes >= hostLimits.homesPerSessionMax) throw new Failure("too_many_connections");
    return { home: hosted.addHome(link), hosted };
  }

  removeHome(hosted: Hosted, home: Home): void {
    hosted.removeHome(home);
    if (hosted instanceof Session) this.#retire(hosted);
  }

  /** Ends every session; resolves when all have ended. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#options.log.info("host.stopping", { sessions: this.liveCount });
    await Promise.allSettled(this.#opening.values());
    for (const hosted of this.#hosted.values()) if (hosted instanceof Session) hosted.close(graceMs);
    if (this.liveCount > 0) await new Promise<void>((resolve) => (this.#allEnded = resolve));
    this.#cancelSweep();
    for (const hosted of this.#hosted.values()) hosted.dispose();
  }

  async #launch(id: string, spec: SessionSpec): Promise<Session> {
    const { log, clock, screens, store } = this.#options;
    if (this.#isStopping) throw new Failure("host_unavailable", "The session host is ending.");
    if (this.liveCount + this.#opening.size >= this.#bounds.liveSessionsMax) {
      throw new Failure(
        "too_many_sessions",
        `The machine runs ${this.#bounds.liveSessionsMax} sessions, its limit.`,
      );
    }
    const plan = planLaunch(id, spec, this.#options.user);
    const outputLog = this.#prepare(id, plan);
    const { cols, rows } = plan;
    const screen =
      plan.kind === SessionKind.TERMINAL
        ? screens.open(id, { cols, rows, scrollback: hostLimits.scrollbackLines })
        : undefined;
    const session = new Session({
      id,
      plan,
      clock,
      screen,
      log: outputLog,
      logKeptMs: this.#bounds.endedSessionsMs,
      changed: () => this.#dirty.add(id),
      typed: () => this.#typing.noted(id, clock.nowMs()),
      ended: (exit) => void this.#onEnded(session, exit),
    });
    try {
      const restMs = (): number => session.restMs;
      const pace = new FloodPace({ clock, typing: this.#typing, session: id, restMs });
      session.run(await execute(plan, session.events, pace));
    } catch (error) {
      session.dispose();
      store.remove(id);
      throw error;
    }
    this.#hosted.set(id, session);
    log.info("session.opened", { session: id, kind: plan.kind, pid: session.pid });
    this.#tell({ sessions: [describe(session)], forgotten: [] });
    return session;
  }

  /** What a session needs on disk before it runs. */
  #prepare(id: string, plan: LaunchPlan): OutputLog {
    const { store, clock } = this.#options;
    try {
      store.create(toMeta(id, plan, { createdAtMs: clock.wallMs() }));
      return this.#openLog(id, plan);
    } catch (cause) {
      store.remove(id);
      const { code } = cause as NodeJS.ErrnoException;
      const isFull = code === "ENOSPC" || code === "EDQUOT";
      throw new Failure(isFull ? "disk_full" : "directory_unwritable", undefined, { cause });
    }
  }

  #openLog(id: string, plan: LaunchPlan): OutputLog {
    const { store, clock, log, files = diskFiles } = this.#options;
    const { logBytesMax: bytesMax, segmentBytes } = this.#bounds;
    return new OutputLog({
      directory: store.logDirectory(id),
      sessionId: id,
      files,
      clock,
      size: { cols: plan.cols, rows: plan.rows, operator: "" },
      bytesMax,
      segmentBytes,
      onHealth: ({ isStoring, code }) =>
        log.warn(isStoring ? "log.storing" : "log.refused", { session: id, ...(code && { code }) }),
    });
  }

  async #onEnded(session: Session, exit: Exit): Promise<void> {
    const { log, store, clock } = this.#options;
    const { id } = session;
    const { code, signal, reason } = exit;
    this.#saveMeta({ ...metaOf(session), exit: toStored(exit) });
    this.#retention.ended(id);
    log.info("session.ended", {
      session: id,
      reason,
      code,
      signal,
      runMs: clock.wallMs() - session.createdAtMs,
    });
    if (this.#hosted.has(id)) this.#tell({ sessions: [describe(session)], forgotten: [] });
    const snapshot = await session.lastScreen();
    try {
      if (snapshot) store.saveScreen(id, snapshot);
    } catch {
      // A full disk: it is drawn from the log when somebody asks.
    }
    session.isSettled = true;
    if (this.#hosted.has(id)) this.#retire(session);
    if (this.#isStopping && this.liveCount === 0) this.#allEnded?.();
  }

  /** Nobody watches an ended session any more: what it holds in memory goes, its files stay. */
  #retire(session: Session): void {
    if (!session.isSettled || session.homes > 0 || this.#hosted.get(session.id) !== session) return;
    const { exit } = session;
    if (!exit) return;
    session.dispose();
    this.#hosted.set(session.id, this.#putAway({ ...metaOf(session), exit: toStored(exit) }));
  }

  /** The end of what an earlier host left. */
  #recover(stored: SessionMeta): EndedMeta {
    const { store, log, clock, files } = this.#options;
    try {
      const meta = recoverExit(stored, { store, ...(files && { files }) });
      if (!stored.exit) {
        log.warn("session.lost", { session: meta.id, finalOffset: meta.exit.finalOffset });
        this.#saveMeta(meta);
      }
      return meta;
    } catch (error) {
      log.warn("session.unreadable", { session: stored.id, code: (error as NodeJS.ErrnoException).code });
      // Not saved: the next host may be able to read it.
      const exit = { signal: "", reason: ExitReason.LOST, finalOffset: 0, atMs: clock.wallMs() };
      return { ...stored, exit };
    }
  }

  #putAway(meta: EndedMeta): EndedSession {
    const { store, screens, clock, files } = this.#options;
    const logKeptMs = this.#bounds.endedSessionsMs;
    return new EndedSession({ meta, store, screens, clock, logKeptMs, ...(files && { files }) });
  }

  /** What the disk does not let go is listed by the next host again. */
  #removeFiles(id: string): void {
    try {
      this.#options.store.remove(id);
    } catch (error) {
      this.#options.log.warn("session.not_removed", {
        session: id,
        code: (error as NodeJS.ErrnoException).code,
      });
    }
  }

  #saveMeta(meta: SessionMeta): void {
    try {
      this.#options.store.save(meta);
    } catch (error) {
      this.#options.log.warn("session.not_saved", {
        session: meta.id,
        code: (error as NodeJS.ErrnoException).code,
      });
    }
  }

  #sweep(): void {
    const { clock } = this.#options;
    // First: whatever fails below, deadlines are looked at again.
    this.#cancelSweep = clock.after(sweepMs, () => this.#sweep());
    for (const hosted of this.#hosted.values()) if (hosted instanceof Session) hosted.tick();
    if (this.#dirty.size > 0) {
      const sessions = [...this.#dirty].flatMap((id) => this.#hosted.get(id) ?? []).map(describe);
      this.#dirty.clear();
      this.#tell({ sessions, forgotten: [] });
    }
    if (clock.nowMs() - this.#sweptAtMs >= retainEveryMs) {
      this.#sweptAtMs = clock.nowMs();
      this.retain();
    }
  }

  /** Forgets ended sessions beyond the bounds, the oldest first. */
  retain(): void {
    const { endedSessionsMax, endedSessionsBytesMax } = this.#bounds;
    const ended = [...this.#hosted.values()]
      .filter((hosted) => hosted instanceof EndedSession && hosted.homes === 0)
      .sort((a, b) => Number((b.exit?.atMs ?? 0n) - (a.exit?.atMs ?? 0n)));
    let bytes = 0;
    for (const [place, { id, exit }] of ended.entries()) {
      bytes += this.#bytesOf(id);
      const isOld = this.#retention.isOver(id, Number(exit?.atMs ?? 0n));
      if (place >= endedSessionsMax || isOld || bytes > endedSessionsBytesMax) this.forget(id);
    }
  }

  #bytesOf(id: string): number {
    const bytes = this.#bytes.get(id) ?? this.#options.store.diskBytes(id);
    this.#bytes.set(id, bytes);
    return bytes;
  }

  #tell(report: Parameters<ReportListener>[0]): void {
    for (const listener of this.#listeners) listener(report);
  }
}

const execute = async (plan: LaunchPlan, events: ExecutionEvents, pace: FloodPace): Promise<Execution> =>
  plan.kind === SessionKind.TERMINAL ? openTerminal(plan, events, pace) : openCommand(plan, events);

const toMeta = (
  id: string,
  plan: LaunchPlan,
  { createdAtMs, title = "" }: { createdAtMs: number; title?: string },
): SessionMeta => {
  const { kind, name, argv, cwd, cols, rows, resizePolicy, openedBy } = plan;
  return { version: 1, id, kind, name, title, argv, cwd, cols, rows, resizePolicy, createdAtMs, openedBy };
};

const toStored = ({ code, signal, reason, finalOffset, atMs }: Exit): StoredExit => ({
  signal,
  reason,
  finalOffset: Number(finalOffset),
  atMs: Number(atMs),
  ...(code !== undefined && { code }),
});

const metaOf = (session: Session): SessionMeta => ({
  ...toMeta(session.id, session.plan, session),
  ...session.size,
});

/** What a list shows. */
export const describe = (hosted: Hosted): HostedSession => {
  const meta = hosted instanceof Session ? metaOf(hosted) : hosted.meta;
  const { id, kind, name, title, argv, cwd, cols, rows, resizePolicy, createdAtMs, openedBy } = meta;
  const { log, exit } = hosted;
  return {
    $typeName: "cmdop.live.v1.HostedSession",
    sessionId: id,
    kind: kind as SessionKind,
    name,
    title,
    argv: [...argv],
    cwd,
    cols,
    rows,
    resizePolicy: resizePolicy as ResizePolicy,
    createdAtMs: BigInt(createdAtMs),
    openedBy,
    logStart: BigInt(log.start),
    offset: BigInt(log.end),
    ...(exit && { exit }),
    waitForReader: hosted instanceof Session && hosted.plan.waitsForReader,
  };
};
