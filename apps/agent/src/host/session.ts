// One session of this host: its execution, log and screen while it lives, its log afterwards, and its homes.
//
// I1 One owner applies output to homes, log and screen in one order: an offset determines a screen.
// I2 A resize and the exit stand in the output's order, at the offset where they happened.
// I3 The execution is never paused for a reader, except a command that asked for it; it is paused for the screen,
//    which bounds how far a snapshot can be behind.

import type { Clock } from "@cmdop/base";
import { toDisplayText } from "@cmdop/base";
import {
  type Channel,
  type Exit,
  ExitReason,
  encodeOutput,
  type Frame,
  type FrameBody,
  LeaseAction,
  type LeaseRequest,
  outputData,
  type Presence,
  peekFrame,
  prefixBytes,
  Role,
  SessionKind,
} from "@cmdop/protocol";
import type { OutputLog } from "../output-log/output-log.ts";
import type { Screen, ScreenSnapshot } from "../screen/screens.ts";
import type { Execution, ExecutionEvents, ExecutionExit } from "./execution.ts";
import { restMs } from "./flood-pace.ts";
import type { Home, HomeLink } from "./home.ts";
import { HomeSet } from "./home-set.ts";
import type { LaunchPlan } from "./launch-plan.ts";
import { hostLimits } from "./limits.ts";
import { OutputBatch } from "./output-batch.ts";
import { SessionInput } from "./session-input.ts";
import { WriteLease } from "./write-lease.ts";

export interface SessionOptions {
  readonly id: string;
  readonly plan: LaunchPlan;
  readonly clock: Clock;
  readonly log: OutputLog;
  /** Of a terminal. */
  readonly screen: Screen | undefined;
  /** How long its log is kept after its end, at the longest. */
  readonly logKeptMs: number;
  /** Something that a list shows has changed. */
  changed(): void;
  /** Somebody pressed a key in it. */
  typed(): void;
  /** The execution has ended and its output is complete. */
  ended(exit: Exit): void;
}

/** Longer input was not typed by hand. */
const keyPressBytesMax = 64;

const interruptKeys = new Set([0x03, 0x1a, 0x1c]);

const allowedSignals: ReadonlySet<string> = new Set([
  "SIGINT",
  "SIGTERM",
  "SIGQUIT",
  "SIGHUP",
  "SIGKILL",
  "SIGTSTP",
  "SIGSTOP",
  "SIGCONT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGWINCH",
]);

type PauseReason = "screen" | "reader";

export class Session {
  readonly id: string;
  readonly plan: LaunchPlan;
  readonly createdAtMs: number;
  /** Its end has been told and its last screen stored: it may be put away. */
  isSettled = false;
  readonly #options: SessionOptions;
  readonly #batch: OutputBatch;
  readonly #lease = new WriteLease(hostLimits);
  readonly #input: SessionInput;
  readonly #homes: HomeSet;
  readonly #pauses = new Set<PauseReason>();
  readonly #timeoutAtMs: number;
  #execution: Execution | undefined;
  #exit: Exit | undefined;
  #endReason: ExitReason | undefined;
  #killAtMs: number | undefined;
  #activeAtMs: number;
  #attachments = 0;
  #consumed = 0;
  #cols: number;
  #rows: number;
  #title = "";

