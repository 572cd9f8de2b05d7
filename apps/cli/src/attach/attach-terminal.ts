// One session on the user's terminal, until detach, end, or the loss of the terminal.
//
// I1 The user's terminal is restored on every way out (also by signals and crashes: user-terminal.ts).
// I2 Output is acknowledged after the terminal took it: a slow terminal holds back this attachment alone.
// I3 Nothing of ours is drawn inside the session's screen without drawing that screen anew afterwards.
// I4 Drawing anew never takes the session's size; typing and changing the window do.
import { type Clock, Failure, systemClock } from "@cmdop/base";
import type { Attachment, AttachmentEvent, Exit, Viewport } from "@cmdop/sdk";
import type { Io } from "../io.ts";
import { eventLine, failureLine, helpLines, hintLine, outageLine, whoLines } from "./attach-words.ts";
import { Keyboard } from "./keyboard.ts";
import type { Leader } from "./leader.ts";
import type { InputAction, LeaderCommand } from "./leader-keys.ts";
import { Notices } from "./notices.ts";
import { Outage } from "./outage.ts";
import { SessionScreen, type Size } from "./session-screen.ts";
import { type EndingSignal, listenToTerminal } from "./terminal-events.ts";
import { openUserTerminal, type UserTerminal } from "./user-terminal.ts";

export type AttachOutcome =
  | { readonly kind: "detached" }
  | { readonly kind: "ended"; readonly exit: Exit }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "signal"; readonly name: EndingSignal };

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

/** Output drawn before stdin and timers get their turn. */
const drawnBytesPerTurn = 65_536;
/** Input that was typed just before a redraw has left by then. */
const oldAttachmentMs = 1_000;
const sizeAnswerMs = 500;
const whoMs = 5_000;
const leaveMs = 1_000;

export const attachTerminal = (options: AttachTerminalOptions): Promise<AttachOutcome> =>
  new AttachedTerminal(options).run();

class AttachedTerminal {
  readonly #options: AttachTerminalOptions;
  readonly #clock: Clock;
  readonly #terminal: UserTerminal;
  readonly #keyboard: Keyboard;
  readonly #screen: SessionScreen;
  readonly #notices: Notices;
  readonly #outage: Outage;
  readonly #outcome = Promise.withResolvers<AttachOutcome>();
  readonly #old = new Set<Attachment>();
  #attachment: Attachment;
  #stopPump = new AbortController();
  #redrawing: "no" | "now" | "again" = "no";
  #isHelpShown = false;
  /** This window's size is known to the relay as one that counts. */
  #isSizeDeclared = true;
  /** The lease goes over from the attachment before: no news for its holder. */
  #isLeaseMoving = false;
  #isOver = false;

