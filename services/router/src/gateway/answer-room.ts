// What is kept of answers, of all requests at a time: a provider that a caller brought decides how large they are.

/** One request's share. */
export interface AnswerShare {
  /** False: there is no room for so many bytes more. */
  take(bytes: number): boolean;
  /** Once its answer has left, or nobody waits for it. */
  leave(): void;
}

export class AnswerRoom {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  open(): AnswerShare {
    let own = 0;
    let hasLeft = false;
    return {
      take: (bytes) => {
        if (hasLeft || this.#bytes + bytes > this.#bytesMax) return false;
        this.#bytes += bytes;
        own += bytes;
        return true;
      },
      leave: () => {
        hasLeft = true;
        this.#bytes -= own;
        own = 0;
      },
    };
  }
}
