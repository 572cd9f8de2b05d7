// When the log of an ended session is over by age. A wall clock may jump: an age is time that the machine was up.
//
// I1 What this host saw end is aged by the machine's uptime alone, its sleep counted: no jump ends or prolongs it.
// I2 What it found at its start is judged by the wall clock once, when that had time to be set, and aged by uptime from
//    there. A clock that says less than none, or more than all, moves that by no more than the whole time.

export interface LogRetentionOptions {
  /** Milliseconds that the machine has been up, its sleep counted. */
  readonly uptimeMs: () => number;
  readonly wallMs: () => number;
  readonly keptMs: number;
  /** From the host's start to the judgement of what it found. */
  readonly settleMs: number;
}

export class LogRetention {
  readonly #options: LogRetentionOptions;
  readonly #judgesAtMs: number;
  /** Of uptime, by session. */
  readonly #overAtMs = new Map<string, number>();

  constructor(options: LogRetentionOptions) {
    this.#options = options;
    this.#judgesAtMs = options.uptimeMs() + options.settleMs;
  }

  ended(id: string): void {
    this.#overAtMs.set(id, this.#options.uptimeMs() + this.#options.keptMs);
  }

  /** `endedAtMs`: by the wall clock of then. */
  isOver(id: string, endedAtMs: number): boolean {
    const { uptimeMs, wallMs, keptMs } = this.#options;
    const upMs = uptimeMs();
    let overAtMs = this.#overAtMs.get(id);
    if (overAtMs === undefined) {
      if (upMs < this.#judgesAtMs) return false;
      overAtMs = upMs + Math.min(keptMs, Math.max(0, keptMs - (wallMs() - endedAtMs)));
      this.#overAtMs.set(id, overAtMs);
    }
    return upMs >= overAtMs;
  }

  forget(id: string): void {
    this.#overAtMs.delete(id);
  }
}
