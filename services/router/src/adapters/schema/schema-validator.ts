// Judges answers by callers' schemas in a thread of its own. A schema is hostile code: a pattern that backtracks or
// references that multiply would hold every request of the process. What takes too long or too much memory ends its
// thread; the next job gets a new one, and the schema is not tried again for a while.
import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Clock } from "@cmdop/base";
import { FairQueue } from "../../core/fair-queue.ts";
import { instanceCharsMax, tooLargeProblem } from "../../core/structured/request.ts";
import type { SchemaValidator, Validation } from "../../ports.ts";
import type { SchemaJob, SchemaReply } from "./schema-messages.ts";

export interface SchemaValidatorOptions {
  readonly clock: Clock;
  /** Of one job, in time of the processor: on a busy machine an innocent schema waits, and is no worse for that. */
  readonly cpuMs: number;
}

export interface ClosableValidator extends SchemaValidator {
  close(): Promise<void>;
}

/** Jobs that wait for the thread, of one key and of all. Over it: busy. */
const waitingBounds = { ownerMax: 32, max: 256 };
const memoryMib = 64;
/** A job gets this many times its time of the processor before the thread counts as stuck. */
const wallFactor = 20;
const quarantineMs = 600_000;
const quarantinedMax = 1_000;

interface Waiting {
  readonly job: SchemaJob;
  readonly resolve: (validation: Validation) => void;
}

interface Running extends Waiting {
  readonly startMs: number;
  /** Of the thread, when the job came. */
  readonly usedBefore: Promise<NodeJS.CpuUsage>;
  cancel: () => void;
}

export const createSchemaValidator = (options: SchemaValidatorOptions): ClosableValidator => {
  const thread = new SchemaThread(options);
  return {
    check: (owner, schemaText) => thread.run(owner, schemaText, undefined),
    validate: (owner, schemaText, instanceText) => thread.run(owner, schemaText, instanceText),
    close: () => thread.close(),
  };
};

class SchemaThread {
  readonly #options: SchemaValidatorOptions;
  readonly #waiting = new FairQueue<Waiting>(waitingBounds);
  readonly #quarantine = new Map<string, number>();
  #worker: Worker | undefined;
  #isReady = false;
  #isClosed = false;
  #running: Running | undefined;
  #lastId = 0;

  constructor(options: SchemaValidatorOptions) {
    this.#options = options;
  }

  run(owner: string, schemaText: string, instanceText: string | undefined): Promise<Validation> {
    const isQuarantined = (this.#quarantine.get(digestOf(schemaText)) ?? 0) > this.#options.clock.nowMs();
    if (isQuarantined) return Promise.resolve({ kind: "too-slow" });
    if (instanceText !== undefined && instanceText.length > instanceCharsMax)
      return Promise.resolve({ kind: "invalid", problems: [tooLargeProblem] });
    return new Promise((resolve) => {
      this.#lastId += 1;
      const job = { id: this.#lastId, schemaText, instanceText };
      if (this.#isClosed || !this.#waiting.push(owner, { job, resolve })) {
        resolve({ kind: "busy" });
        return;
      }
      this.#worker ??= this.#start();
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#running?.cancel();
    this.#running?.resolve({ kind: "busy" });
    this.#running = undefined;
    this.#refuseWaiting();
    await this.#worker?.terminate();
  }

  #refuseWaiting(): void {
    for (const { resolve } of this.#waiting.clear()) resolve({ kind: "busy" });
  }

  #start(): Worker {
    const worker = new Worker(new URL("./schema-worker.ts", import.meta.url), {
      name: "schemas",
      resourceLimits: { maxOldGenerationSizeMb: memoryMib, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
    });
    worker.unref();
    worker.on("message", (reply: SchemaReply) => {
      if (worker !== this.#worker) return;
      if (reply.kind === "ready") this.#isReady = true;
      else if (reply.id === this.#running?.job.id) this.#finish(reply.result);
      this.#next();
    });
    // Out of memory comes as an error, and then the end.
    worker.on("error", () => {});
    worker.on("exit", () => {
      if (worker !== this.#worker) return;
      // One that cannot start would be started for ever.
      if (!this.#isReady) this.#refuseWaiting();
      this.#ended();
    });
    return worker;
  }

  #next(): void {
    const worker = this.#worker;
    if (!worker || !this.#isReady || this.#running) return;
    const waiting = this.#waiting.shift();
    if (!waiting) return;
    const usedBefore = worker.cpuUsage();
    // Asked for and not waited for: a thread that ends meanwhile has nothing to say.
    usedBefore.catch(() => {});
    const running: Running = {
      ...waiting,
      startMs: this.#options.clock.nowMs(),
      usedBefore,
      cancel: () => {},
    };
    this.#running = running;
    worker.postMessage(waiting.job);
    this.#watch(worker, running);
  }

  #watch(worker: Worker, running: Running): void {
    const { clock, cpuMs } = this.#options;
    running.cancel = clock.after(cpuMs, () => {
      void this.#usedMs(worker, running).then((usedMs) => {
        if (running !== this.#running) return;
        if (usedMs >= cpuMs) this.#replace({ kind: "too-slow" });
        else if (clock.nowMs() - running.startMs >= cpuMs * wallFactor) this.#replace({ kind: "busy" });
        else this.#watch(worker, running);
      });
    });
  }

  /** Of the processor, by one job. A thread that has ended says nothing: its end is told by itself. */
  async #usedMs(worker: Worker, { usedBefore }: Running): Promise<number> {
    try {
      const { user, system } = await worker.cpuUsage(await usedBefore);
      return (user + system) / 1_000;
    } catch {
      return 0;
    }
  }

  #finish(result: Validation): void {
    const running = this.#running;
    this.#running = undefined;
    if (!running) return;
    running.cancel();
    if (result.kind === "too-slow") this.#isolate(running.job.schemaText);
    running.resolve(result);
  }

  #replace(reason: Validation): void {
    const worker = this.#worker;
    this.#ended(reason);
    void worker?.terminate();
  }

  /** Without a reason the thread ended by itself: it was out of memory. */
  #ended(reason: Validation = { kind: "too-slow" }): void {
    this.#worker = undefined;
    this.#isReady = false;
    this.#finish(reason);
    if (this.#waiting.size > 0 && !this.#isClosed) this.#worker = this.#start();
  }

  #isolate(schemaText: string): void {
    const [oldest] = this.#quarantine.keys();
    if (this.#quarantine.size >= quarantinedMax && oldest !== undefined) this.#quarantine.delete(oldest);
    this.#quarantine.set(digestOf(schemaText), this.#options.clock.nowMs() + quarantineMs);
  }
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("base64");
