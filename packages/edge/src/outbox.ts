import { join } from "node:path";
import { makePrivateDirectory } from "@cmdop/authority";
import { Backoff, type Clock, Failure, type Random, randomBase62 } from "@cmdop/base";
import { z } from "zod";
import { type EventReceipt, internalLimits } from "./contract.ts";
import type { EdgeEvent, LostEvent } from "./contract-events.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { edgeLimits } from "./limits.ts";
import { encodeRecord, recordHeadBytes } from "./outbox-records.ts";
import { OutboxSegments } from "./outbox-segments.ts";
import { readStateFile, writeStateFile } from "./state-file.ts";

// Events for the control plane, kept on disk until it has taken them.
//
// O1 `append` never waits and never throws: it puts the event into a bounded queue in memory; the disk is written
//    behind it, one write at a time. A disk that stands still costs events at the bound, never time.
// O2 Only what is durable is sent, in order; what was sent and not acknowledged is sent again.
// O3 At either bound the newest event is refused (`full`); how many were is told to the control plane afterwards.

export type AppendResult = "kept" | "full";

export interface Outbox {
  append(event: EdgeEvent): AppendResult;
  readonly stats: OutboxStats;
  /** Once all has been taken, at the latest after `withinMs`: whether it was. */
  untilDelivered(withinMs: number): Promise<boolean>;
  /** Writes what is queued and closes; what was not delivered stays for the next start. */
  close(): Promise<void>;
}

export interface OutboxStats {
  /** Not acknowledged yet, the queue among them. */
  readonly depth: number;
  readonly bytes: number;
  readonly lost: number;
  readonly delivered: number;
}

export interface OutboxEvents {
  torn(bytes: number): void;
  /** Writing or reading failed; tried again. */
  diskFailed(cause: unknown): void;
  deliveryFailed(cause: unknown): void;
  /** The control plane could not read these; they are not sent again. */
  refused(numbers: readonly number[]): void;
}

export interface OutboxOptions {
  readonly dir: string;
  readonly edgeId: string;
  readonly send: (batch: {
    edge: string;
    stream: string;
    first: number;
    events: unknown[];
  }) => Promise<EventReceipt>;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Partial<OutboxEvents>;
  readonly bytesMax?: number;
  readonly queueBytesMax?: number;
  readonly segmentBytes?: number;
}

const streamSchema = z.object({ stream: z.string().regex(/^[0-9A-Za-z]{22}$/) });
const writeBytes = 256 * 1024;
/** A second process waits so long between two looks at the lock: the one that drains leaves soon. */
const lockRetryMs = 250;
const diskRetryMs = 1_000;
const redial = { firstMs: 100, maxMs: 5_000 };
/** Room for the event that says how many are missing. */
const lostEventBytes = 1024;

export const openOutbox = (options: OutboxOptions): Outbox => {
  const outbox = new DiskOutbox(options);
  outbox.start();
  return outbox;
};

