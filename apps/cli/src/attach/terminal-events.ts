import type { Clock } from "@cmdop/base";
import type { Io } from "../io.ts";

export type EndingSignal = "SIGTERM" | "SIGHUP" | "SIGINT" | "SIGQUIT";

export interface TerminalEvents {
  input(bytes: Uint8Array): void;
  /** The window's size has changed and settled. */
  resized(): void;
  /** This process has to end; also when the terminal is gone (SIGHUP). */
  ended(signal: EndingSignal): void;
  /** Before this process stops as a job, and after it goes on. */
  stopping(): void;
  continued(): void;
}

const resizeSettleMs = 40;

/** What happens to the user's terminal and to this process. Returns how to stop listening. */
export const listenToTerminal = (io: Io, clock: Clock, events: TerminalEvents): (() => void) => {
  const { stdin, stdout } = io;
  let cancelResize: (() => void) | undefined;
  const onData = (bytes: Buffer): void => events.input(bytes);
  const onEnd = (): void => events.ended("SIGHUP");
  const onResize = (): void => {
    cancelResize?.();
    cancelResize = clock.after(resizeSettleMs, () => events.resized());
  };
  stdin.on("data", onData);
  stdin.on("end", onEnd);
  stdin.on("error", onEnd);
  stdout.on("resize", onResize);
  const offs = [
    ...(["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const).map((name) =>
      io.onSignal(name, () => events.ended(name)),
    ),
    io.onSignal("SIGTSTP", () => {
      events.stopping();
      io.raise("SIGSTOP");
    }),
    io.onSignal("SIGCONT", () => events.continued()),
  ];
  stdin.resume();
  return () => {
    cancelResize?.();
    for (const off of offs) off();
    stdin.off("data", onData);
    stdin.off("end", onEnd);
    stdin.off("error", onEnd);
    stdout.off("resize", onResize);
    stdin.pause();
  };
};
