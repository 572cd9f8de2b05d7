// Processes that an earlier supervisor left behind when it was killed.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

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
  signal(pid, "SIGTERM");
  const killer = setTimeout(() => {
    if (isRunning(pid, marker)) signal(pid, "SIGKILL");
  }, withinMs);
  while (isRunning(pid, marker)) await new Promise((resolve) => setTimeout(resolve, 50));
  clearTimeout(killer);
};
