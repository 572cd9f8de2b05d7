import { PassThrough } from "node:stream";
import type { Io } from "../io.ts";
import { runCli } from "../run-cli.ts";

export interface TestTerminal {
  readonly texts: { readonly out: string; readonly error: string };
  run(...args: string[]): Promise<number>;
  /** A line on its standard input. */
  type(line: string): void;
  /** As ^C does. */
  interrupt(): void;
}

export interface TestTerminalOptions {
  /** Its standard input, which ends. */
  readonly input?: string | undefined;
  readonly cwd?: string;
  /** The clone, for commands that run one of its processes; default: none. */
  readonly root?: string;
  readonly wallMs?: number | undefined;
}

/** A terminal on a machine of its own, where nobody answers questions. */
export const openTestTerminal = (
  env: Readonly<Record<string, string | undefined>>,
  { input, cwd = "/", root = "/", wallMs }: TestTerminalOptions = {},
): TestTerminal => {
  const texts = { out: "", error: "" };
  const sink = (name: "out" | "error") => {
    const stream = new PassThrough();
    stream.on("data", (bytes) => {
      texts[name] += String(bytes);
    });
    return stream;
  };
  const stdin = new PassThrough();
  if (input !== undefined) stdin.end(input);
  const interrupts = new Set<() => void>();
  const io: Io = {
    env,
    cwd,
    root,
    nodePath: process.execPath,
    pid: 1,
    platform: { node: "24", os: "linux", arch: "x64" },
    stdin,
    stdout: sink("out"),
    stderr: sink("error"),
    wallMs: () => wallMs ?? Date.now(),
    onSignal: (name, handler) => {
      if (name !== "SIGINT") return () => undefined;
      interrupts.add(handler);
      return () => interrupts.delete(handler);
    },
    onCrash: () => () => undefined,
    onReaderGone: () => () => undefined,
    raise: () => undefined,
  };
  return {
    texts,
    run: (...args) => runCli(args, io),
    type: (line) => stdin.write(`${line}\n`),
    interrupt: () => {
      for (const handler of [...interrupts]) handler();
    },
  };
};
