/**
 * Collects closers and runs them once, newest first. A scope that is already closed runs what is added at once.
 */
export class Scope {
  readonly #closers: (() => void | Promise<void>)[] = [];
  #closing: Promise<void> | undefined;

  add(close: () => void | Promise<void>): void {
    if (this.#closing) {
      void close();
      return;
    }
    this.#closers.push(close);
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** Runs every closer even when one throws; rejects with the errors collected. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, "closing failed");
  }
}