class DiskOutbox implements Outbox {
  readonly #options: OutboxOptions;
  readonly #backoff: Backoff;
  #queue: Buffer[] = [];
  #queueBytes = 0;
  /** Refused and not yet told of. */
  #untold = 0;
  #lost = 0;
  #delivered = 0;
  #segments: OutboxSegments | undefined;
  #acked = 0;
  #isClosed = false;
  #wakeWriter: () => void = () => undefined;
  #wakeSender: () => void = () => undefined;
  /** Told once nothing is left. */
  readonly #awaiting = new Set<() => void>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#backoff = new Backoff(redial, options.random);
  }

  get stats(): OutboxStats {
    const onDisk = this.#segments
      ? this.#segments.next - 1 - Math.max(this.#acked, this.#segments.first - 1)
      : 0;
    return {
      depth: onDisk + this.#queue.length,
      bytes: (this.#segments?.bytes ?? 0) + this.#queueBytes,
      lost: this.#lost,
      delivered: this.#delivered,
    };
  }

  append(event: EdgeEvent): AppendResult {
    const payload = Buffer.from(JSON.stringify(event));
    if (this.#isClosed || payload.length > internalLimits.eventBytes || !this.#hasRoom(payload.length)) {
      this.#lost += 1;
      this.#untold += 1;
      return "full";
    }
    this.#tellLost();
    this.#push(payload);
    return "kept";
  }

  start(): void {
    this.#running = this.#run();
  }

  untilDelivered(withinMs: number): Promise<boolean> {
    if (this.stats.depth === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const told = (): void => {
        cancel();
        this.#awaiting.delete(told);
        resolve(this.stats.depth === 0);
      };
      const cancel = this.#options.clock.after(withinMs, told);
      this.#awaiting.add(told);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wakeWriter();
    this.#wakeSender();
    await this.#running;
    for (const told of [...this.#awaiting]) told();
  }

  #hasRoom(bytes: number): boolean {
    const { queueBytesMax = edgeLimits.outboxQueueBytesMax, bytesMax = edgeLimits.outboxBytesMax } =
      this.#options;
    const needed = bytes + recordHeadBytes + (this.#untold > 0 ? lostEventBytes : 0);
    const queued = this.#queueBytes + needed;
    return queued <= queueBytesMax && (this.#segments?.bytes ?? 0) + queued <= bytesMax;
  }

  #push(payload: Buffer): void {
    const record = encodeRecord(payload);
    this.#queue.push(record);
    this.#queueBytes += record.length;
    this.#wakeWriter();
  }

  #tellLost(): void {
    if (this.#untold === 0) return;
    const event: LostEvent = {
      kind: "lost",
      atMs: Math.trunc(this.#options.clock.wallMs()),
      count: this.#untold,
      reason: "full",
    };
    this.#untold = 0;
    this.#push(Buffer.from(JSON.stringify(event)));
  }

  async #run(): Promise<void> {
    const opened = await this.#open();
    if (!opened) return;
    const { segments, lock, stream } = opened;
    this.#segments = segments;
    this.#acked = segments.first - 1;
    try {
      await Promise.all([this.#write(segments), this.#deliver(segments, stream)]);
    } finally {
      await segments.close();
      await lock.release();
    }
  }

  async #open(): Promise<
    { readonly segments: OutboxSegments; readonly lock: DirectoryLock; readonly stream: string } | undefined
  > {
    const { dir, random, events, segmentBytes = edgeLimits.outboxSegmentBytes } = this.#options;
    for (;;) {
      let lock: DirectoryLock | undefined;
      try {
        await makePrivateDirectory(dir);
        lock = await lockDirectory(dir);
        if (lock) {
          const path = join(dir, "stream.json");
          const known = await readStateFile(path, streamSchema);
          const stream = known.kind === "value" ? known.value.stream : randomBase62(22, random);
          if (known.kind !== "value") await writeStateFile(path, { stream });
          const torn = (bytes: number): void => events.torn?.(bytes);
          return { segments: await OutboxSegments.open(dir, segmentBytes, { torn }), lock, stream };
        }
      } catch (cause) {
        await lock?.release();
        events.diskFailed?.(cause);
      }
      if (this.#isClosed) return undefined;
      await this.#pauseWriter(lock === undefined ? lockRetryMs : diskRetryMs);
    }
  }

  async #write(segments: OutboxSegments): Promise<void> {
    for (;;) {
      if (this.#queue.length === 0) {
        if (this.#isClosed) return;
        await segments
          .rotate(this.#acked)
          .catch((cause: unknown) => this.#options.events.diskFailed?.(cause));
        // Something may have come meanwhile.
        if (this.#queue.length === 0) await this.#pauseWriter(undefined);
        continue;
      }
      let bytes = 0;
      let count = 0;
      while (count < this.#queue.length && bytes < writeBytes) {
        bytes += this.#queue[count]?.length ?? 0;
        count += 1;
      }
      try {
        await segments.append(this.#queue.slice(0, count));
        this.#queue = this.#queue.slice(count);
        this.#queueBytes -= bytes;
        this.#wakeSender();
      } catch (cause) {
        this.#options.events.diskFailed?.(cause);
        if (this.#isClosed) return;
        await this.#pauseWriter(diskRetryMs);
      }
    }
  }

  async #deliver(segments: OutboxSegments, stream: string): Promise<void> {
    const { edgeId, send, events } = this.#options;
    while (!this.#isClosed) {
      try {
        const batch = await segments.read(
          this.#acked + 1,
          internalLimits.eventsPerBatch,
          // The envelope, and commas where the disk has heads.
          internalLimits.eventBatchBytes - 1024,
        );
        if (!batch) {
          // More may have become durable during the read.
          if (segments.next <= this.#acked + 1) await this.#pauseSender(undefined);
          continue;
        }
        if (batch.payloads.length === 0) {
          this.#skipCorrupt(segments, batch.first);
          continue;
        }
        const last = batch.first + batch.payloads.length - 1;
        const parsed = batch.payloads.map((payload): unknown => JSON.parse(payload.toString("utf8")));
        const receipt = await send({ edge: edgeId, stream, first: batch.first, events: parsed });
        if (receipt.acked < last)
          throw new Failure("unavailable", "The control plane took less than was sent.");
        if (receipt.refused.length > 0) events.refused?.(receipt.refused);
        this.#delivered += batch.payloads.length;
        this.#acked = last;
        this.#backoff.reset();
        if (this.stats.depth === 0) for (const told of [...this.#awaiting]) told();
        await segments.acknowledge(last);
        this.#wakeWriter();
      } catch (cause) {
        events.deliveryFailed?.(cause);
        await this.#pauseSender(this.#backoff.nextMs());
      }
    }
  }

  /** The disk gave back something else than was written. */
  #skipCorrupt(segments: OutboxSegments, number: number): void {
    const next = segments.skipRest(number);
    this.#lost += next - number;
    this.#acked = next - 1;
    this.#push(
      Buffer.from(
        JSON.stringify({
          kind: "lost",
          atMs: Math.trunc(this.#options.clock.wallMs()),
          count: Math.max(1, next - number),
          reason: "corrupt",
        } satisfies LostEvent),
      ),
    );
  }

  #pauseWriter(ms: number | undefined): Promise<void> {
    return this.#pause(ms, (wake) => {
      this.#wakeWriter = wake;
    });
  }

  #pauseSender(ms: number | undefined): Promise<void> {
    return this.#pause(ms, (wake) => {
      this.#wakeSender = wake;
    });
  }

  /** Until woken; at the latest after `ms`. A timed pause is not shortened by new events, only by closing. */
  #pause(ms: number | undefined, set: (wake: () => void) => void): Promise<void> {
    // Closed in the meantime: nobody would wake it.
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      let cancel = (): void => undefined;
      const done = (): void => {
        cancel();
        set(() => undefined);
        resolve();
      };
      if (ms !== undefined) cancel = this.#options.clock.after(ms, done);
      set(() => {
        if (ms === undefined || this.#isClosed) done();
      });
    });
  }
}
