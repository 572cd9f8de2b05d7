import { toDisplayText } from "@cmdop/base";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

const timeoutMs = 1500;

/** One name a line with what it is after a tab. Says nothing when it cannot know: a shell waits for this. */
export const run = async ({ arguments: [kind], client, print, signal }: Context): Promise<number> => {
  try {
    const opened = await client();
    const callOptions = { timeoutMs, signal };
    if (kind === "machine") {
      for (const machine of await opened.machines.list(callOptions)) {
        await print.line(`${toDisplayText(machine.name, 64)}\t${machine.presence}`);
      }
      return exitCodes.done;
    }
    for (const session of await opened.sessions.list(callOptions)) {
      const about = `${toDisplayText(session.machineName, 40)} ${session.state}`;
      await print.line(`${toDisplayText(session.name, 64) || session.id}\t${about}`);
    }
  } catch {
    // Completion offers nothing.
  }
  return exitCodes.done;
};
