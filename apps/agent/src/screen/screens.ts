// The screens of all sessions of this host, drawn by headless emulators in worker threads so that a flood never
// holds up the I/O thread. What goes in is the PTY's output with offsets; what comes out are snapshots, answers
// to terminal queries, titles and the modes that input depends on.
//
// S1 A snapshot's offset and its screen belong together: both are of the same moment in the worker.
// S2 Answers to queries come in order, each once, and only for live output: nothing is ever replayed into here.
// S3 Lag is bounded by the caller, who stops reading while `isLagging`; a worker that dies never blocks it.

import { Worker } from "node:worker_threads";
import type { ScreenModes, ScreenSnapshot } from "./emulator.ts";
import { Lag } from "./lag.ts";
import type { FromWorker, ToWorker } from "./screen-messages.ts";

export type { ScreenModes, ScreenSnapshot } from "./emulator.ts";

export interface ScreenGeometry {
  readonly cols: number;
  readonly rows: number;
  /** Lines kept above the screen; default 2,000. */
  readonly scrollback?: number;
}

export interface SnapshotOptions {
  /** How much history to draw, newest first; default all of it. */
  readonly scrollbackLines?: number;
}

export interface Screen {
  /** `bytes` stand at `offset` of the output; copied before it returns. The first one sets where it begins. */
  write(offset: number, bytes: Uint8Array): void;
  /** In order with writes. */
  resize(cols: number, rows: number): void;
  /** Bytes written and not yet drawn. */
  readonly lagBytes: number;
  /** Whether the writer should stop reading its source until `onDrain`: lag went over the high mark. */
  readonly isLagging: boolean;
  /** Lag fell below the low mark after it had been over the high one. */
  onDrain(callback: () => void): void;
  /** Answers to terminal queries, in order, each exactly once: to be written to the PTY. */
  onReply(callback: (bytes: Uint8Array) => void): void;
  onTitle(callback: (title: string) => void): void;
  /** The emulator failed on some output; the screen may be wrong until it is redrawn. For a log line. */
  onFault(callback: () => void): void;
  /** After all that was written before the call. Rejects when disposed. */
  modes(): Promise<ScreenModes>;
  /**
   * At an offset between what was drawn at the call and what was written before it: all of it, if that takes
   * no more than 20 ms. The offset is never inside a character, so it may be up to 3 bytes short of the end.
   * Rejects when disposed.
   */
  snapshot(options?: SnapshotOptions): Promise<ScreenSnapshot>;
  dispose(): void;
}

export interface Screens {
  open(id: string, geometry: ScreenGeometry): Screen;
  /** Ends the workers; open screens are disposed. */
  close(): Promise<void>;
}

/** Plain text answers no query: drawing it may wait until its echo is out, for at most this long and this much. */
const plainWithinMs = 8;
const plainBytesMax = 16 * 1024;
const escapeByte = 0x1b;
const enquiryByte = 0x05;

/** Smaller ones cost less to copy than to hand over. */
const transferBytesMin = 8 * 1024;

export interface ScreensOptions {
  /** Default 1. */
  readonly workers?: number;
  /** The thread that draws; screen-worker.ts. */
  readonly startThread?: () => Worker;
}

export const startScreenThread = (): Worker =>
  new Worker(new URL("./screen-worker.ts", import.meta.url), { name: "screens" });

export const createScreens = (options: ScreensOptions = {}): Screens => new Pool(options);

class Pool implements Screens {
  readonly #workers: ScreenWorker[];

  constructor({ workers = 1, startThread = startScreenThread }: ScreensOptions) {
    this.#workers = Array.from({ length: Math.max(1, workers) }, () => new ScreenWorker(startThread));
  }

  open(id: string, geometry: ScreenGeometry): Screen {
    const [first, ...others] = this.#workers;
    if (first === undefined) throw new Error("screens: closed");
    return others
      .reduce((least, worker) => (worker.size < least.size ? worker : least), first)
      .open(id, geometry);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.close()));
  }
}

