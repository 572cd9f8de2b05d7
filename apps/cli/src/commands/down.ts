import path from "node:path";
import { readAgentStatus, stopAgent } from "../agent-client.ts";
import { CliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { runForeground } from "../run-foreground.ts";
import { isSupervised } from "../supervised-agent.ts";

/** Of stop-host-main.ts: there is none. */
const noHost = 3;

export const run = async (context: Context): Promise<number> => {
  const { home, options, print } = context;
  const withHost = options.flag("all");
  const status = await readAgentStatus(home);
  const wasRunning = (await stopAgent(home, withHost)) || (withHost && (await stopHost(context)));
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

/** The host outlives its agent. False: none runs here. */
const stopHost = async (context: Context): Promise<boolean> => {
  const main = path.join(context.io.root, "apps", "agent", "src", "stop-host-main.ts");
  const code = await runForeground(context, { main, env: {}, what: "what ends the session host" });
  if (code === exitCodes.done) return true;
  if (code === noHost) return false;
  throw new CliError({
    what: "the session host does not end",
    why: "It was asked to, and goes on.",
    next: `See ${path.join(context.home, "logs", "host.log")}`,
    code: "host_unavailable",
  });
};
