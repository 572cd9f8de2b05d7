import type { RevocationRow } from "./contract.ts";
import { edgeLimits } from "./limits.ts";

// What was revoked, by subject and number. Pure.
//
// F1 A credential made at `revSeq` is refused when one of its subjects was revoked at a higher number: an answer that
//    was in flight while the revocation arrived cannot bring it back.
// F2 What is as old as what is not known any more is not trusted: below the floor everything is refused.
// F3 Numbers of a subject only grow.

export interface FenceEntry {
  readonly subject: string;
  readonly seq: number;
  readonly atMs: number;
}

export class RevocationFence {
  /** In the order of their numbers. */
  readonly #bySubject = new Map<string, { seq: number; atMs: number }>();
  readonly #subjectsMax: number;
  #floor = 0;

  constructor(subjectsMax: number = edgeLimits.fenceSubjectsMax) {
    this.#subjectsMax = subjectsMax;
  }

  get size(): number {
    return this.#bySubject.size;
  }

  get floor(): number {
    return this.#floor;
  }

  apply(row: Pick<RevocationRow, "seq" | "subjects" | "atMs">): void {
    for (const subject of row.subjects) {
      const known = this.#bySubject.get(subject);
      if (known && known.seq >= row.seq) continue;
      this.#bySubject.delete(subject);
      this.#bySubject.set(subject, { seq: row.seq, atMs: row.atMs });
    }
    for (const [subject, { seq }] of this.#bySubject) {
      if (this.#bySubject.size <= this.#subjectsMax) break;
      this.#bySubject.delete(subject);
      this.raise(seq);
    }
  }

  /** Credentials made below this number are not trusted any more. */
  raise(floor: number): void {
    this.#floor = Math.max(this.#floor, floor);
  }

  /** Whether a credential with these subjects, made when `revSeq` was the newest revocation, is over. */
  isStale(subjects: readonly string[], revSeq: number): boolean {
    return revSeq < this.#floor || subjects.some((subject) => this.isRevokedAfter(subject, revSeq));
  }

  isRevokedAfter(subject: string, revSeq: number): boolean {
    return (this.#bySubject.get(subject)?.seq ?? 0) > revSeq;
  }

  /** For names that are never given twice, such as a token's: whether they were ever revoked. */
  has(subject: string): boolean {
    return this.#bySubject.has(subject);
  }

  /** Forgets what is older: no credential that it could concern lives so long. */
  prune(beforeMs: number): void {
    for (const [subject, { atMs }] of this.#bySubject) {
      if (atMs >= beforeMs) break;
      this.#bySubject.delete(subject);
    }
  }

  /** The control plane counts from elsewhere: numbers known before mean nothing. */
  clear(): void {
    this.#bySubject.clear();
    this.#floor = 0;
  }

  entries(): FenceEntry[] {
    return Array.from(this.#bySubject, ([subject, { seq, atMs }]) => ({ subject, seq, atMs }));
  }

  restore(entries: readonly FenceEntry[], floor: number): void {
    for (const { subject, seq, atMs } of entries.toSorted((a, b) => a.seq - b.seq))
      this.apply({ seq, subjects: [subject], atMs });
    this.raise(floor);
  }
}
