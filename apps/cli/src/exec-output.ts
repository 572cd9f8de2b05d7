import type { OutputChannel } from "@cmdop/sdk";
import { type Io, writeOut } from "./io.ts";

/** Of stdout and stderr each, with --json. */
const collectedBytesMax = 16 * 1024 * 1024;

/** Where a command's output goes: to our own streams as it comes, or collected. */
export class ExecOutput {
  missingBytes = 0;
  readonly #io: Io;
  readonly #isCollected: boolean;
  readonly #chunks: { readonly stdout: Uint8Array[]; readonly stderr: Uint8Array[] } = {
    stdout: [],
    stderr: [],
  };
  readonly #bytes = { stdout: 0, stderr: 0 };
  #isTruncated = false;

  constructor(io: Io, isCollected: boolean) {
    this.#io = io;
    this.#isCollected = isCollected;
  }

  async write(channel: OutputChannel, bytes: Uint8Array): Promise<void> {
    const name = channel === "stderr" ? "stderr" : "stdout";
    if (!this.#isCollected) return writeOut(this.#io[name], bytes);
    const kept = bytes.subarray(0, collectedBytesMax - this.#bytes[name]);
    if (kept.length < bytes.length) this.#isTruncated = true;
    this.#chunks[name].push(new Uint8Array(kept));
    this.#bytes[name] += kept.length;
  }

  collected(): { stdout: string; stderr: string; truncated: boolean; missingBytes: number } {
    return {
      stdout: Buffer.concat(this.#chunks.stdout).toString(),
      stderr: Buffer.concat(this.#chunks.stderr).toString(),
      truncated: this.#isTruncated,
      missingBytes: this.missingBytes,
    };
  }
}
