import { spawn } from "@lydell/node-pty";

/** Megabytes per second of a flooding program on a bare PTY that is read and thrown away: what the kernel gives. */
export const measurePtyRead = async (
  program: readonly [string, ...string[]],
  forMs: number,
): Promise<number> => {
  const [file, ...args] = program;
  const terminal = spawn(file, args, { cols: 80, rows: 24, encoding: null });
  let bytes = 0;
  // Typed as text; with a null encoding it is bytes.
  terminal.onData((data) => {
    bytes += data.length;
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = bytes;
  const startMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const rate = (bytes - before) / 1000 / (performance.now() - startMs);
  terminal.kill("SIGKILL");
  return rate;
};

/** `yes` on a bare PTY, read and thrown away, as the company of another measurement. */
export const openPtyFlood = (): { close: () => void } => {
  const terminal = spawn("yes", [], { cols: 80, rows: 24, encoding: null });
  terminal.onData(() => {});
  return { close: () => terminal.kill("SIGKILL") };
};
