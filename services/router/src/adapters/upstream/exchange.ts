// One request and its answer on undici's dispatch interface, which gives the pieces of a body as the socket gives them:
// the streams of its other interfaces cost more than everything the router does with a piece.
//
// I1 At most `heldBytes`, `heldPieces` and one piece more are held of what nobody has read; then the socket is not read either.
// I2 After the signal nothing is handed out, and the connection of an answer that is not whole is closed.
import type { Dispatcher } from "undici";

type Controller = Dispatcher.DispatchController;
type Headers = Readonly<Record<string, string | string[] | undefined>>;
type Piece = IteratorResult<Uint8Array, undefined>;

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
}

const heldBytes = 64 * 1024;
/** Of a provider that sends byte by byte. */
const heldPieces = 1_024;
const aborted = new Error("the request was aborted");
const over: Piece = { done: true, value: undefined };

export class Exchange implements Dispatcher.DispatchHandler, AsyncIterableIterator<Uint8Array, undefined> {
  /** Resolves when the answer begins; rejects when none does. */
  readonly answered: Promise<Answered>;
  readonly #signal: AbortSignal;
  readonly #begin: { resolve(answered: Answered): void; reject(cause: Error): void };
  readonly #onAbort = (): void => this.#abort();
  #controller: Controller | undefined;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isOver = false;
  #failure: Error | undefined;
  #reader: { resolve(piece: Piece): void; reject(cause: Error): void } | undefined;

  constructor(signal: AbortSignal) {
    const { promise, ...begin } = Promise.withResolvers<Answered>();
    this.answered = promise;
    this.#begin = begin;
    this.#signal = signal;
    if (signal.aborted) this.#abort();
    else signal.addEventListener("abort", this.#onAbort);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    // Aborted while it waited for a connection.
    if (this.#failure) controller.abort(this.#failure);
  }

  onResponseStart(_controller: Controller, status: number, headers: Headers): void {
    if (status >= 200) this.#begin.resolve({ status, headers });
  }

  onResponseData(controller: Controller, piece: Uint8Array): void {
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: piece });
      this.#reader = undefined;
      return;
    }
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= heldBytes || this.#pieces.length >= heldPieces) controller.pause();
  }

  onResponseEnd(): void {
    this.#isOver = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#reader?.resolve(over);
    this.#reader = undefined;
  }

  onResponseError(_controller: Controller | undefined, cause: Error): void {
    this.failed(cause);
  }

  /** Also for what undici refuses before it sends anything. */
  failed(cause: Error): void {
    this.#failure ??= cause;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#begin.reject(this.#failure);
    this.#reader?.reject(this.#failure);
    this.#reader = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What was held comes before the failure that ended the answer, but nothing does after the signal. */
  next(): Promise<Piece> {
    if (this.#failure === aborted) return Promise.reject(aborted);
    const piece = this.#pieces.shift();
    if (piece) {
      this.#bytes -= piece.length;
      if (this.#pieces.length === 0) this.#controller?.resume();
      return Promise.resolve({ done: false, value: piece });
    }
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#isOver) return Promise.resolve(over);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #abort(): void {
    this.#pieces = [];
    this.failed(aborted);
    this.#controller?.abort(aborted);
  }
}
