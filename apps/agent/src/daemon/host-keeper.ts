import type { Socket } from "node:net";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Backoff, type Clock, Failure, type Random, toFailure } from "@cmdop/base";
import type { HostedSession, SessionReport, SessionSpecSchema } from "@cmdop/protocol";
import { connectHost, type HostControl, openHome } from "../host/host-client.ts";
import { failureFields, type Log } from "./log.ts";
import type { StartedHost } from "./start-host.ts";

export interface HostKeeperOptions {
  readonly socketPath: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Starts the session host's process; unset where something else does. */
  readonly startHost: (() => StartedHost) | undefined;
  /** Sessions opened, changed or ended, and those that the host does not know any more. */
  reported(sessions: readonly HostedSession[], forgotten: readonly string[]): void;
  /** The host came, went, or holds other sessions. */
  changed(): void;
}

export type HostState = "starting" | "running" | "away";

/** How long a started host may take until it answers, before another is started. */
const startMs = 10_000;
const pollMs = 20;
const requestWaitMs = 5_000;
const stopMs = 7_000;
/** How long a stop waits for a host that is being started or connected to. */
const soonMs = 1_000;
const closeMs = 300;

/**
 * Keeps this daemon connected to the session host: starts one when none answers, takes over the sessions of one
 * that does, and follows its reports. That there are never two hosts is kept by the lock that each host takes.
 */
export class HostKeeper {
  readonly #options: HostKeeperOptions;
  readonly #backoff: Backoff;
  readonly #sessions = new Map<string, HostedSession>();
  readonly #waiters = new Set<() => void>();
  #control: HostControl | undefined;
  #pid: number | undefined;
  #isClosed = false;
  #hasRun = false;
  /** Between looking for a host and its first answer, or what failed. */
  #isTrying = false;
  /** The last that was started here. */
  #started: StartedHost | undefined;
  #loop: Promise<void> | undefined;
  #failure: Failure | undefined;

