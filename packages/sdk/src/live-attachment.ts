import { type Clock, Failure, type Random, toFailure } from "@cmdop/base";
import { limits } from "@cmdop/protocol";
import type { Attachment, AttachOptions, Viewport, WriteOptions } from "./attachment.ts";
import { AttachmentCore } from "./attachment-core.ts";
import type { AttachmentEvent, Lease, Participant } from "./attachment-events.ts";
import type { OutputChunk, OutputItem } from "./attachment-items.ts";
import { OutputReader } from "./output-reader.ts";
import type { Actor, Exit, Role, RouteState, SessionInfo } from "./session.ts";
import type { ViewportFrame } from "./stream-frames.ts";
import type { Dial } from "./stream-transport.ts";

export interface LiveAttachmentOptions extends AttachOptions {
  readonly sessionId: string;
  readonly relays: readonly string[];
  readonly dial: Dial;
  readonly clock: Clock;
  readonly random: Random;
  /** Called when it is over. */
  readonly onOver?: (attachment: LiveAttachment) => void;
}

const defaultInputMaxAgeMs = 2_000;
const defaultConnectTimeoutMs = 10_000;

const toViewport = (viewport: Viewport): ViewportFrame => ({
  kind: "viewport",
  cols: viewport.cols,
  rows: viewport.rows,
  isHidden: viewport.isHidden ?? false,
});

const toBytes = (data: Uint8Array | string): Uint8Array =>
  // Copied: the caller may use its buffer again before the bytes are on their way.
  typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);

/** Attachment over the reconnect core: promises, iteration and back-pressure. */
export class LiveAttachment implements Attachment {
  readonly exited: Promise<Exit>;
  readonly closed: Promise<Failure | undefined>;
  /** Resolves at the first answer of a relay; rejects when there will be none. */
  readonly attached: Promise<void>;

  readonly #core: AttachmentCore;
  readonly #inputMaxAgeMs: number;
  readonly #reader: OutputReader;
  readonly #listeners = new Set<(event: AttachmentEvent) => void>();
  readonly #exit = Promise.withResolvers<Exit>();
  readonly #close = Promise.withResolvers<Failure | undefined>();
  readonly #first = Promise.withResolvers<void>();
  readonly #onOver: ((attachment: LiveAttachment) => void) | undefined;
  readonly #unlistenAbort: () => void;
  #isOver = false;
  /** Why reading ends by throwing. */
  #cause: unknown;

