// One screen as the I/O thread has it: what was written and not yet drawn, and who waits for an answer. The emulator is
// in a worker.
import type { ScreenModes, ScreenSnapshot } from "./emulator.ts";
import { Lag } from "./lag.ts";
import type { FromWorker, ToWorker } from "./screen-messages.ts";

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
  /** `bytes` stand at `offset` of the output and must not change: they are copied later. The first sets where it begins. */
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
   * no more than 20 ms; behind every resize before it. The offset is never inside a character, so it may be up to 3 bytes short of the end.
   * Rejects when disposed.
   */
  snapshot(options?: SnapshotOptions): Promise<ScreenSnapshot>;
  dispose(): void;
}

/** Plain text asks for no answer. So much of it goes to the thread with the next look at what waits. */
const plainBytesMax = 16 * 1024;
/** More is a flood, most of which no screen will ever show: so much of it is gathered that it need not be drawn. */
const floodBytesMax = 192 * 1024;
/** For at most so many looks. */
const floodLooksMax = 6;
const escapeByte = 0x1b;
const enquiryByte = 0x05;

/** Smaller ones cost less to copy than to hand over. */
const transferBytesMin = 8 * 1024;

/** The way to the thread, which screens share. */
export interface Line {
  post(message: ToWorker, transfer: ArrayBuffer[]): void;
  flushSoon(isUrgent: boolean): void;
  forget(): void;
}

interface Asked {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerScreen implements Screen {
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
  /** How often what is unsent was looked at and left to gather. */
  #looks = 0;
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
    this.#unsent.push(bytes);
    this.#unsentBytes += bytes.length;
    this.#isQuery ||= bytes.includes(escapeByte) || bytes.includes(enquiryByte);
    this.#line.flushSoon(this.#isDue);
  }

  /** Looks at what waits: sends it, or says that it gathers on. */
  flushOrGather(): "sent" | "gathers" {
    if (!this.#isDue && this.#unsentBytes > plainBytesMax && this.#looks < floodLooksMax) {
      this.#looks += 1;
      return "gathers";
    }
    this.flush();
    return "sent";
  }

  flush(): void {
    if (this.#unsentBytes === 0) return;
    // Parts of larger blocks, which others keep: never handed over, always copied, once.
    const bytes = join(this.#unsent, this.#unsentBytes);
    this.#forgetUnsent();
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

  get #isDue(): boolean {
    return this.#isQuery || this.#unsentBytes >= floodBytesMax;
  }

  #forgetUnsent(): void {
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#looks = 0;
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

const join = (parts: readonly Uint8Array[], length: number): Uint8Array => {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};
