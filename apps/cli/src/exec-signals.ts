import type { Attachment } from "@cmdop/sdk";
import type { Io } from "./io.ts";

export interface ForwardOptions {
  readonly io: Io;
  readonly attachment: Pick<Attachment, "signal">;
  /** Ends the execution. */
  end(): Promise<unknown>;
  /** Leaves without knowing how it ends. */
  leave(): void;
  note(text: string): void;
}

/**
 * Signals to us go to the command: the first ^C as it is, the second ends the execution, the third leaves. Returns
 * how to stop.
 */
export const forwardSignals = ({ io, attachment, end, leave, note }: ForwardOptions): (() => void) => {
  let interrupts = 0;
  const onInterrupt = (): void => {
    interrupts += 1;
    if (interrupts === 1) attachment.signal("SIGINT");
    else if (interrupts === 2) {
      note("ending it; ^C once more leaves");
      end().catch(() => note("it could not be told to end; ^C once more leaves, and it may run on"));
    } else leave();
  };
  const offs = [
    io.onSignal("SIGINT", onInterrupt),
    io.onSignal("SIGTERM", () => attachment.signal("SIGTERM")),
    io.onSignal("SIGHUP", () => attachment.signal("SIGHUP")),
    io.onSignal("SIGQUIT", () => attachment.signal("SIGQUIT")),
  ];
  return () => {
    for (const off of offs) off();
  };
};
