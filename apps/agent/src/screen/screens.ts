// The screens of all sessions of this host, drawn by headless emulators in worker threads so that a flood never
// holds up the I/O thread. What goes in is the PTY's output with offsets; what comes out are snapshots, answers
// to terminal queries, titles and the modes that input depends on.
//
// S1 A snapshot's offset and its screen belong together: both are of the same moment in the worker.
// S2 Answers to queries come in order, each once, and only for live output: nothing is ever replayed into here.
// S3 Lag is bounded by the caller, who stops reading while `isLagging`; a worker that dies never blocks it.

import { Worker } from "node:worker_threads";
import type { FromWorker, ToWorker } from "./screen-messages.ts";
import { type Screen, type ScreenGeometry, WorkerScreen } from "./worker-screen.ts";

export type { ScreenSnapshot } from "./emulator.ts";
export type { Screen, ScreenGeometry } from "./worker-screen.ts";

export interface Screens {
  open(id: string, geometry: ScreenGeometry): Screen;
  /** Ends the workers; open screens are disposed. */
  close(): Promise<void>;
}

/** Plain text asks for no answer: drawing it waits until its echo is out. */
const lookMs = 8;

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
    else this.#lookLater();
  }

  #lookLater(): void {
    this.#timer ??= setTimeout(() => this.#flush(), lookMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
    this.#turn = undefined;
    for (const screen of this.#written) if (screen.flushOrGather() === "sent") this.#written.delete(screen);
    if (this.#written.size > 0) this.#lookLater();
  }
}
