import type { StartOptions } from "./client.ts";
import type { Exit, ExitReason } from "./session.ts";

export interface RunOptions extends Omit<StartOptions, "kind" | "cols" | "rows" | "stdin" | "resizePolicy"> {
  /** Standard input; empty without it. */
  readonly input?: Uint8Array | string;
  /** Of stdout and of stderr each; what follows is read and thrown away. Default 16 MiB. */
  readonly maxOutputBytes?: number;
  /** Sees each chunk as it arrives, before it is collected. */
  readonly onOutput?: (channel: "stdout" | "stderr", bytes: Uint8Array) => void;
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
  /** From the start's answer to the end. */
  readonly durationMs: number;
}
