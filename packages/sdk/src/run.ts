import type { Clock } from "@cmdop/base";
import type { Attachment, AttachOptions } from "./attachment.ts";
import type { Exit, ExitReason } from "./session.ts";
import type { StartOptions } from "./start-options.ts";

/**
 * The program waits while its output is not read, as in a pipe, so that none can expire before it is; with
 * `waitForReader: false` it runs on, and what it wrote beyond the machine's log is counted in `missingBytes`.
 */
export interface RunOptions extends Omit<StartOptions, "kind" | "cols" | "rows" | "stdin" | "resizePolicy"> {
  /** Standard input; empty without it. */
  readonly input?: Uint8Array | string;
  /** Of stdout and of stderr each; what follows is read and thrown away. Default 16 MiB. */
  readonly maxOutputBytes?: number;
  /** Sees each chunk as it arrives, before it is collected. A promise that it returns is waited for. */
  readonly onOutput?: (channel: "stdout" | "stderr", bytes: Uint8Array) => unknown;
}

/** What a command did. */
export interface RunResult {
  readonly sessionId: string;
  /** Null when it did not exit by itself; `signal` and `reason` say why. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: ExitReason;
  readonly exit: Exit;
  /** Decoded as UTF-8 at each access. */
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Uint8Array;
  readonly stderrBytes: Uint8Array;
  /** `maxOutputBytes` was reached, or output is missing (`missingBytes`). */
  readonly truncated: boolean;
  /** Output that had expired or was lost on the machine before it was read. */
  readonly missingBytes: number;
  /** From the first attach to the end. */
  readonly durationMs: number;
}

const defaultOutputBytesMax = 16 * 1024 * 1024;

/** Collects at most `bytesMax` bytes. */
class Collector {
  readonly #bytesMax: number;
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;
  isTruncated = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  push(bytes: Uint8Array): void {
    const room = this.#bytesMax - this.#bytes;
    if (bytes.length > room) this.isTruncated = true;
    if (room <= 0) return;
    // Copied: a view would keep the whole block that was read from the connection.
    const part = bytes.slice(0, room);
    this.#parts.push(part);
    this.#bytes += part.length;
  }

  join(): Uint8Array {
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

interface RunPorts {
  readonly start: (options: StartOptions, attach: AttachOptions) => Promise<Attachment>;
  readonly clock: Clock;
}

/** Input that the program did not read is its own affair: its exit says what it made of that. */
const feed = async (attachment: Attachment, input: Uint8Array | string): Promise<void> => {
  try {
    await attachment.write(input, { maxAgeMs: Number.POSITIVE_INFINITY });
    await attachment.endInput();
  } catch {
    // The reader below meets whatever ended the attachment.
  }
};

export const runCommand = async (ports: RunPorts, options: RunOptions): Promise<RunResult> => {
  const { input, maxOutputBytes = defaultOutputBytesMax, onOutput, ...spec } = options;
  const attachment = await ports.start(
    { waitForReader: true, ...spec, kind: "command", stdin: input !== undefined },
    { mode: "lossless", ...(options.signal ? { signal: options.signal } : {}) },
  );
  const startMs = ports.clock.nowMs();
  const stdout = new Collector(maxOutputBytes);
  const stderr = new Collector(maxOutputBytes);
  let missingBytes = 0;
  try {
    if (input !== undefined) void feed(attachment, input);
    for (let item = await attachment.read(); item; item = await attachment.read()) {
      if (item.kind === "gap") missingBytes += item.to - item.from;
      if (item.kind !== "output") continue;
      const channel = item.channel === "stderr" ? "stderr" : "stdout";
      await onOutput?.(channel, item.bytes);
      (channel === "stderr" ? stderr : stdout).push(item.bytes);
    }
    const exit = await attachment.exited;
    const stdoutBytes = stdout.join();
    const stderrBytes = stderr.join();
    return {
      sessionId: attachment.session.id,
      code: exit.code,
      signal: exit.signal,
      reason: exit.reason,
      exit,
      get stdout() {
        return new TextDecoder().decode(stdoutBytes);
      },
      get stderr() {
        return new TextDecoder().decode(stderrBytes);
      },
      stdoutBytes,
      stderrBytes,
      truncated: stdout.isTruncated || stderr.isTruncated || missingBytes > 0,
      missingBytes,
      durationMs: ports.clock.nowMs() - startMs,
    };
  } finally {
    await attachment.detach();
  }
};