  constructor(options: LiveAttachmentOptions) {
    this.#inputMaxAgeMs = options.inputMaxAgeMs ?? defaultInputMaxAgeMs;
    this.#onOver = options.onOver;
    const creditBytes = Math.min(options.creditBytes ?? limits.creditBytesDefault, limits.creditBytesMax);
    this.#reader = new OutputReader({
      // A relay that keeps to the credit never reaches it: a snapshot more than the credit is on its way at most.
      queueBytesMax: 2 * creditBytes + 2 * limits.messageBytesMax,
      setPaused: (isPaused) => this.#core.setPaused(isPaused),
      consumed: (offset, isUrgent) => this.#core.consumed(offset, isUrgent),
      tell: (listener, item) => this.#tell(listener, item),
    });
    this.exited = this.#exit.promise;
    this.closed = this.#close.promise;
    this.attached = this.#first.promise;
    // Nobody has to wait for these.
    this.exited.catch(() => {});
    this.attached.catch(() => {});
    if (options.onEvent) this.#listeners.add(options.onEvent);
    this.#core = new AttachmentCore(
      {
        sessionId: options.sessionId,
        relays: options.relays,
        mode: options.mode ?? "terminal",
        from: options.from ?? (options.mode === "lossless" ? 0 : undefined),
        role: options.role,
        viewport: options.viewport && toViewport(options.viewport),
        creditBytes,
        connectTimeoutMs: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
        clock: options.clock,
        random: options.random,
      },
      {
        dial: options.dial,
        deliver: (item) => this.#reader.deliver(item),
        emit: (event) => this.#emit(event),
        over: (failure) => this.#over(failure),
      },
    );
    const { signal } = options;
    const onAbort = (): void => {
      this.#cause = signal?.reason;
      this.#core.detach();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#unlistenAbort = () => signal?.removeEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    else this.#core.start();
  }

  get session(): SessionInfo {
    const { session } = this.#core;
    if (!session) throw new Failure("session_unreachable", "It was not attached yet.");
    return session;
  }

  get id(): string {
    return this.#core.facts?.attachmentId ?? "";
  }

  get operator(): string {
    return this.#core.facts?.operator ?? "";
  }

  get role(): Role {
    return this.#core.facts?.role ?? "observer";
  }

  get actor(): Actor {
    return this.#core.facts?.actor ?? "unknown";
  }

  get relay(): string {
    return this.#core.relay;
  }

  get lease(): Lease {
    return this.#core.lease;
  }

  get participants(): readonly Participant[] {
    return this.#core.participants;
  }

  get route(): RouteState {
    return this.#core.route;
  }

  get isConnected(): boolean {
    return this.#core.isConnected;
  }

  get receivedOffset(): number | undefined {
    return this.#core.receivedOffset;
  }

  get consumedOffset(): number | undefined {
    return this.#core.consumedOffset;
  }

  // --- Output

  output(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<OutputItem> {
    return this.#reader.iterate(options.signal, () => this.detach());
  }

  read(options: { readonly signal?: AbortSignal } = {}): Promise<OutputItem | undefined> {
    return this.#reader.read(options.signal);
  }

  /** Puts the rest of the item that was read last back, for the next reader. */
  unread(rest: OutputChunk): void {
    this.#reader.unread(rest);
  }

  onFrame(listener: (item: OutputItem) => void): () => void {
    return this.#reader.listen(listener);
  }

  ack(offset: number): void {
    if (!this.#isOver) this.#core.consumed(offset);
  }

  onEvent(listener: (event: AttachmentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // --- Input

  write(data: Uint8Array | string, options: WriteOptions = {}): Promise<void> {
    return this.#write(toBytes(data), { ...options, eof: false });
  }

  endInput(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#write(new Uint8Array(0), { ...options, eof: true, maxAgeMs: Number.POSITIVE_INFINITY });
  }

  writeNow(data: Uint8Array | string, options: { readonly paste?: boolean } = {}): boolean {
    const bytes = toBytes(data);
    if (bytes.length === 0) return true;
    if (options.paste && bytes.length > limits.pasteBytesMax) return false;
    if (this.#cannotWrite() || !this.#core.hasRoomForInput(bytes.length)) return false;
    this.#core.write({
      bytes,
      paste: options.paste ?? false,
      eof: false,
      maxAgeMs: this.#inputMaxAgeMs,
      settle: (failure) => {
        // Dropped input is told as a whole by the core; what ends with the attachment, by its end.
        if (!failure || failure.code === "input_dropped" || this.#core.isOver) return;
        this.#emit({ type: "inputRefused", inputs: 1, bytes: bytes.length, failure });
      },
    });
    return true;
  }

  resize(viewport: Viewport): void {
    this.#core.resize(toViewport(viewport));
  }

  signal(name: string): void {
    this.#core.signal(name);
  }

  takeLease(options: { readonly signal?: AbortSignal } = {}): Promise<Lease> {
    return this.#requestLease("take", options.signal);
  }

  handBack(options: { readonly signal?: AbortSignal } = {}): Promise<Lease> {
    return this.#requestLease("handBack", options.signal);
  }

  detach(): Promise<void> {
    this.#core.detach();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.detach();
  }

  #write(bytes: Uint8Array, options: WriteOptions & { readonly eof: boolean }): Promise<void> {
    const refused = this.#cannotWrite();
    if (refused) return Promise.reject(refused);
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (bytes.length === 0 && !options.eof) return Promise.resolve();
    if (options.paste && bytes.length > limits.pasteBytesMax) {
      return Promise.reject(
        new Failure("invalid_argument", `A paste has at most ${limits.pasteBytesMax} bytes.`),
      );
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        withdraw();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const withdraw = this.#core.write({
        bytes,
        paste: options.paste ?? false,
        eof: options.eof,
        maxAgeMs: options.maxAgeMs ?? this.#inputMaxAgeMs,
        settle: (failure) => {
          signal?.removeEventListener("abort", onAbort);
          if (failure) reject(failure);
          else resolve();
        },
      });
    });
  }

  #requestLease(action: "take" | "handBack", signal: AbortSignal | undefined): Promise<Lease> {
    const refused = this.#cannotWrite();
    if (refused) return Promise.reject(refused);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const cancel = this.#core.requestLease(action, (result) => {
        signal?.removeEventListener("abort", onAbort);
        if (result instanceof Failure) reject(result);
        else resolve(result);
      });
    });
  }

  #cannotWrite(): Failure | undefined {
    if (this.#core.exit) return new Failure("session_ended");
    if (this.#isOver) {
      return this.#cause instanceof Failure ? this.#cause : new Failure("cancelled", "It was detached.");
    }
    if (this.#core.facts?.role === "observer") {
      return new Failure("permission_denied", "An observer only watches.");
    }
    return undefined;
  }

  // --- From the core

  #emit(event: AttachmentEvent): void {
    if (event.type === "attached") this.#first.resolve();
    else if (event.type === "exit") this.#exit.resolve(event.exit);
    for (const listener of this.#listeners) this.#tell(listener, event);
  }

  /** A listener that throws ends its attachment, not the connection that others share. */
  #tell<Value>(listener: (value: Value) => void, value: Value): void {
    try {
      listener(value);
    } catch (cause) {
      this.#core.detach(toFailure(cause));
    }
  }

  #over(failure: Failure | undefined): void {
    this.#isOver = true;
    this.#unlistenAbort();
    this.#cause ??= failure;
    // An ended or failed attachment still gives what it had received; one that was detached is done.
    this.#reader.end(this.#cause, !this.#core.exit && failure === undefined);
    const why = this.#cause ?? new Failure("cancelled", "It was detached.");
    this.#first.reject(why);
    this.#exit.reject(why);
    this.#emit({ type: "closed", failure });
    this.#listeners.clear();
    this.#close.resolve(failure);
    this.#onOver?.(this);
  }
}
