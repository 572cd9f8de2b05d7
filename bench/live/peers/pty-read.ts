import { spawn } from "@lydell/node-pty";
import { cpuMsOf } from "../../process-usage.ts";

export interface PtyRead {
  readonly megabytesPerSecond: number;
  /**
   * For each second of processor time that the program used: what no reader can exceed, since one program has one
   * processor. Less than the rate it depends on what else runs.
   */
  readonly megabytesPerCpuSecond: number;
}

/** A flooding program on a bare PTY that is read and thrown away: what the kernel gives. */
export const measurePtyRead = async (
  program: readonly [string, ...string[]],
  forMs: number,
): Promise<PtyRead> => {
  const [file, ...args] = program;
  const terminal = spawn(file, args, { cols: 80, rows: 24, encoding: null });
  let bytes = 0;
  // Typed as text; with a null encoding it is bytes.
  terminal.onData((data) => {
    bytes += data.length;
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = bytes;
  const cpuBeforeMs = cpuMsOf(terminal.pid);
  const startMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const read = bytes - before;
  const result = {
    megabytesPerSecond: read / 1000 / (performance.now() - startMs),
    megabytesPerCpuSecond: read / 1000 / (cpuMsOf(terminal.pid) - cpuBeforeMs),
  };
  terminal.kill("SIGKILL");
  return result;
};

/** `yes` on a bare PTY, read and thrown away, as the company of another measurement. */
export const openPtyFlood = (): { close: () => void } => {
  const terminal = spawn("yes", [], { cols: 80, rows: 24, encoding: null });
  terminal.onData(() => {});
  return { close: () => terminal.kill("SIGKILL") };
};
