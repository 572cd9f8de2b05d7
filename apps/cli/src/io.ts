import type { Readable, Writable } from "node:stream";

/** What a command sees of the process. `main.ts` makes the real one, tests make theirs. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The clone that this CLI runs from. */
  readonly root: string;
  readonly nodePath: string;
  readonly pid: number;
  readonly platform: { readonly node: string; readonly os: string; readonly arch: string };
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  wallMs(): number;
  /** Subscribes to a signal; the returned function ends it. While one is subscribed the default is off. */
  onSignal(name: NodeJS.Signals, handler: () => void): () => void;
  /** Called before the process dies of an error that nobody caught; synchronous work only. */
  onCrash(handler: () => void): () => void;
  /** Called when whoever reads stdout has gone (`| head`), in place of the exit that follows without a handler. */
  onReaderGone(handler: () => void): () => void;
  /** Sends a signal to this process. */
  raise(name: NodeJS.Signals): void;
}

export interface Input extends NodeJS.ReadableStream {
  readonly isTTY?: boolean | undefined;
  readonly isRaw?: boolean | undefined;
  setRawMode?(isRaw: boolean): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  readonly fd?: number | undefined;
  /** Bytes accepted and not yet taken by the terminal or pipe. */
  readonly writableLength?: number | undefined;
}

/** Writes and waits until the bytes were taken. Rejects when the reader is gone. */
export const writeOut = (output: Output, data: string | Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    output.write(data, (error) => (error ? reject(error) : resolve()));
  });

/** Where a question is asked and answered: standard output is for results, and may be a file. */
export const questionTerminal = ({ stdin, stderr }: Pick<Io, "stdin" | "stderr">) => ({
  input: stdin as Input & Readable,
  output: stderr as Output & Writable,
});