  constructor(options: SessionOptions) {
    const { id, plan, clock, screen } = options;
    this.id = id;
    this.plan = plan;
    this.#options = options;
    this.createdAtMs = clock.wallMs();
    this.#activeAtMs = clock.nowMs();
    this.#timeoutAtMs = plan.timeoutMs > 0 ? clock.nowMs() + plan.timeoutMs : Number.POSITIVE_INFINITY;
    this.#cols = plan.cols;
    this.#rows = plan.rows;
    this.#homes = new HomeSet({ log: options.log, clock, snapshot: () => this.#snapshot() });
    this.#batch = new OutputBatch(hostLimits.outputFrameBytes, (channel, data) => this.#emit(channel, data));
    this.#input = new SessionInput({
      clock,
      lease: this.#lease,
      target: this.#inputTarget(),
      refuse: (body) => this.#homes.broadcast(body),
      acknowledge: (ack) => this.#homes.acknowledge(ack),
      applied: (note) => {
        this.#activeAtMs = clock.nowMs();
        options.log.input(note);
        if (!note.isPaste && note.bytes <= keyPressBytesMax) options.typed();
      },
      leaseChanged: () => this.#homes.broadcast(this.#leaseBody()),
    });
    screen?.onDrain(() => this.#resume("screen"));
    screen?.onReply((bytes) => this.#reply(bytes));
    screen?.onTitle((title) => {
      this.#title = toDisplayText(title);
      options.changed();
    });
  }

  /** What the execution tells; to be given to it before `run`. */
  get events(): ExecutionEvents {
    return {
      output: (channel, data) => this.#batch.add(channel, data),
      exit: (exit) => this.#onExit(exit),
    };
  }

  run(execution: Execution): void {
    this.#execution = execution;
    if (this.plan.kind === SessionKind.COMMAND && !this.plan.hasStdin) execution.endInput();
  }

  get log(): OutputLog {
    return this.#options.log;
  }

  /** Input and answers to the program's queries that it has not taken yet. */
  get unwrittenInputBytes(): number {
    return this.#execution?.unwrittenBytes ?? 0;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  get size(): { readonly cols: number; readonly rows: number } {
    return { cols: this.#cols, rows: this.#rows };
  }

  get title(): string {
    return this.#title;
  }

  get homes(): number {
    return this.#homes.size;
  }

  /**
   * What its flood rests between two pieces. Nobody waits for what nobody is attached to; and what is read faster than it
   * is carried away ends in a gap, while the reader gets less, not more.
   */
  get restMs(): number {
    return this.#attachments === 0 ? 1 : restMs(this.#homes.lagBytes);
  }

  get pid(): number | undefined {
    return this.#execution?.pid;
  }

  /** Opens a home on the link: Hello first. */
  addHome(link: HomeLink): Home {
    this.#batch.flush();
    const home = this.#homes.add(link);
    home.send({
      case: "hello",
      value: {
        sessionId: this.id,
        version: 1,
        kind: this.plan.kind,
        cols: this.#cols,
        rows: this.#rows,
        resizePolicy: this.plan.resizePolicy,
        logStart: BigInt(this.log.start),
        offset: BigInt(this.log.end),
        lease: this.#leaseValue(),
        title: this.#title,
        ...(this.#exit && { exit: this.#exit }),
      },
    });
    // What was printed before it, it reads from the log and acknowledges nothing of: to wait for that is to wait for ever.
    this.#consumed = this.log.end;
    this.#resume("reader");
    return home;
  }

  removeHome(home: Home): void {
    this.#homes.remove(home);
    if (this.#homes.size === 0) this.#attachments = 0;
    this.#stopAwaitingReader();
  }

  /** A frame from a home. Throws a Failure for one that does not belong there. */
  take(home: Home, { body }: Frame): void {
    if (!hasBoundedSender(body)) {
      home.send({
        case: "fault",
        value: { code: "invalid_argument", text: "operator or stream: too long." },
      });
      return;
    }
    switch (body.case) {
      case "input":
        this.#input.input(body.value);
        if (isInterrupt(body.value.data) && this.plan.kind === SessionKind.TERMINAL)
          this.#homes.skipBacklogs();
        return;
      case "ack":
        home.acknowledge(Number(body.value.offset));
        this.#consumed = Math.max(this.#consumed, Math.min(Number(body.value.offset), this.log.end));
        this.#homes.acknowledged();
        this.#stopAwaitingReader();
        return;
      case "inputSync":
        this.#input.sync(body.value);
        return;
      case "resize":
        this.#resize(body.value);
        return;
      case "signal":
        this.#signal(body.value.name);
        return;
      case "close":
        this.close(body.value.graceMs);
        return;
      case "leaseRequest":
        this.#leaseRequest(body.value);
        return;
      case "presence":
        this.#presence(body.value);
        return;
      case "snapshotRequest":
        void home.answerSnapshot(body.value.requestId);
        return;
      case "logRequest":
        if (!this.#homes.logAnswers(home)?.request(body.value)) {
          home.send({ case: "fault", value: { code: "rate_limited", text: "Too many log requests wait." } });
        }
        return;
      default:
        // A frame of a later version, or one that a host has no use for.
        return;
    }
  }

  /** The screen as the execution left it. */
  async lastScreen(): Promise<ScreenSnapshot | undefined> {
    const { screen } = this.#options;
    // A snapshot may be older than what was written; the modes are not.
    return screen
      ?.modes()
      .then(() => screen.snapshot())
      .catch(() => undefined);
  }

  /** Asks the execution to end; ends it after the grace. */
  close(graceMs: number, reason: ExitReason = ExitReason.CLOSED): void {
    if (this.#exit) return;
    this.#endReason ??= reason;
    const grace = Math.min(graceMs || hostLimits.closeGraceMs, hostLimits.closeGraceMsMax);
    const killAtMs = this.#options.clock.nowMs() + grace;
    this.#killAtMs = Math.min(this.#killAtMs ?? Number.POSITIVE_INFINITY, killAtMs);
    this.#execution?.hangUp();
    this.#stopAwaitingReader();
  }

  /** Ends the execution now. */
  kill(): void {
    this.#endReason ??= ExitReason.CLOSED;
    this.#execution?.kill();
    this.#stopAwaitingReader();
  }

  /** Deadlines; several times a second. */
  tick(): void {
    if (this.#exit) return;
    const nowMs = this.#options.clock.nowMs();
    if (this.#lease.tick(nowMs)) this.#homes.broadcast(this.#leaseBody());
    if (this.#killAtMs !== undefined) {
      if (nowMs >= this.#killAtMs) this.#execution?.kill();
    } else if (nowMs >= this.#timeoutAtMs) this.close(0, ExitReason.TIMEOUT);
    else if (this.#isIdle(nowMs)) this.close(0, ExitReason.IDLE);
  }

  /** Ends homes, screen and files; the execution is not asked. */
  dispose(): void {
    this.#batch.close();
    this.#homes.end();
    this.#options.screen?.dispose();
    this.log.close();
  }

  #isIdle(nowMs: number): boolean {
    const { idleMs } = this.plan;
    return idleMs > 0 && this.#attachments === 0 && nowMs - this.#activeAtMs >= idleMs;
  }

  #emit(channel: Channel, data: Buffer): void {
    const { log, screen, clock } = this.#options;
    const offset = log.end;
    const framed = encodeOutput({ offset, channel, data });
    const message = framed.subarray(prefixBytes);
    // The copy that encoding made is what everybody keeps.
    const kept = outputData(message, peekFrame(message));
    log.output(channel, kept);
    this.#activeAtMs = clock.nowMs();
    this.#homes.output({ offset, outputBytes: kept.length, framed });
    if (screen) {
      screen.write(offset, kept);
      if (screen.isLagging) this.#pause("screen");
    }
    if (this.plan.waitsForReader && this.#isReaderAwaited()) this.#pause("reader");
  }

  #isReaderAwaited(): boolean {
    // What was told to end does so without anybody there to read it.
    if (this.#endReason !== undefined && this.#homes.size === 0) return false;
    return this.log.end - this.#consumed > hostLimits.unackedBytesMax;
  }

  #stopAwaitingReader(): void {
    if (!this.#isReaderAwaited()) this.#resume("reader");
  }

  #pause(reason: PauseReason): void {
    if (this.#pauses.size === 0) this.#execution?.pause();
    this.#pauses.add(reason);
  }

  #resume(reason: PauseReason): void {
    if (this.#pauses.delete(reason) && this.#pauses.size === 0) this.#execution?.resume();
  }

  #onExit({ code, signal }: ExecutionExit): void {
    this.#batch.close();
    const { log, clock, logKeptMs } = this.#options;
    const atMs = clock.wallMs();
    const how = signal === "" ? ExitReason.EXITED : ExitReason.SIGNALED;
    const reason = this.#endReason ?? how;
    const exit: Exit = {
      $typeName: "cmdop.live.v1.Exit",
      signal,
      finalOffset: BigInt(log.end),
      reason,
      atMs: BigInt(atMs),
      logUntilMs: BigInt(atMs + logKeptMs),
      ...(code !== undefined && { code }),
    };
    this.#exit = exit;
    this.#execution = undefined;
    log.exit({ code, signal, reason });
    log.flush();
    this.#homes.inOrder({ case: "exit", value: exit });
    this.#options.ended(exit);
  }

  #inputTarget() {
    return {
      isOpen: () =>
        this.#execution !== undefined && (this.plan.kind === SessionKind.TERMINAL || this.plan.hasStdin),
      unwrittenBytes: () => this.unwrittenInputBytes,
      write: (data: Uint8Array) => this.#execution?.write(data),
      endInput: () => this.#execution?.endInput(),
      isPasteBracketed: () => this.#isPasteBracketed(),
    };
  }

  async #isPasteBracketed(): Promise<boolean> {
    const { screen, clock } = this.#options;
    if (!screen) return false;
    let cancel = () => {};
    const late = new Promise<undefined>((resolve) => {
      cancel = clock.after(hostLimits.screenModesMs, () => resolve(undefined));
    });
    const modes = await Promise.race([screen.modes().catch(() => undefined), late]);
    cancel();
    return modes?.bracketedPaste ?? false;
  }

  /** The screen's answer to a query; a program that asks and never reads gets no more of them at the bound. */
  #reply(bytes: Uint8Array): void {
    if (this.unwrittenInputBytes + bytes.length > hostLimits.unwrittenInputBytesMax) return;
    this.#execution?.write(Uint8Array.from(bytes));
  }

  #resize(wanted: { cols: number; rows: number; operator: string }): void {
    const { cols, rows } = wanted;
    const isPossible = cols > 0 && rows > 0 && cols <= hostLimits.colsMax && rows <= hostLimits.rowsMax;
    if (!isPossible || !this.#execution || this.plan.kind !== SessionKind.TERMINAL) return;
    if (cols === this.#cols && rows === this.#rows) return;
    const operator = wanted.operator.slice(0, hostLimits.operatorCharsMax);
    // What was printed before it belongs to the old size.
    this.#batch.flush();
    this.#cols = cols;
    this.#rows = rows;
    this.#options.screen?.resize(cols, rows);
    this.log.size({ cols, rows, operator });
    this.#homes.inOrder({ case: "resize", value: { offset: BigInt(this.log.end), cols, rows, operator } });
    this.#execution.resize(cols, rows);
    this.#options.changed();
  }

  #signal(name: string): void {
    if (!allowedSignals.has(name)) return;
    this.#execution?.signal(name as NodeJS.Signals);
    if (this.plan.kind === SessionKind.TERMINAL && (name === "SIGINT" || name === "SIGQUIT"))
      this.#homes.skipBacklogs();
  }

  #leaseRequest({ action, operator, stream, actor }: LeaseRequest): void {
    const writer = { operator, stream: Uint8Array.from(stream), actor };
    const nowMs = this.#options.clock.nowMs();
    if (action === LeaseAction.TAKE) this.#lease.take(writer, nowMs);
    else if (action === LeaseAction.HAND_BACK) this.#lease.handBack(writer, nowMs);
    // Also when nothing changed: it tells the one who asked how things stand.
    this.#homes.broadcast(this.#leaseBody());
  }

  #presence({ attachments, truncated }: Presence): void {
    const operators = attachments
      .filter(({ role }) => role === Role.OPERATOR)
      .map(({ operator, stream, actor }) => ({ operator, stream: Uint8Array.from(stream), actor }));
    this.#attachments = attachments.length;
    this.#activeAtMs = this.#options.clock.nowMs();
    this.#lease.presence(truncated ? undefined : operators, this.#options.clock.nowMs());
  }

  #leaseValue() {
    const { holder, epoch } = this.#lease;
    return {
      holder: holder?.operator ?? "",
      epoch: BigInt(epoch),
      ...(holder && { stream: holder.stream, actor: holder.actor }),
    };
  }

  #leaseBody(): FrameBody {
    return { case: "lease", value: this.#leaseValue() };
  }

  #snapshot(): Promise<ScreenSnapshot | undefined> {
    return this.#options.screen?.snapshot() ?? Promise.resolve(undefined);
  }
}

/** Operators and streams are remembered: what a peer may make us remember has a bound. */
const hasBoundedSender = (body: Frame["body"]): boolean => {
  if (body.case !== "input" && body.case !== "inputSync" && body.case !== "leaseRequest") return true;
  const { operator, stream } = body.value;
  return operator.length <= hostLimits.operatorCharsMax && stream.length <= hostLimits.streamBytesMax;
};

const isInterrupt = (data: Uint8Array): boolean =>
  data.length > 0 && data.length <= 8 && interruptKeys.has(data[0] ?? 0);
