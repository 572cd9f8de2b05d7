import { readdirSync, readFileSync } from "node:fs";
import { isAlive } from "./is-alive.ts";
import { waitFor } from "./wait-for.ts";

/**
 * Pids of the processes of a home (CMDOP_HOME) that run this program, also of one that has said nothing of itself yet.
 * None on a system without /proc.
 */
export const processesOf = (home: string, program: string): number[] => {
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, "utf8");
    } catch {
      // It has ended since, or is somebody else's.
      return "";
    }
  };
  const pids = process.platform === "linux" ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return pids
    .filter((pid) => read(pid, "cmdline").includes(program))
    .filter((pid) => read(pid, "environ").split("\0").includes(`CMDOP_HOME=${home}`))
    .map(Number);
};

/** SIGTERM, also to one that was stopped, and SIGKILL where that takes too long. Resolves when it has ended. */
export const endProcess = async (pid: number, withinMs = 10_000): Promise<void> => {
  const signal = (name: NodeJS.Signals): void => {
    if (isAlive(pid)) process.kill(pid, name);
  };
  signal("SIGTERM");
  signal("SIGCONT");
  const killer = setTimeout(() => signal("SIGKILL"), withinMs);
  try {
    await waitFor(() => !isAlive(pid), { timeoutMs: withinMs + 10_000, what: `the end of process ${pid}` });
  } finally {
    clearTimeout(killer);
  }
};

/** Ends the session hosts of a home with their sessions. `known`: what was seen of them, for systems without /proc. */
export const endSessionHosts = async (home: string, known: Iterable<number>): Promise<void> => {
  const pids = new Set([...known, ...processesOf(home, "host-main.ts")]);
  await Promise.all([...pids].map((pid) => endProcess(pid)));
};
