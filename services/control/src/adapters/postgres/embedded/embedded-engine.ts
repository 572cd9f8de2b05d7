import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { makePrivateDirectory, type ProcessLock, takeProcessLock } from "@cmdop/authority/files";
import { Failure } from "@cmdop/base";
import type { EmbeddedWorkerData, FromEmbedded, ToEmbedded } from "./embedded-messages.ts";
import { EmbeddedStream } from "./embedded-stream.ts";
import { prepareDataDirectory } from "./prepare-data-directory.ts";

export interface EmbeddedEvents {
  /** The engine is open; `startMs` is what the engine itself took. */
  onStarted?(startMs: number): void;
  onCheckpoint?(ms: number): void;
  /** The disk is nearly full and nothing is written any more; or there is space again. */
  onSpace?(isFull: boolean): void;
  /** The engine died; the next connection starts another one, which recovers what was acknowledged. */
  onDied?(cause: unknown): void;
}

type Phase =
  | { readonly kind: "stopped" }
  | { readonly kind: "running"; readonly worker: Worker }
  | { readonly kind: "closed" };

/**
 * The embedded engine: one directory, one process, one session. The worker thread is started with it, and
 * again by the next connection after it died.
 *
 * I1  At most one process of this machine has the directory open.
 * I2  At most one connection is attached; a new one finds nothing of the one before it.
 */
export class EmbeddedEngine {
  readonly #dataDir: string;
  readonly #lock: ProcessLock;
  readonly #events: EmbeddedEvents;
  readonly #channels = new Set<string>();
  #phase: Phase = { kind: "stopped" };
  #stream: EmbeddedStream | undefined;
  /** Recovery may take longer than a request waits for a connection. Fails with `storage_unavailable`. */
  readonly opened: Promise<void>;
  /** Counts connections, so that a late answer to an earlier one is dropped. */
  #connection = 0;

  private constructor(dataDir: string, lock: ProcessLock, events: EmbeddedEvents) {
    this.#dataDir = dataDir;
    this.#lock = lock;
    this.#events = events;
    this.opened = this.#started();
    // Whoever waits is told; nobody may be waiting yet.
    this.opened.catch(() => lock.release());
  }

  /**
   * The engine's thread is started when this is over; whether it opens says `opened`. The directory is made when absent,
   * readable by its owner alone. Fails with `already_running` when another process has it open.
   */
  static async begin(directory: string, events: EmbeddedEvents = {}): Promise<EmbeddedEngine> {
    await makePrivateDirectory(directory);
    const lock = takeProcessLock(join(directory, "lock"), "A control plane on this directory");
    try {
      const dataDir = join(directory, "data");
      await prepareDataDirectory(dataDir);
      return new EmbeddedEngine(dataDir, lock, events);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Listened to by each connection from now on; the caller tells the present one. */
  addChannel(channel: string): void {
    this.#channels.add(channel);
  }

  removeChannel(channel: string): void {
    this.#channels.delete(channel);
  }

  /** The one connection. The pool above has the size one, so the former one is over (I2). */
  connect(): EmbeddedStream {
    if (this.#phase.kind === "closed") throw new Failure("storage_unavailable");
    this.#stream?.destroy();
    const worker = this.#phase.kind === "running" ? this.#phase.worker : this.#start();
    const send = (message: ToEmbedded, transfer: ArrayBuffer[] = []): void =>
      worker.postMessage(message, transfer);
    this.#connection += 1;
    const connection = this.#connection;
    const stream: EmbeddedStream = new EmbeddedStream({
      send: (bytes) => send({ kind: "bytes", connection, bytes }, [bytes.buffer]),
      onClose: () => {
        if (this.#stream === stream) this.#stream = undefined;
      },
    });
    this.#stream = stream;
    send({ kind: "reset", channels: [...this.#channels] });
    return stream;
  }

  #started(): Promise<void> {
    const worker = this.#start();
    return new Promise((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("error", (cause) => reject(new Failure("storage_unavailable", undefined, { cause })));
    });
  }

  #start(): Worker {
    const data: EmbeddedWorkerData = { dataDir: this.#dataDir };
    const worker = new Worker(new URL("./embedded-worker.ts", import.meta.url), {
      workerData: data,
      name: "cmdop-storage",
    });
    this.#phase = { kind: "running", worker };
    worker.on("message", (message: FromEmbedded) => this.#take(message));
    worker.once("error", (error) => this.#died(worker, error));
    worker.once("exit", (code) =>
      this.#died(worker, new Error(`The worker thread ended with code ${code}.`)),
    );
    return worker;
  }

  #take(message: FromEmbedded): void {
    if (message.kind === "ready") this.#events.onStarted?.(message.startMs);
    if (message.kind === "space") this.#events.onSpace?.(message.isFull);
    if (message.kind === "checkpoint") this.#events.onCheckpoint?.(message.ms);
    if (message.kind === "bytes" && message.connection === this.#connection) {
      this.#stream?.push(Buffer.from(message.bytes.buffer));
    }
  }

  #died(worker: Worker, cause: unknown): void {
    if (this.#phase.kind !== "running" || this.#phase.worker !== worker) return;
    this.#phase = { kind: "stopped" };
    this.#stream?.destroy(new Failure("storage_unavailable", undefined, { cause }));
    this.#events.onDied?.(cause);
  }

  /** Writes a last checkpoint, ends the thread and gives the directory back. */
  async close(): Promise<void> {
    const phase = this.#phase;
    this.#phase = { kind: "closed" };
    if (phase.kind === "running") {
      const { worker } = phase;
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      worker.postMessage({ kind: "close" } satisfies ToEmbedded);
      await ended;
    }
    this.#stream?.destroy();
    this.#lock.release();
  }
}