/** One thread, started with its first screen and again when it died. */
class ScreenWorker {
  readonly #screens = new Map<number, WorkerScreen>();
  readonly #written = new Set<WorkerScreen>();
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  #thread: Worker | undefined;
  readonly #startThread: () => Worker;
  #lastScreen = 0;
  #isClosed = false;

  constructor(startThread: () => Worker) {
    this.#startThread = startThread;
  }

  get size(): number {
    return this.#screens.size;
  }

  open(id: string, geometry: ScreenGeometry): Screen {
    const number = ++this.#lastScreen;
    const screen = new WorkerScreen(id, number, geometry, {
      post: (message, transfer) => this.#post(message, transfer),
      flushSoon: (isUrgent) => this.#flushSoon(screen, isUrgent),
      forget: () => {
        this.#screens.delete(number);
        this.#written.delete(screen);
        this.#keepAlive();
      },
    });
    this.#screens.set(number, screen);
    screen.open();
    this.#keepAlive();
    return screen;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const screen of [...this.#screens.values()]) screen.dispose();
    await this.#thread?.terminate();
    this.#thread = undefined;
  }

  #post(message: ToWorker, transfer: ArrayBuffer[]): void {
    if (this.#isClosed) return;
    this.#thread ??= this.#start();
    this.#thread.postMessage(message, transfer);
  }

  #start(): Worker {
    const thread = this.#startThread();
    thread.on("message", (message: FromWorker) => this.#screens.get(message.screen)?.handle(message));
    thread.once("error", () => this.#replace(thread));
    thread.once("exit", () => this.#replace(thread));
    return thread;
  }

  /** The screens begin anew, empty; their programs draw them again sooner or later. */
  #replace(thread: Worker): void {
    if (this.#thread !== thread || this.#isClosed) return;
    this.#thread = undefined;
    for (const screen of this.#screens.values()) screen.reopen();
    this.#keepAlive();
  }

  /** An idle pool does not keep the process alive. */
  #keepAlive(): void {
    if (this.#screens.size > 0) this.#thread?.ref();
    else this.#thread?.unref();
  }

  /** What comes within one turn of the event loop goes to the thread in one message for each screen. */
  #flushSoon(screen: WorkerScreen, isUrgent: boolean): void {
    this.#written.add(screen);
    if (isUrgent) this.#turn ??= setImmediate(() => this.#flush());
    else this.#timer ??= setTimeout(() => this.#flush(), plainWithinMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
    this.#turn = undefined;
    const written = [...this.#written];
    this.#written.clear();
    for (const screen of written) screen.flush();
  }
}

interface Line {
  post(message: ToWorker, transfer: ArrayBuffer[]): void;
  flushSoon(isUrgent: boolean): void;
  forget(): void;
}

interface Asked {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

class WorkerScreen implements Screen {
  readonly #id: string;
  readonly #number: number;
  readonly #line: Line;
  readonly #lag = new Lag();
  readonly #scrollback: number;
  readonly #asked = new Map<number, Asked>();
  #cols: number;
  #rows: number;
  #lastRequest = 0;
  /** Offset of the first byte that the worker got. */
  #start: number | undefined;
  #end = 0;
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  /** Something unsent may be (a part of) a query that a program waits for. */
  #isQuery = false;
  #isDisposed = false;
  #onReply: (bytes: Uint8Array) => void = () => {};
  #onTitle: (title: string) => void = () => {};
  #onFault: () => void = () => {};

  constructor(id: string, number: number, geometry: ScreenGeometry, line: Line) {
    this.#id = id;
    this.#number = number;
    this.#line = line;
    this.#cols = geometry.cols;
    this.#rows = geometry.rows;
    this.#scrollback = geometry.scrollback ?? 2_000;
  }

  get lagBytes(): number {
    return this.#lag.bytes;
  }

  get isLagging(): boolean {
    return this.#lag.isHigh;
  }

  open(): void {
    this.#post({
      kind: "open",
      screen: this.#number,
      cols: this.#cols,
      rows: this.#rows,
      scrollback: this.#scrollback,
    });
  }

  /** After the thread died with all that it had drawn. */
  reopen(): void {
    this.#forgetUnsent();
    this.#start = this.#end;
    this.open();
    this.#rejectAll("the screen was lost");
    this.#onFault();
    this.#lag.remove(this.#lag.bytes);
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.#isDisposed || bytes.length === 0) return;
    if (this.#start === undefined) this.#start = offset;
    else if (offset !== this.#end)
      throw new Error(`screen ${this.#id}: offset ${offset}, expected ${this.#end}`);
    this.#end = offset + bytes.length;
    this.#lag.add(bytes.length);
    // PTY buffers are parts of larger ones: never handed over, always copied, once.
    this.#unsent.push(Uint8Array.from(bytes));
    this.#unsentBytes += bytes.length;
    this.#isQuery ||= bytes.includes(escapeByte) || bytes.includes(enquiryByte);
    this.#line.flushSoon(this.#isQuery || this.#unsentBytes > plainBytesMax);
  }

  flush(): void {
    const parts = this.#unsent;
    const [first] = parts;
    if (first === undefined) return;
    this.#forgetUnsent();
    const bytes = parts.length === 1 ? first : join(parts);
    const transfer = bytes.length >= transferBytesMin ? [bytes.buffer as ArrayBuffer] : [];
    this.#post({ kind: "write", screen: this.#number, bytes }, transfer);
  }

  resize(cols: number, rows: number): void {
    if (this.#isDisposed) return;
    this.#cols = cols;
    this.#rows = rows;
    this.flush();
    this.#post({ kind: "resize", screen: this.#number, cols, rows });
  }

  onDrain(callback: () => void): void {
    this.#lag.onDrain(callback);
  }

  onReply(callback: (bytes: Uint8Array) => void): void {
    this.#onReply = callback;
  }

  onTitle(callback: (title: string) => void): void {
    this.#onTitle = callback;
  }

  onFault(callback: () => void): void {
    this.#onFault = callback;
  }

  modes(): Promise<ScreenModes> {
    return this.#ask<ScreenModes>((request) => ({ kind: "modes", screen: this.#number, request }));
  }

  async snapshot({ scrollbackLines }: SnapshotOptions = {}): Promise<ScreenSnapshot> {
    const start = this.#start;
    const snapshot = await this.#ask<ScreenSnapshot>((request) => ({
      kind: "snapshot",
      screen: this.#number,
      request,
      scrollbackLines,
    }));
    return { ...snapshot, offset: (start ?? 0) + snapshot.offset };
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#forgetUnsent();
    this.#post({ kind: "dispose", screen: this.#number });
    this.#rejectAll("the screen is closed");
    this.#line.forget();
    this.#lag.remove(this.#lag.bytes);
  }

  handle(message: FromWorker): void {
    switch (message.kind) {
      case "drawn":
        this.#lag.remove(message.bytes);
        break;
      case "reply":
        this.#onReply(Buffer.from(message.text));
        break;
      case "title":
        this.#onTitle(message.title);
        break;
      case "fault":
        this.#onFault();
        break;
      case "modes":
        this.#answer(message.request, message.modes);
        break;
      case "snapshot":
        this.#answer(message.request, message.snapshot);
        break;
    }
  }

  #ask<Answer>(toMessage: (request: number) => ToWorker): Promise<Answer> {
    if (this.#isDisposed) return Promise.reject(new Error(`screen ${this.#id}: the screen is closed`));
    this.flush();
    const request = ++this.#lastRequest;
    return new Promise<Answer>((resolve, reject) => {
      this.#asked.set(request, { resolve, reject });
      this.#post(toMessage(request));
    });
  }

  #forgetUnsent(): void {
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#isQuery = false;
  }

  #answer(request: number, answer: unknown): void {
    const asked = this.#asked.get(request);
    this.#asked.delete(request);
    asked?.resolve(answer as never);
  }

  #rejectAll(reason: string): void {
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject } of asked) reject(new Error(`screen ${this.#id}: ${reason}`));
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#line.post(message, transfer);
  }
}

const join = (parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};
