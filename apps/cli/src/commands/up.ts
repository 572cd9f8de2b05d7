import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makePrivateDirectory } from "@cmdop/authority";
import { isFailureCode, toDisplayText } from "@cmdop/base";
import { type AgentStatus, readAgentStatus } from "../agent-client.ts";
import { CliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { enrol, hasEnrolOptions } from "../enrol.ts";
import { exitCodes, toExitCode } from "../exit-codes.ts";
import { runForeground } from "../run-foreground.ts";
import { describeStatus } from "./status.ts";

const startTimeoutMs = 15_000;
const pollMs = 100;
/** Failures that more waiting does not mend. */
const finalCodes = new Set([
  "identity_unproven",
  "token_expired",
  "token_revoked",
  "unauthenticated",
  "untrusted_relay",
  "permission_denied",
]);

export const run = async (context: Context): Promise<number> => {
  const { home } = context;
  const running = await readAgentStatus(home);
  if (running) {
    if (hasEnrolOptions(context)) {
      throw new CliError({
        what: "cannot change the agent while it runs",
        why: `It runs as ${toDisplayText(running.machine.name, 128)} (pid ${running.pid}).`,
        next: "Type: cmdop down, and then this again. Its sessions live on in between.",
        code: "already_running",
      });
    }
    return report(context, running, "runs already");
  }
  await enrol(context);
  return startAgent(context);
};

/** Starts the agent of a machine that is enrolled, and says how it is. */
export const startAgent = async (context: Context): Promise<number> => {
  const { io, options, print } = context;
  if (options.flag("foreground"))
    return runForeground(context, { main: mainOf(io.root), env: {}, what: "the agent" });
  const { child, logFile } = await startAgentDetached(context);
  print.note("starting the agent …");
  const status = await waitForLink(context, child);
  if (!status) {
    throw new CliError({
      what: "the agent does not answer",
      why: hasEnded(child)
        ? `It ended with ${child.signalCode ?? `code ${child.exitCode}`}.`
        : "It was started and says nothing.",
      next: `See ${logFile}, or type: cmdop up --foreground`,
      code: "host_unavailable",
    });
  }
  return report(context, status, "started");
};

const mainOf = (root: string): string => path.join(root, "apps", "agent", "src", "main.ts");

type Child = Pick<ChildProcess, "exitCode" | "signalCode">;

const hasEnded = ({ exitCode, signalCode }: Child): boolean => exitCode !== null || signalCode !== null;

export const startAgentDetached = async ({ home, io }: Context) => {
  const logFile = path.join(home, "logs", "agent.log");
  await makePrivateDirectory(path.dirname(logFile));
  const log = openSync(logFile, "a", 0o600);
  try {
    const child = spawn(io.nodePath, ["--disable-warning=ExperimentalWarning", mainOf(io.root)], {
      cwd: io.root,
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...io.env, CMDOP_HOME: home },
    });
    child.on("error", () => {});
    child.unref();
    return { child, logFile };
  } finally {
    closeSync(log);
  }
};

/** The agent linked, or what it says when it cannot be for now, or undefined when it never answered. */
const waitForLink = async ({ home, io, signal }: Context, child: Child): Promise<AgentStatus | undefined> => {
  const endMs = io.wallMs() + startTimeoutMs;
  let status: AgentStatus | undefined;
  while (io.wallMs() < endMs && !hasEnded(child)) {
    signal.throwIfAborted();
    status = await readAgentStatus(home);
    if (status?.link.state === "linked") return status;
    if (status?.link.failure && finalCodes.has(status.link.failure.code)) return status;
    await delay(pollMs);
  }
  return status;
};

const report = async ({ io, print }: Context, status: AgentStatus, what: string): Promise<number> => {
  const { link } = status;
  const isLinked = link.state === "linked" || link.state === "draining";
  const code = isLinked
    ? exitCodes.done
    : link.failure && isFailureCode(link.failure.code)
      ? toExitCode(link.failure.code)
      : exitCodes.unreachable;
  if (print.isJson) {
    await print.json({ running: true, ...status });
    return code;
  }
  if (print.isQuiet) return code;
  await print.line(`the agent ${what}`);
  for (const line of describeStatus(status, io.wallMs(), print.style)) await print.line(line);
  if (!isLinked) print.note("It goes on trying. Type: cmdop status");
  return code;
};
