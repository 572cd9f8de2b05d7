// Processes of a home that nobody looks after any more: of an earlier supervisor, of an agent that crashed.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

/** "" when there is no such process. */
const commandLineOf = (pid: number): string => {
  try {
    return process.platform === "linux"
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8")
      : execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
};

/** Whether `pid` is a live process whose command line holds `marker`: a pid alone may have been used again. */
export const isRunning = (pid: number, marker: string): boolean => commandLineOf(pid).includes(marker);

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in this moment.
  }
};

/** SIGTERM, and SIGKILL after `withinMs`; resolves when it is gone. */
export const endLeftProcess = async (pid: number, marker: string, withinMs: number): Promise<void> => {
  if (!isRunning(pid, marker)) return;
  signal(pid, "SIGTERM");
  const killer = setTimeout(() => {
    if (isRunning(pid, marker)) signal(pid, "SIGKILL");
  }, withinMs);
  while (isRunning(pid, marker)) await new Promise((resolve) => setTimeout(resolve, 50));
  clearTimeout(killer);
};

/** The session host of an agent that ended without it: one that stops in order takes its status away. */
export const endLeftHost = async (home: string, withinMs: number): Promise<void> => {
  let pid: unknown;
  try {
    const status = JSON.parse(readFileSync(path.join(home, "agent", "status.json"), "utf8"));
    pid = status.host?.pid;
  } catch {
    return;
  }
  if (Number.isInteger(pid)) await endLeftProcess(Number(pid), "host-main.ts", withinMs);
};
