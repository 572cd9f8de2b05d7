import { Duplex } from "node:stream";

export interface EmbeddedStreamPort {
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** The connection is over, whoever ended it. Called once. */
  onClose(): void;
}

/**
 * One connection to the embedded engine, in the shape of the socket that `pg` takes. `pg` corks what belongs
 * together, so one query is one message to the worker thread and one back.
 */
export class EmbeddedStream extends Duplex {
  readonly #port: EmbeddedStreamPort;

  constructor(port: EmbeddedStreamPort) {
    super();
    this.#port = port;
  }

  // What `pg` calls on a socket.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  connect(): this {
    queueMicrotask(() => this.emit("connect"));
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {
    // Answers are pushed as they come; one query is under way at a time.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#port.send(new Uint8Array(chunk));
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#port.send(new Uint8Array(Buffer.concat(chunks.map(({ chunk }) => chunk))));
    done();
  }

  override _final(done: () => void): void {
    // `pg` said goodbye: answer as a server does, by closing.
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#port.onClose();
    done(error);
  }
}
