// What changed at the host between a link's Register and the answer to it: the Register does not have it, and no
// report goes to a link that is not registered yet. Pure.
//
// I1 It is kept for the one link that waits for its answer, and for no longer than that link waits.

interface Waiting {
  readonly attempt: number;
  isChanged: boolean;
  readonly forgotten: string[];
}

export class MissedChanges {
  #waiting: Waiting | undefined;

  registering(attempt: number): void {
    this.#waiting = { attempt, isChanged: false, forgotten: [] };
  }

  changed(forgotten: readonly string[]): void {
    if (!this.#waiting) return;
    this.#waiting.isChanged = true;
    this.#waiting.forgotten.push(...forgotten);
  }

  /** The sessions forgotten meanwhile; undefined: nothing changed. */
  registered(attempt: number): readonly string[] | undefined {
    const waiting = this.#waiting;
    if (waiting?.attempt !== attempt) return undefined;
    this.#waiting = undefined;
    return waiting.isChanged ? waiting.forgotten : undefined;
  }

  ended(attempt: number): void {
    if (this.#waiting?.attempt === attempt) this.#waiting = undefined;
  }
}
