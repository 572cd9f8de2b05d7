import type { FailureCode } from "@cmdop/base";

/** Counts made on the hot path: plain fields, read by the metrics when they are scraped. Labels are closed sets. */
export class Counters {
  /** Bytes of frames received from homes and attachments. */
  bytesIn = 0;
  /** Bytes of frames sent to homes and attachments. */
  bytesOut = 0;
  readonly faults = new Map<FailureCode, number>();
  readonly inputRefusals = new Map<string, number>();
  readonly gaps = new Map<string, number>();
  /** State transitions by name. */
  readonly events = new Map<string, number>();

  fault(code: FailureCode): void {
    increment(this.faults, code);
  }

  inputRefused(reason: string): void {
    increment(this.inputRefusals, reason);
  }

  gap(reason: string): void {
    increment(this.gaps, reason);
  }

  event(name: string): void {
    increment(this.events, name);
  }
}

const increment = <Key>(counts: Map<Key, number>, key: Key): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};
