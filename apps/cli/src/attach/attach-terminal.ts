// One session on the user's terminal, until detach, end, or the loss of the terminal.
//
// I1 The user's terminal is restored on every way out (also by signals and crashes: user-terminal.ts).
// I2 Output is acknowledged after the terminal took it: a slow terminal holds back this attachment alone.
// I3 Nothing of ours is drawn inside the session's screen without drawing that screen anew afterwards.
import { type Clock, Failure, systemClock, toDisplayText } from "@cmdop/base";
import type { Attachment, AttachmentEvent, Exit, OutputItem, Viewport } from "@cmdop/sdk";
import { toDurationText } from "../duration.ts";
import type { Io } from "../io.ts";
import type { Leader } from "./leader.ts";
import { type InputAction, type LeaderCommand, LeaderKeys, leaderCommands } from "./leader-keys.ts";
import { Notices } from "./notices.ts";
import { Outage } from "./outage.ts";
import type { Touched } from "./output-filter.ts";
import { DirectView, type SessionView } from "./session-view.ts";
import { TerminalInput } from "./terminal-input.ts";
import { setTitle } from "./terminal-modes.ts";
import { openUserTerminal, type UserTerminal } from "./user-terminal.ts";

export type AttachOutcome =
  | { readonly kind: "detached" }
  | { readonly kind: "ended"; readonly exit: Exit }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "signal"; readonly name: "SIGTERM" | "SIGHUP" | "SIGINT" | "SIGQUIT" };

export interface AttachTerminalOptions {
  readonly io: Io;
  /** Already attached: what can fail before anything was drawn has not failed. */
  readonly attachment: Attachment;
  /** Attaches again, for a drawing of the whole screen. A hidden viewport does not count for the size. */
  readonly reattach: (viewport: Viewport) => Promise<Attachment>;
  readonly leader: Leader | undefined;
  readonly isView: boolean;
  readonly clock?: Clock;
}

const hintMs = 600;
/** Output drawn before stdin and timers get their turn. */
const drawnBytesPerTurn = 65_536;
/** Input that was typed just before a redraw has left by then. */
const oldAttachmentMs = 1_000;
const resizeSettleMs = 40;
const sizeAnswerMs = 500;
const leaveMs = 1_000;

export const attachTerminal = (options: AttachTerminalOptions): Promise<AttachOutcome> =>
  new AttachedTerminal(options).run();

class AttachedTerminal {
  readonly #options: AttachTerminalOptions;
  readonly #io: Io;
  readonly #clock: Clock;
  readonly #terminal: UserTerminal;
  readonly #input: TerminalInput;
  readonly #keys = new LeaderKeys();
  readonly #notices: Notices;
  readonly #outage: Outage;
  readonly #outcome = Promise.withResolvers<AttachOutcome>();
  readonly #closers: (() => void)[] = [];
  readonly #old = new Set<Attachment>();
  readonly #touched = { colours: false, progress: false };
  #view: SessionView;
  #attachment: Attachment;
  #stopPump = new AbortController();
  #cancelInputWait: (() => void) | undefined;
  #cancelHint: (() => void) | undefined;
  #cancelResize: (() => void) | undefined;
  #isRedrawing = false;
  #isRedrawDue = false;
  /** This window's size is known to the relay as one that counts. */
  #isSizeDeclared = true;
  #isHelpShown = false;
  #isOver = false;
  #sizedBy = "";
  #saidMismatch = "";
  #sessionSize = { cols: 0, rows: 0 };

