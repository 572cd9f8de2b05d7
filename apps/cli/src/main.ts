// The process around the CLI: streams, signals, exit. Nothing else touches `process`.
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { exitCodes } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { runCli } from "./run-cli.ts";

const crashHandlers = new Set<() => void>();
const readerGoneHandlers = new Set<() => void>();

const io: Io = {
  env: process.env,
  cwd: process.cwd(),
  root: path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..", ".."),
  nodePath: process.execPath,
  pid: process.pid,
  platform: { node: process.versions.node, os: process.platform, arch: process.arch },
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  wallMs: () => Date.now(),
  onSignal: (name, handler) => {
    process.on(name, handler);
    return () => process.off(name, handler);
  },
  onCrash: (handler) => {
    crashHandlers.add(handler);
    return () => crashHandlers.delete(handler);
  },
  onReaderGone: (handler) => {
    readerGoneHandlers.add(handler);
    return () => readerGoneHandlers.delete(handler);
  },
  raise: (name) => process.kill(process.pid, name),
};

const runCrashHandlers = (): void => {
  for (const handler of crashHandlers) {
    try {
      handler();
    } catch {
      // The others restore what they can.
    }
  }
};
process.on("exit", runCrashHandlers);

const crash = (error: unknown): void => {
  runCrashHandlers();
  const text =
    error instanceof Error ? (process.env.CMDOP_DEBUG ? error.stack : error.message) : String(error);
  process.stderr.write(
    `cmdop: stopped by an error inside\n  ${text}\n  Set CMDOP_DEBUG=1 and run it again to see where.\n`,
  );
  process.exit(1);
};
process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);
// `cmdop read … | head`: the reader has what it wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE" && error.code !== "EIO") crash(error);
  if (readerGoneHandlers.size === 0) process.exit(exitCodes.unread);
  for (const handler of readerGoneHandlers) handler();
});
process.stderr.on("error", () => {});

const code = await runCli(process.argv.slice(2), io);
// Whatever is still open (a pipe on stdin) must not keep the shell waiting.
process.exit(code);
