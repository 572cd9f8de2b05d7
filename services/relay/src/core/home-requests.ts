// What a session has asked of its home and awaits: one snapshot at most, and reads of the log. It does not know who
// is served by an answer, only to whom a log request belongs.
//
// I1 At most one snapshot request and `logRequestsMax` log requests are under way.
// I2 Nothing survives the home that was asked: `begin` and `end` forget everything.
import type { FrameCodec, HomeSink } from "../ports.ts";
import type { Attachment } from "./attachment.ts";
import type { Limits } from "./limits.ts";

export class HomeRequests {
  readonly #codec: FrameCodec;
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #later: () => void;
  #sink: HomeSink | undefined;
  #lastId = 0;
  #snapshot: { readonly id: number; readonly retryAtMs: number } | undefined;
  #isSnapshotDue = false;
  readonly #reads = new Map<number, Attachment>();

  constructor(options: { codec: FrameCodec; limits: Limits; now: () => number; later: () => void }) {
    this.#codec = options.codec;
    this.#limits = options.limits;
    this.#now = options.now;
    this.#later = options.later;
  }

  begin(sink: HomeSink): void {
    this.end();
    this.#sink = sink;
  }

  end(): void {
    this.#sink = undefined;
    this.#snapshot = undefined;
    this.#isSnapshotDue = false;
    this.#reads.clear();
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Asks for a snapshot unless one is on its way. */
  snapshot(): void {
    this.#isSnapshotDue = false;
    if (!this.#sink || this.#snapshot) return;
    const requestId = this.nextId();
    this.#snapshot = { id: requestId, retryAtMs: this.#now() + this.#limits.snapshotRetryMs };
    this.#sink.send(this.#codec.encode({ kind: "snapshotRequest", requestId }));
  }

  snapshotAnswered(requestId: number): void {
    if (this.#snapshot?.id === requestId) this.#snapshot = undefined;
  }

  /** Asks with the next flush. */
  snapshotLater(): void {
    this.#isSnapshotDue = true;
    this.#later();
  }

  flush(): void {
    if (this.#isSnapshotDue) this.snapshot();
  }

  canReadLog(): boolean {
    return this.#sink !== undefined && this.#reads.size < this.#limits.logRequestsMax;
  }

  readLog(requestId: number, from: number, to: number, attachment: Attachment): void {
    this.#reads.set(requestId, attachment);
    this.#sink?.send(this.#codec.encode({ kind: "logRequest", requestId, from, to }));
  }

  /** For the session itself, beside the attachments' reads. */
  fill(requestId: number, from: number, to: number): void {
    this.#sink?.send(this.#codec.encode({ kind: "logRequest", requestId, from, to }));
  }

  reader(requestId: number): Attachment | undefined {
    return this.#reads.get(requestId);
  }

  forget(requestId: number): void {
    this.#reads.delete(requestId);
  }

  /** Asks again for a snapshot that did not come. */
  sweep(nowMs: number): void {
    if (!this.#snapshot || nowMs < this.#snapshot.retryAtMs) return;
    this.#snapshot = undefined;
    this.snapshot();
  }
}
