// What is kept of answers, of all requests at a time: a provider that a caller brought decides how large they are.
import type { Limits } from "../core/limits.ts";
import { OwnedBytes } from "../core/owned-bytes.ts";

/** One request's share. */
export interface AnswerShare {
  /** False: there is no room for so many bytes more. */
  take(bytes: number): boolean;
  /** What was taken for an answer that is not kept. */
  give(bytes: number): void;
  /** Once its answer has left, or nobody waits for it. */
  leave(): void;
}

export class AnswerRoom {
  readonly #room: OwnedBytes;

  constructor(limits: Pick<Limits, "responseBytes" | "responseBytesInFlight">) {
    this.#room = new OwnedBytes({ bytesMax: limits.responseBytesInFlight, oneMax: limits.responseBytes });
  }

  /** `owner`: whose request it is. */
  open(owner: string): AnswerShare {
    let own = 0;
    let hasLeft = false;
    return {
      take: (bytes) => {
        if (hasLeft || !this.#room.take(owner, bytes)) return false;
        own += bytes;
        return true;
      },
      give: (bytes) => {
        if (hasLeft) return;
        this.#room.give(owner, bytes);
        own -= bytes;
      },
      leave: () => {
        hasLeft = true;
        this.#room.give(owner, own);
        own = 0;
      },
    };
  }
}
