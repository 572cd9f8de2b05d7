import { readFileSync } from "node:fs";
import path from "node:path";
import { readAgentStatus, stopAgent } from "../agent-client.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

/** `npm start` starts again what stops: whoever types `down` should know. */
const isSupervised = (home: string, agentPid: number | undefined): boolean => {
  try {
    const value: unknown = JSON.parse(readFileSync(path.join(home, "run", "supervisor.json"), "utf8"));
    const children: unknown =
      typeof value === "object" && value !== null ? Reflect.get(value, "children") : undefined;
    return typeof children === "object" && children !== null && Object.values(children).includes(agentPid);
  } catch {
    return false;
  }
};

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
