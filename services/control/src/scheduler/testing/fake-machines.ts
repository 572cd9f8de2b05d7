// Machines behind the CommandRunner port: what is started there is kept in memory, ends when the test says so, and is
// still there for the next process.
import type { Command, CommandOutcome, CommandPlace, CommandRunner, CommandStart } from "../../ports.ts";

interface StartedCommand {
  readonly sessionId: string;
  readonly place: CommandPlace;
  readonly command: Command;
  readonly outcome: Promise<CommandOutcome>;
  end(outcome: CommandOutcome): void;
}

export class FakeMachines {
  readonly started: StartedCommand[] = [];
  readonly cancelled: string[] = [];
  /** Who asked how a command ended, and as old as what. */
  readonly followed: CommandPlace[] = [];
  /** What a start comes to, by machine; others start. */
  readonly refusals = new Map<string, CommandStart>();
  /** Commands end by themselves, at once, with code 0. */
  endsAtOnce = true;

  /** One process's way to them. */
  runner(): CommandRunner {
    return {
      start: async (place, command) => {
        const refusal = this.refusals.get(place.machineId);
        if (refusal) return refusal;
        const { promise, resolve } = Promise.withResolvers<CommandOutcome>();
        const sessionId = `ses_${this.started.length + 1}`;
        const started = { sessionId, place, command, outcome: promise, end: resolve };
        this.started.push(started);
        if (this.endsAtOnce) started.end({ kind: "exited", exitCode: 0, signal: null, outputBytes: 3 });
        return { kind: "started", sessionId };
      },
      find: async (place) =>
        this.started.find((one) => one.place.sessionName === place.sessionName)?.sessionId,
      outcome: async (place, sessionId, { signal }) => {
        this.followed.push(place);
        const aborted = new Promise<never>((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
          if (signal.aborted) reject(signal.reason);
        });
        return Promise.race([this.of(sessionId).outcome, aborted]);
      },
      cancel: async (_place, sessionId) => {
        this.cancelled.push(sessionId);
        this.of(sessionId).end({ kind: "exited", exitCode: null, signal: "SIGTERM", outputBytes: 0 });
      },
    };
  }

  of(sessionId: string): StartedCommand {
    const found = this.started.find((one) => one.sessionId === sessionId);
    if (!found) throw new Error(`nothing was started as ${sessionId}`);
    return found;
  }
}