  constructor(options: AttachTerminalOptions) {
    this.#options = options;
    this.#io = options.io;
    this.#clock = options.clock ?? systemClock;
    this.#attachment = options.attachment;
    this.#input = new TerminalInput(options.leader);
    this.#terminal = openUserTerminal(options.io, () => this.#allTouched());
    this.#view = new DirectView(this.#terminal);
    this.#notices = new Notices(
      {
        cols: () => this.#terminal.cols,
        cover: (lines) => this.#view.cover(lines),
        uncover: () => {
          if (!this.#view.uncover()) void this.#redraw();
        },
      },
      this.#clock,
    );
    this.#outage = new Outage({
      clock: this.#clock,
      view: {
        waiting: (cause, lastedMs) => {
          const what = cause === "connection" ? "reconnecting" : "the machine is away";
          const detach = options.leader ? ` · ${options.leader.label} d detaches` : "";
          this.#notices.show([`${what}, ${toDurationText(lastedMs)} · typing is not delivered${detach}`]);
        },
        over: (text) => {
          if (text !== undefined) this.#notices.say(text);
          else if (this.#notices.isShown) this.#notices.clear();
        },
      },
    });
  }

  async run(): Promise<AttachOutcome> {
    try {
      this.#terminal.enter();
      this.#listen();
      this.#follow(this.#attachment);
      return await this.#outcome.promise;
    } finally {
      this.#isOver = true;
      this.#outage.stop();
      this.#notices.drop();
      this.#stopPump.abort();
      this.#view.dispose();
      for (const cancel of [this.#cancelInputWait, this.#cancelHint, this.#cancelResize]) cancel?.();
      for (const close of this.#closers.splice(0)) close();
      this.#terminal.restore();
      this.#io.stdin.pause();
      await this.#leave();
    }
  }

  /** Says goodbye, and does not wait for a relay that does not hear it. */
  async #leave(): Promise<void> {
    const left = Promise.allSettled(
      [this.#attachment, ...this.#old].map((attachment) => attachment.detach()),
    );
    const timeout = Promise.withResolvers<void>();
    const cancel = this.#clock.after(leaveMs, timeout.resolve);
    await Promise.race([left, timeout.promise]);
    cancel();
  }

  #listen(): void {
    const { stdin, stdout } = this.#io;
    const onData = (bytes: Buffer): void => this.#receive(bytes);
    const onEnd = (): void => this.#outcome.resolve({ kind: "signal", name: "SIGHUP" });
    stdin.on("data", onData);
    stdin.on("end", onEnd);
    stdin.on("error", onEnd);
    const onResize = (): void => {
      this.#cancelResize?.();
      this.#cancelResize = this.#clock.after(resizeSettleMs, () => this.#declareSize());
    };
    stdout.on("resize", onResize);
    this.#closers.push(
      () => stdin.off("data", onData),
      () => stdin.off("end", onEnd),
      () => stdin.off("error", onEnd),
      () => stdout.off("resize", onResize),
    );
    for (const name of ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const) {
      this.#closers.push(
        this.#io.onSignal(name, () => {
          this.#terminal.restore();
          this.#outcome.resolve({ kind: "signal", name });
        }),
      );
    }
    this.#closers.push(
      this.#io.onSignal("SIGTSTP", () => {
        this.#terminal.restore();
        this.#io.raise("SIGSTOP");
      }),
      this.#io.onSignal("SIGCONT", () => {
        // The shell has used the terminal since, whether or not it was restored before the stop.
        this.#terminal.restore();
        this.#terminal.enter();
        this.#declareSize();
        void this.#redraw();
      }),
    );
    stdin.resume();
  }

  /** Events and output of an attachment, from now on the one. */
  #follow(attachment: Attachment): void {
    this.#stopPump.abort();
    const stop = new AbortController();
    this.#stopPump = stop;
    this.#attachment = attachment;
    const off = attachment.onEvent((event) => {
      if (attachment === this.#attachment) this.#tell(event);
    });
    stop.signal.addEventListener("abort", off, { once: true });
    if (!attachment.isConnected) this.#outage.begin("connection");
    void this.#pump(attachment, stop.signal);
  }

  async #pump(attachment: Attachment, stop: AbortSignal): Promise<void> {
    let drawn = 0;
    try {
      for (;;) {
        const item = await attachment.read({ signal: stop });
        if (stop.aborted || this.#isOver) return;
        if (item === undefined) break;
        if (item.kind === "exit") {
          this.#outcome.resolve({ kind: "ended", exit: item.exit });
          return;
        }
        drawn += await this.#draw(item);
        if (drawn >= drawnBytesPerTurn) {
          drawn = 0;
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      this.#outcome.resolve({ kind: "detached" });
    } catch (cause) {
      if (stop.aborted || this.#isOver) return;
      const failure = cause instanceof Failure ? cause : new Failure("internal", undefined, { cause });
      this.#outcome.resolve({ kind: "failed", failure });
    }
  }

  async #draw(item: OutputItem): Promise<number> {
    if (item.kind === "output") {
      await this.#view.output(item.bytes);
      return item.bytes.length;
    }
    if (item.kind === "snapshot") {
      await this.#chooseView(item);
      await this.#view.snapshot(item);
      const title = toDisplayText(item.title);
      if (title) await this.#terminal.draw([setTitle(title)]);
      this.#notices.paint();
      this.#noteSize(item.cols, item.rows, "");
      return item.data.length;
    }
    if (item.kind === "resize") {
      this.#noteSize(item.cols, item.rows, toDisplayText(item.operator, 32));
      this.#view.resize(item.cols, item.rows);
      this.#fitView();
    }
    // A gap needs no words on a terminal: the snapshot after it draws what is.
    return 0;
  }

  #isSameSize({ cols, rows }: { readonly cols: number; readonly rows: number }): boolean {
    return cols === this.#terminal.cols && rows === this.#terminal.rows;
  }

  async #chooseView(size: { readonly cols: number; readonly rows: number }): Promise<void> {
    const kind = this.#isSameSize(size) ? "direct" : "fitted";
    if (this.#view.kind === kind) return;
    const fitted = kind === "fitted" ? await import("./fitted-view.ts") : undefined;
    Object.assign(this.#touched, this.#allTouched());
    this.#view.dispose();
    this.#view = fitted ? new fitted.FittedView(this.#terminal, this.#clock) : new DirectView(this.#terminal);
  }

  /** Draws anew when the sizes have become equal, or are no longer. */
  #fitView(): void {
    if (this.#sessionSize.cols === 0) return;
    const isDirect = this.#view.kind === "direct";
    if (isDirect !== this.#isSameSize(this.#sessionSize)) void this.#redraw();
  }

  #allTouched(): Touched {
    const { colours, progress } = this.#view.touched;
    return { colours: colours || this.#touched.colours, progress: progress || this.#touched.progress };
  }

  #noteSize(cols: number, rows: number, operator: string): void {
    this.#sessionSize = { cols, rows };
    if (operator !== "") this.#sizedBy = ` by ${operator}`;
    this.#clock.after(1_000, () => {
      const isSame = this.#isSameSize({ cols, rows });
      const isOld = this.#sessionSize.cols !== cols || this.#sessionSize.rows !== rows;
      const mismatch = `${cols}×${rows} ${this.#terminal.cols}×${this.#terminal.rows}`;
      if (isSame || isOld || this.#isOver || this.#outage.isNoticed || mismatch === this.#saidMismatch)
        return;
      this.#saidMismatch = mismatch;
      this.#notices.say(
        `sized ${cols}×${rows}${this.#sizedBy}; this window is ${this.#terminal.cols}×${this.#terminal.rows}`,
      );
    });
  }

  #declareSize(): void {
    if (!this.#options.isView)
      this.#attachment.resize({ cols: this.#terminal.cols, rows: this.#terminal.rows });
    this.#notices.paint();
    if (this.#view.kind === "fitted") this.#view.resize(this.#sessionSize.cols, this.#sessionSize.rows);
    // The session takes this size unless it is somebody else's to say.
    this.#clock.after(this.#options.isView ? 0 : sizeAnswerMs, () => this.#fitView());
  }

  #takeSize(): void {
    if (this.#options.isView) return;
    this.#isSizeDeclared = true;
    this.#attachment.resize(this.#windowSize());
  }

  #windowSize(): { readonly cols: number; readonly rows: number } {
    return { cols: this.#terminal.cols, rows: this.#terminal.rows };
  }

  // What is typed

  #receive(bytes: Uint8Array): void {
    this.#cancelInputWait?.();
    this.#cancelInputWait = undefined;
    this.#apply(this.#input.push(bytes).flatMap((token) => this.#keys.apply(token)));
    const { waitMs } = this.#input;
    if (waitMs === undefined) return;
    this.#cancelInputWait = this.#clock.after(waitMs, () =>
      this.#apply(this.#input.flush().flatMap((token) => this.#keys.apply(token))),
    );
  }

  #apply(actions: readonly InputAction[]): void {
    this.#watchLeader();
    for (const action of actions) {
      if (this.#isOver) return;
      if (action.kind === "command") this.#command(action.command);
      else if (this.#isHelpShown) this.#closeHelp();
      else this.#send(action.bytes, action.kind === "paste");
    }
  }

  #send(bytes: Uint8Array, isPaste: boolean): void {
    if (this.#options.isView || this.#attachment.role === "observer") {
      this.#notices.say("you only watch: nothing is typed");
      return;
    }
    if (!this.#isSizeDeclared) this.#takeSize();
    if (!this.#attachment.writeNow(bytes, isPaste ? { paste: true } : {})) {
      this.#notices.say(isPaste ? "the paste is not delivered" : "typing is not delivered");
    }
  }

  /** A leader by itself for a while: the user may not know what it is. */
  #watchLeader(): void {
    this.#cancelHint?.();
    this.#cancelHint = undefined;
    const { leader } = this.#options;
    if (!this.#keys.isArmed || !leader) return;
    this.#cancelHint = this.#clock.after(hintMs, () =>
      this.#notices.say(`${leader.label} then: d detach · t take · r hand back · w who · l redraw · ? help`),
    );
  }

  #command(command: LeaderCommand): void {
    if (this.#isHelpShown) this.#closeHelp();
    switch (command) {
      case "detach":
        this.#outcome.resolve({ kind: "detached" });
        return;
      case "take":
        this.#changeLease(this.#attachment.takeLease(), "you have the keyboard");
        return;
      case "handBack":
        this.#changeLease(this.#attachment.handBack(), "the keyboard is handed back");
        return;
      case "who":
        this.#notices.show(this.#who(), 5_000);
        return;
      case "redraw":
        void this.#redraw();
        return;
      case "help":
        this.#isHelpShown = true;
        this.#notices.show(this.#help());
        return;
    }
  }

  #changeLease(change: Promise<unknown>, done: string): void {
    change.then(
      () => this.#notices.say(done),
      (cause) =>
        this.#notices.say(cause instanceof Failure ? toDisplayText(cause.message) : "that did not work"),
    );
  }

  #who(): string[] {
    return this.#attachment.participants.map(({ operator, role, actor, cols, rows, isSelf }) => {
      const size = cols > 0 ? ` ${cols}×${rows}` : "";
      const holds = this.#attachment.lease.holder === operator ? " · has the keyboard" : "";
      return `${toDisplayText(operator, 40)}${isSelf ? " (you)" : ""}: ${role}, ${actor}${size}${holds}`;
    });
  }

  #help(): string[] {
    const label = this.#options.leader?.label ?? "";
    return [
      ...leaderCommands.map(({ key, about }) => `${label} ${key}   ${about}`),
      `${label} ${label}   send ${label} itself`,
      "any key closes this",
    ];
  }

  #closeHelp(): void {
    this.#isHelpShown = false;
    this.#notices.clear();
  }

  // What happens

  #tell(event: AttachmentEvent): void {
    this.#outage.watch(event);
    switch (event.type) {
      case "presence":
        if (!this.#isSizeDeclared && !event.participants.some((other) => !other.isSelf && other.cols > 0))
          this.#takeSize();
        return;
      case "inputDropped":
        this.#notices.say(`not delivered: ${count(event.bytes, "byte")} typed while away`);
        return;
      case "inputRefused":
        this.#notices.say(`not typed: ${toDisplayText(event.failure.message)}`);
        return;
      case "lease":
        if (event.lease.holder !== "" && !event.lease.isMine) {
          this.#notices.say(
            `${toDisplayText(event.lease.holder, 40)} (${event.lease.actor}) has the keyboard`,
          );
        }
        return;
      case "fault":
        this.#notices.say(toDisplayText(event.failure.message));
        return;
      default:
        return;
    }
  }

  /** A new attachment begins with a drawing of the screen; then it takes the place of this one. */
  async #redraw(): Promise<void> {
    if (this.#isOver || !this.#attachment.isConnected) return;
    if (this.#isRedrawing) {
      this.#isRedrawDue = true;
      return;
    }
    this.#isRedrawing = true;
    this.#isRedrawDue = false;
    try {
      // A window of another size draws what is, and must not become the one whose size counts: two windows would
      // take it from each other for ever. Typing takes it.
      const isHidden = !this.#isSameSize(this.#sessionSize);
      const next = await this.#options.reattach({ ...this.#windowSize(), isHidden });
      const old = this.#attachment;
      if (this.#isOver) {
        await next.detach();
        return;
      }
      const hadLease = old.lease.isMine;
      this.#isSizeDeclared = !isHidden;
      this.#follow(next);
      this.#old.add(old);
      this.#clock.after(oldAttachmentMs, () => {
        this.#old.delete(old);
        void old.detach();
      });
      if (hadLease) next.takeLease().catch(() => {});
    } catch {
      // The old attachment goes on; what the notice covers is drawn by the next change.
    } finally {
      this.#isRedrawing = false;
      if (this.#isRedrawDue) void this.#redraw();
    }
  }
}

const count = (value: number, unit: string): string => `${value} ${unit}${value === 1 ? "" : "s"}`;
