// Which processes a signal reaches. On Linux from /proc (proc(5), /proc/pid/stat); elsewhere the leader's group.

import { readdirSync, readFileSync } from "node:fs";

interface ProcessStat {
  readonly session: number;
  /** Foreground process group of its terminal; -1 without one. */
  readonly foregroundGroup: number;
}

const statOf = (pid: number | string): ProcessStat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in parentheses and may hold anything: fields follow the last ")".
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { session: Number(fields[3]), foregroundGroup: Number(fields[5]) };
  } catch {
    return undefined;
  }
};

/** The foreground process group of the terminal that `leader` leads. */
export const foregroundGroup = (leader: number): number => {
  const group = statOf(leader)?.foregroundGroup ?? -1;
  return group > 0 ? group : leader;
};

/** Processes of the session that `leader` leads, itself included. */
export const sessionMembers = (leader: number): readonly number[] => {
  try {
    return readdirSync("/proc")
      .filter((name) => /^[0-9]+$/.test(name) && statOf(name)?.session === leader)
      .map(Number);
  } catch {
    return [];
  }
};

const kill = (target: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(target, signal);
  } catch {
    // It has ended already, or it became another user's.
  }
};

export const signalGroup = (group: number, signal: NodeJS.Signals): void => kill(-group, signal);

/** To every process of the session: jobs in groups of their own included. */
export const signalSession = (leader: number, signals: readonly NodeJS.Signals[]): void => {
  const members = sessionMembers(leader);
  for (const signal of signals) {
    if (members.length === 0) kill(-leader, signal);
    for (const pid of members) kill(pid, signal);
  }
};

/**
 * To what the ended leader of a session left running. Its number is not given anew while anything of the session runs:
 * where a process has it, the session is gone, and what is there belongs to somebody else.
 */
export const signalLeftovers = (leader: number, signals: readonly NodeJS.Signals[]): void => {
  const members = sessionMembers(leader);
  if (members.includes(leader)) return;
  for (const signal of signals) for (const pid of members) kill(pid, signal);
};
