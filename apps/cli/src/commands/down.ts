import { readAgentStatus, stopAgent } from "../agent-client.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { isSupervised } from "../supervised-agent.ts";

export const run = async ({ home, options, print }: Context): Promise<number> => {
  const withHost = options.flag("all");
  const status = await readAgentStatus(home);
  const wasRunning = await stopAgent(home, withHost);
  const live = status?.sessions.filter((session) => !session.ended).length ?? 0;
  if (print.isJson) {
    await print.json({ stopped: wasRunning, withHost, sessions: withHost ? 0 : live });
    return exitCodes.done;
  }
  if (!wasRunning) print.note("The agent was not running.");
  else if (withHost) await print.line("stopped, with its sessions");
  else
    await print.line(
      live === 0 ? "stopped" : `stopped; ${live} ${live === 1 ? "session lives" : "sessions live"} on`,
    );
  if (wasRunning && isSupervised(home, status?.pid)) {
    print.note("npm start runs it here and will start it again: end that with ^C in its window.");
  } else if (wasRunning && !withHost && live > 0) {
    print.note("Type: cmdop up, to reach them again; cmdop down --all, to end them");
  }
  return exitCodes.done;
};