  constructor(options: HostKeeperOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: 50, maxMs: 10_000 }, options.random);
  }

  get state(): HostState {
    if (this.#control) return "running";
    return this.#hasRun ? "away" : "starting";
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  /** Whether a host has answered since this daemon started: before that, its sessions are not known. */
  get hasRun(): boolean {
    return this.#hasRun;
  }

  /** Why it does not run. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** All that the host holds, by its last report. */
  get sessions(): readonly HostedSession[] {
    return [...this.#sessions.values()];
  }

  start(): void {
    this.#loop ??= this.#keep();
  }

  async open(sessionId: string, spec: MessageInitShape<typeof SessionSpecSchema>): Promise<HostedSession> {
    return (await this.#running()).open(sessionId, spec);
  }

  async closeSession(sessionId: string, options: { operator: string; graceMs: number }): Promise<void> {
    await (await this.#running()).close(sessionId, options);
  }

  async forget(sessionId: string): Promise<void> {
    await (await this.#running()).forget(sessionId);
  }

  openHome(sessionId: string): Promise<Socket> {
    return openHome(this.#options.socketPath, sessionId);
  }

  /** Ends every session and the host; after that none is started. At most 7 s, then it is killed. */
  async stopHost(): Promise<void> {
    const control = await this.#controlSoon();
    this.#isClosed = true;
    if (!control) {
      // It has not answered yet: nothing runs in it.
      const { pid, ended } = this.#started ?? {};
      if (pid !== undefined && ended === undefined) killQuietly(pid);
      return;
    }
    const pid = this.#pid;
    const cancel = this.#options.clock.after(stopMs, () => {
      this.#options.log.warn({ pid }, "host.killed");
      if (pid !== undefined) killQuietly(pid);
    });
    try {
      await control.stop();
    } catch (cause) {
      this.#options.log.warn(failureFields(toFailure(cause)), "host.stop_failed");
      if (pid !== undefined) killQuietly(pid);
      await control.closed;
    } finally {
      cancel();
    }
  }

  /** Ends the connection alone: the host and its sessions live on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#control?.end();
    this.#wake();
    // A host that does not answer is waited for elsewhere, for longer than a stop may take.
    let cancel = (): void => {};
    const enough = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(closeMs, resolve);
    });
    await Promise.race([this.#loop, enough]);
    cancel();
  }

  async #keep(): Promise<void> {
    while (!this.#isClosed) {
      this.#isTrying = true;
      try {
        const control = await this.#connectOrStart();
        await this.#follow(control);
      } catch (cause) {
        this.#isTrying = false;
        this.#wake();
        this.#failure = toFailure(cause);
        this.#options.log.warn(failureFields(this.#failure), "host.unavailable");
        this.#options.changed();
        await this.#sleep(this.#backoff.nextMs());
      }
    }
  }

  async #connectOrStart(): Promise<HostControl> {
    const { socketPath, clock, startHost, log } = this.#options;
    try {
      return await connectHost(socketPath);
    } catch (cause) {
      // One that is there and refuses us is no reason for a second.
      if (toFailure(cause).code !== "host_unavailable" || !startHost || this.#isClosed) throw cause;
    }
    const host = startHost();
    this.#started = host;
    log.info({ pid: host.pid }, "host.started");
    const deadlineMs = clock.nowMs() + startMs;
    for (;;) {
      const ended = host.ended;
      try {
        return await connectHost(socketPath);
      } catch (cause) {
        if (this.#isClosed) throw cause;
        if (ended !== undefined)
          throw new Failure(
            "host_unavailable",
            `The session host ended at its start (${ended}); see ${host.logFile}.`,
            { cause },
          );
        if (clock.nowMs() > deadlineMs)
          throw new Failure("host_unavailable", `The session host does not answer; see ${host.logFile}.`, {
            cause,
          });
      }
      await this.#sleep(pollMs);
    }
  }

  async #follow(control: HostControl): Promise<void> {
    if (this.#isClosed) {
      control.end();
      return;
    }
    const early: SessionReport[] = [];
    let isReady = false;
    try {
      const held = await control.subscribe((report) => {
        if (isReady) this.#take(report.sessions, report.forgotten);
        else early.push(report);
      });
      const state = await control.state();
      this.#pid = state.pid;
      const heldIds = new Set(held.map(({ sessionId }) => sessionId));
      const gone = [...this.#sessions.keys()].filter((sessionId) => !heldIds.has(sessionId));
      this.#control = control;
      this.#hasRun = true;
      this.#failure = undefined;
      isReady = true;
      this.#options.log.info({ pid: state.pid, sessions: held.length }, "host.running");
      this.#take(held, gone);
      for (const report of early) this.#take(report.sessions, report.forgotten);
      this.#backoff.reset();
      this.#wake();
      await control.closed;
    } finally {
      this.#control = undefined;
      this.#pid = undefined;
      control.end();
      this.#options.changed();
    }
    if (!this.#isClosed) this.#options.log.warn({}, "host.lost");
  }

  #take(sessions: readonly HostedSession[], forgotten: readonly string[]): void {
    for (const session of sessions) this.#sessions.set(session.sessionId, session);
    for (const sessionId of forgotten) this.#sessions.delete(sessionId);
    this.#options.reported(sessions, forgotten);
    this.#options.changed();
  }

  /** The host's connection; waits a moment for one that is being started. */
  async #running(): Promise<HostControl> {
    await this.#sleepWhile(() => !this.#control && !this.#isClosed, requestWaitMs);
    if (!this.#control) throw new Failure("host_unavailable");
    return this.#control;
  }

  /** The host's connection, where there is one or is about to be one. */
  async #controlSoon(): Promise<HostControl | undefined> {
    await this.#sleepWhile(() => !this.#control && this.#isTrying, soonMs);
    return this.#control;
  }

  /** At most `forMs`; looks when something has changed. */
  async #sleepWhile(isWaiting: () => boolean, forMs: number): Promise<void> {
    const deadlineMs = this.#options.clock.nowMs() + forMs;
    while (isWaiting()) {
      const leftMs = deadlineMs - this.#options.clock.nowMs();
      if (leftMs <= 0) return;
      await this.#sleep(leftMs);
    }
  }

  /** Until the time is over, or the host runs, or this is closed. */
  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#waiters.delete(wake);
        resolve();
      };
      const cancel = this.#options.clock.after(delayMs, wake);
      this.#waiters.add(wake);
    });
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }
}

const killQuietly = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
};
