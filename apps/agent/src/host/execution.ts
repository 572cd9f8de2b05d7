import type { Channel } from "@cmdop/protocol";

/** How an execution ended: a code or a signal. */
export interface ExecutionExit {
  readonly code: number | undefined;
  /** POSIX name, "" when it exited by itself. */
  readonly signal: string;
}

export interface ExecutionEvents {
  /** `data` is valid during the call alone. */
  output(channel: Channel, data: Uint8Array): void;
  /** After the last output; exactly once. */
  exit(exit: ExecutionExit): void;
  /** Everything that `write` took has been written. */
  inputDrained?(): void;
}

/** One running program: behind a terminal or behind pipes. Nothing throws after it has ended. */
export interface Execution {
  readonly pid: number;
  /** Bytes that the program's side has not taken yet. */
  readonly unwrittenBytes: number;
  /** Keeps `data` until it is written: it must not change. */
  write(data: Uint8Array): void;
  /** No more input follows. */
  endInput(): void;
  resize(cols: number, rows: number): void;
  /** To the process group in the foreground. */
  signal(name: NodeJS.Signals): void;
  /** Asks everything that runs in it to end. */
  hangUp(): void;
  /** Ends everything that runs in it. */
  kill(): void;
  /** Stops reading its output: the program waits when the kernel's buffer is full. */
  pause(): void;
  resume(): void;
}

export interface ExecutionSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}
