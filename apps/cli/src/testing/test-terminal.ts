import { PassThrough } from "node:stream";
import { waitFor } from "@cmdop/testkit";
import type { Io } from "../io.ts";
import { runCli } from "../run-cli.ts";

export interface TestTerminal {
  readonly texts: { readonly out: string; readonly error: string };
  run(...args: string[]): Promise<number>;
  /** A line on its standard input. */
  type(line: string): void;
  /** Waits for a question, and presses these keys: `\r` is Enter. */
  answer(question: string, keys: string): Promise<void>;
  /** As ^C does. */
  interrupt(): void;
}

export interface TestTerminalOptions {
  /** Its standard input, which ends. */
  readonly input?: string | undefined;
  /** Somebody sits there and answers questions. */
  readonly isAttended?: boolean;
  readonly cwd?: string;
  /** The clone, for commands that run one of its processes; default: none. */
  readonly root?: string;
  readonly wallMs?: number | undefined;
}

/** A terminal on a machine of its own, where nobody answers questions unless it is attended. */
export const openTestTerminal = (
  env: Readonly<Record<string, string | undefined>>,
  { input, isAttended = false, cwd = "/", root = "/", wallMs }: TestTerminalOptions = {},
): TestTerminal => {
  const texts = { out: "", error: "" };
  const sink = (name: "out" | "error") => {
    const stream = new PassThrough();
    stream.on("data", (bytes) => {
      texts[name] += String(bytes);
    });
    return stream;
  };
  const stdin = Object.assign(new PassThrough(), isAttended ? { isTTY: true, setRawMode: () => stdin } : {});
  if (input !== undefined) stdin.end(input);
  let answeredTo = 0;
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
    answer: async (question, keys) => {
      await waitFor(() => texts.error.includes(question, answeredTo), { what: question });
      answeredTo = texts.error.length;
      stdin.write(keys);
    },
    interrupt: () => {
      for (const handler of [...interrupts]) handler();
    },
  };
};
