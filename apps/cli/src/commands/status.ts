import { toDisplayText } from "@cmdop/base";
import { type AgentStatus, readAgentStatus } from "../agent-client.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { toDurationText } from "../options/duration.ts";

const isLinked = (status: AgentStatus | undefined): boolean =>
  status?.link.state === "linked" || status?.link.state === "draining";

export const run = async ({ home, io, options, print }: Context): Promise<number> => {
  const status = await readAgentStatus(home);
  const code = isLinked(status) ? exitCodes.done : exitCodes.failed;
  if (options.flag("check")) return code;
  if (print.isJson) {
    await print.json(status ? { running: true, ...status } : { running: false });
    return exitCodes.done;
  }
  if (!status) {
    await print.line("agent    not running");
    print.note("Type: cmdop up (or npm start, for a relay and an agent on this machine)");
    return exitCodes.done;
  }
  if (print.isQuiet) {
    await print.line(status.link.state);
    return exitCodes.done;
  }
  for (const line of describeStatus(status, io.wallMs(), print.style)) await print.line(line);
  return exitCodes.done;
};

export const describeStatus = (
  status: AgentStatus,
  nowMs: number,
  style: Context["print"]["style"],
): readonly string[] => {
  const { link, machine, host, sessions } = status;
  const since = toDurationText(nowMs - link.sinceMs);
  const state = isLinked(status) ? style.green(link.state) : style.yellow(link.state);
  const towards = link.state === "waiting" ? "to dial" : "to";
  const live = sessions.filter((session) => !session.ended).length;
  const lines = [
    `machine  ${toDisplayText(machine.name, 128)}${machine.id ? ` (${toDisplayText(machine.id, 64)})` : ""}`,
    `key      ${toDisplayText(machine.fingerprint, 64)}`,
    `agent    running for ${toDurationText(nowMs - status.startedAtMs)} (pid ${status.pid}, ${toDisplayText(status.agentVersion, 32)})`,
    `link     ${state} ${link.relay ? `${towards} ${toDisplayText(link.relay, 128)} ` : ""}for ${since}`,
    `host     ${toDisplayText(host.state, 32)}${host.pid ? ` (pid ${host.pid})` : ""}`,
    `sessions ${live} live, ${sessions.length - live} ended`,
  ];
  if (link.failure)
    lines.push(`why      ${toDisplayText(link.failure.text, 500)} (${toDisplayText(link.failure.code, 64)})`);
  if (link.failure?.code === "token_revoked")
    lines.push(
      "next     Was it removed? With a new join string: cmdop join --again",
      "         At a relay that stands alone, with a new token: cmdop down, cmdop up --token-file FILE",
    );
  return lines;
};
