// Ends what runs. A request has two of these, and an AbortController with its EventTarget costs several microseconds
// to make: more than all else that the router itself does for a plain request but reading its JSON.

/** What is used of an AbortSignal; a real one is one. */
export interface Signal {
  readonly aborted: boolean;
  /** Not called when it is aborted already. */
  addEventListener(type: "abort", listener: () => void, options?: { readonly once: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Whoever may abort holds it; whoever is aborted gets it as a Signal. */
export class Cancellation implements Signal {
  #isAborted = false;
  #listeners: (() => void)[] = [];

  get aborted(): boolean {
    return this.#isAborted;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    if (!this.#isAborted && !this.#listeners.includes(listener)) this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at !== -1) this.#listeners.splice(at, 1);
  }

  /** Safe to call twice. Listeners run once, in their order, before it returns; they must not throw. */
  abort(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    while (this.#listeners.length > 0) this.#listeners.shift()?.();
  }
}
