import { type Clock, Failure } from "@cmdop/base";
import type { Lease } from "./attachment-events.ts";
import { coreLimits } from "./core-limits.ts";
import type { ClientFrame, LeaseFacts } from "./stream-frames.ts";

// The write lease as this attachment sees it, and who waits for it to change.

interface Wait {
  readonly action: "take" | "handBack";
  readonly settle: (result: Lease | Failure) => void;
}

export interface LeaseDeskOptions {
  readonly stream: Uint8Array;
  readonly clock: Clock;
  /** Sends when the machine can be reached; else it is sent again when it can. */
  readonly send: (frame: ClientFrame) => void;
}

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

export class LeaseDesk {
  readonly #options: LeaseDeskOptions;
  readonly #waits = new Set<Wait>();
  #facts: LeaseFacts = { holder: "", stream: new Uint8Array(0), actor: "unknown", epoch: 0 };
  #self = "";

  constructor(options: LeaseDeskOptions) {
    this.#options = options;
  }

  get lease(): Lease {
    const { holder, actor, epoch } = this.#facts;
    const isMine = this.isHeldBy({ operator: this.#self, stream: this.#options.stream });
    return { holder, actor, epoch, isMine };
  }

  isHeldBy({ operator, stream }: { readonly operator: string; readonly stream: Uint8Array }): boolean {
    const { holder, stream: held } = this.#facts;
    return holder !== "" && holder === operator && equalBytes(held, stream);
  }

  /** `self`: the operator that this attachment is. True when it changed. */
  changed(facts: LeaseFacts, self: string): boolean {
    const isChanged = facts.epoch !== this.#facts.epoch || facts.holder !== this.#facts.holder;
    this.#facts = facts;
    this.#self = self;
    const { lease } = this;
    for (const wait of this.#waits) {
      if ((wait.action === "take") !== lease.isMine) continue;
      this.#waits.delete(wait);
      wait.settle(lease);
    }
    return isChanged;
  }

  /** Takes it or gives it back; returns the way to stop waiting. */
  request(action: Wait["action"], settle: Wait["settle"]): () => void {
    if ((action === "take") === this.lease.isMine) {
      settle(this.lease);
      return () => {};
    }
    const cancelTimer = this.#options.clock.after(coreLimits.leaseTimeoutMs, () => {
      if (this.#waits.delete(wait)) settle(new Failure("timed_out"));
    });
    const wait: Wait = {
      action,
      settle: (result) => {
        cancelTimer();
        settle(result);
      },
    };
    this.#waits.add(wait);
    this.#send(wait);
    return () => {
      cancelTimer();
      this.#waits.delete(wait);
    };
  }

  /** The machine can be reached again. */
  resume(): void {
    for (const wait of this.#waits) this.#send(wait);
  }

  close(failure: Failure): void {
    const waits = [...this.#waits];
    this.#waits.clear();
    for (const wait of waits) wait.settle(failure);
  }

  #send(wait: Wait): void {
    this.#options.send({ kind: "leaseRequest", action: wait.action, stream: this.#options.stream });
  }
}
