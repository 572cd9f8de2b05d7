// A client's side of exactly-once input: after every attach and every Status(LIVE) it asks what was applied before it
// sends again, and drops what is older than two seconds whole.
import { frameJson, type SimInputAck } from "./sim-codec.ts";

interface Typed {
  readonly number: number;
  readonly atMs: number;
}

export class InputModel {
  readonly operator: string;
  readonly stream: string;
  readonly #send: (framed: Uint8Array, number: number | undefined) => void;
  #last = 0;
  /** The last applied one that this client knows of, or sent after it. */
  #previous = 0;
  #unacked: Typed[] = [];
  #isSynced = false;
  #lastSync = 0;
  #isClosed = false;
  readonly dropped = new Set<number>();
  readonly acked = new Set<number>();
  /** Unacknowledged when the session ended: applied or not, nobody says. */
  readonly uncertain = new Set<number>();

  constructor(options: {
    operator: string;
    stream: string;
    send: (framed: Uint8Array, number: number | undefined) => void;
  }) {
    this.operator = options.operator;
    this.stream = options.stream;
    this.#send = options.send;
  }

  get typed(): number {
    return this.#last;
  }

  get isSettled(): boolean {
    return this.#unacked.length === 0;
  }

  type(nowMs: number): void {
    this.#last += 1;
    if (this.#isClosed) {
      this.uncertain.add(this.#last);
      return;
    }
    const typed = { number: this.#last, atMs: nowMs };
    this.#unacked.push(typed);
    if (this.#isSynced) this.#sendOne(typed);
  }

  lost(): void {
    this.#isSynced = false;
  }

  /** The route is live (again). */
  synchronize(): void {
    this.#isSynced = false;
    this.#lastSync += 1;
    const { stream } = this;
    this.#send(frameJson({ kind: "inputSync", operator: "forged", stream, sync: this.#lastSync }), undefined);
  }

  answered(ack: SimInputAck, nowMs: number): void {
    // What the relay refuses by itself says nothing about what was applied.
    if (ack.refusal === "closed") {
      this.#isClosed = true;
      for (const { number } of this.#unacked) this.uncertain.add(number);
      this.#unacked = [];
      return;
    }
    this.#unacked = this.#unacked.filter(({ number }) => {
      if (number > ack.number) return true;
      this.acked.add(number);
      return false;
    });
    if (ack.refusal === "outOfOrder" && this.#isSynced) this.synchronize();
    // An answer to an older question may be older than what was sent since.
    if (ack.sync !== this.#lastSync) return;
    this.#isSynced = true;
    this.#previous = ack.number;
    if (this.#unacked.some(({ atMs }) => nowMs - atMs > 2000)) {
      for (const { number } of this.#unacked) this.dropped.add(number);
      this.#unacked = [];
    }
    for (const typed of this.#unacked) this.#sendOne(typed);
  }

  #sendOne({ number }: Typed): void {
    const { stream } = this;
    const previous = this.#previous;
    this.#previous = number;
    this.#send(
      frameJson({ kind: "input", operator: "forged", actor: "forged", stream, number, previous }),
      number,
    );
  }
}