  constructor(options: AttachTerminalOptions) {
    const { io, leader, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#attachment = options.attachment;
    this.#terminal = openUserTerminal(io, () => this.#screen.touched);
    this.#keyboard = new Keyboard(leader, clock, {
      act: (action) => this.#act(action),
      hint: (pressed) => this.#notices.say(hintLine(pressed)),
    });
    this.#screen = new SessionScreen(this.#terminal, clock, {
      redraw: () => void this.#redraw(),
      drawn: () => this.#notices.paint(),
      mismatch: (text) => {
        if (!this.#outage.isNoticed) this.#notices.say(text);
      },
    });
    this.#notices = new Notices(
      {
        cols: () => this.#terminal.cols,
        cover: (lines) => this.#screen.cover(lines),
        uncover: () => this.#screen.uncover(),
      },
      clock,
    );
    this.#outage = new Outage({
      clock,
      view: {
        waiting: (cause, lastedMs) => this.#notices.show([outageLine(cause, lastedMs, leader)]),
        over: (text) => {
          if (text !== undefined) this.#notices.say(text);
          else if (this.#notices.isShown) this.#notices.clear();
        },
      },
    });
  }

  async run(): Promise<AttachOutcome> {
    this.#terminal.enter();
    const stopListening = listenToTerminal(this.#options.io, this.#clock, {
      input: (bytes) => this.#keyboard.receive(bytes),
      resized: () => this.#windowResized(),
      ended: (name) => {
        this.#terminal.restore();
        this.#outcome.resolve({ kind: "signal", name });
      },
      stopping: () => this.#terminal.restore(),
      continued: () => {
        // The shell has used the terminal since, whether or not it was restored before the stop.
        this.#terminal.restore();
        this.#terminal.enter();
        this.#windowResized();
        void this.#redraw();
      },
    });
    try {
      this.#follow(this.#attachment);
      return await this.#outcome.promise;
    } finally {
      this.#isOver = true;
      stopListening();
      this.#keyboard.stop();
      this.#outage.stop();
      this.#notices.drop();
      this.#stopPump.abort();
      this.#screen.dispose();
      this.#terminal.restore();
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

  /** Events and output of an attachment, from now on the one. */
  #follow(attachment: Attachment): void {
    this.#stopPump.abort();
    const stop = new AbortController();
    this.#stopPump = stop;
    this.#attachment = attachment;
    const off = attachment.onEvent((event) => this.#tell(event));
    stop.signal.addEventListener("abort", off, { once: true });
    if (!attachment.isConnected) this.#outage.begin("connection");
    void this.#pump(attachment, stop.signal);
  }

  async #pump(attachment: Attachment, stop: AbortSignal): Promise<void> {
    let drawn = 0;
    try {
      for (;;) {
        const item = await attachment.read({ signal: stop });
        if (stop.aborted) return;
        if (item === undefined) break;
        if (item.kind === "exit") {
          this.#outcome.resolve({ kind: "ended", exit: item.exit });
          return;
        }
        drawn += await this.#screen.draw(item);
        if (drawn >= drawnBytesPerTurn) {
          drawn = 0;
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      this.#outcome.resolve({ kind: "detached" });
    } catch (cause) {
      if (stop.aborted) return;
      const failure = cause instanceof Failure ? cause : new Failure("internal", undefined, { cause });
      this.#outcome.resolve({ kind: "failed", failure });
    }
  }

  #tell(event: AttachmentEvent): void {
    this.#outage.watch(event);
    if (event.type === "presence" && !this.#isSizeDeclared) {
      // Nobody else shows it: there is nobody to take the size from.
      if (!event.participants.some((other) => !other.isSelf && other.cols > 0)) this.#takeSize();
    }
    const line =
      event.type === "lease" && this.#isLeaseMoving ? undefined : eventLine(event, this.#options.leader);
    if (line !== undefined) this.#notices.say(line);
  }

  // The window

  get #size(): Size {
    return { cols: this.#terminal.cols, rows: this.#terminal.rows };
  }

  #takeSize(): void {
    if (this.#options.isView) return;
    this.#isSizeDeclared = true;
    this.#attachment.resize(this.#size);
  }

  #windowResized(): void {
    this.#takeSize();
    this.#notices.paint();
    this.#screen.windowResized();
    // The session takes this size unless it is somebody else's to say.
    this.#clock.after(this.#options.isView ? 0 : sizeAnswerMs, () => this.#screen.fit());
  }

  /** A new attachment begins with a drawing of the screen; then it takes the place of this one. */
  async #redraw(): Promise<void> {
    if (this.#isOver || !this.#attachment.isConnected) return;
    if (this.#redrawing !== "no") {
      this.#redrawing = "again";
      return;
    }
    this.#redrawing = "now";
    try {
      await this.#replaceAttachment();
    } catch {
      // The old attachment goes on; what a notice covers is drawn by the next change.
    }
    const isAgain = this.#wasAskedAgain();
    this.#redrawing = "no";
    if (isAgain) await this.#redraw();
  }

  #wasAskedAgain(): boolean {
    return this.#redrawing === "again";
  }

  async #replaceAttachment(): Promise<void> {
    // A window of another size draws what is, and must not become the one whose size counts: two windows would
    // take it from each other for ever.
    const isHidden = !this.#screen.isSameSize;
    const next = await this.#options.reattach({ ...this.#size, isHidden });
    if (this.#isOver) return next.detach();
    const old = this.#attachment;
    this.#isSizeDeclared = !isHidden;
    this.#isLeaseMoving = old.lease.isMine;
    this.#follow(next);
    this.#old.add(old);
    this.#clock.after(oldAttachmentMs, () => {
      this.#old.delete(old);
      void old.detach();
    });
    if (!this.#isLeaseMoving) return;
    const moved = () => {
      this.#isLeaseMoving = false;
    };
    next.takeLease().then(moved, moved);
  }

  // What is typed

  #act(action: InputAction): void {
    if (this.#isOver) return;
    if (this.#isHelpShown) {
      this.#isHelpShown = false;
      this.#notices.clear();
      if (action.kind !== "command") return;
    }
    if (action.kind === "command") this.#command(action.command);
    else this.#send(action.bytes, action.kind === "paste");
  }

  #send(bytes: Uint8Array, isPaste: boolean): void {
    if (this.#options.isView || this.#attachment.role === "observer") {
      this.#notices.say("you only watch: nothing is typed");
      return;
    }
    if (!this.#isSizeDeclared) this.#takeSize();
    if (this.#attachment.writeNow(bytes, isPaste ? { paste: true } : {})) return;
    this.#notices.say(isPaste ? "the paste is not delivered" : "typing is not delivered");
  }

  #command(command: LeaderCommand): void {
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
        this.#notices.show(whoLines(this.#attachment.participants), whoMs);
        return;
      case "redraw":
        void this.#redraw();
        return;
      case "help":
        this.#isHelpShown = true;
        this.#notices.show(helpLines(this.#options.leader));
        return;
    }
  }

  #changeLease(change: Promise<unknown>, done: string): void {
    change.then(
      () => this.#notices.say(done),
      (cause) => this.#notices.say(failureLine(cause)),
    );
  }
}
