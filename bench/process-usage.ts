import { readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** CPU time of a process since its start, milliseconds (Linux /proc, resolution 10 ms). */
export const cpuMsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command's name is in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
};

/** How long a process's main thread has been ready to run and had no processor, milliseconds. */
export const runQueueMsOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e6;

const statusBytesOf = (pid: number, name: "VmRSS" | "VmHWM"): number => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
};

/** Resident memory of a process, bytes. */
export const residentBytesOf = (pid: number): number => statusBytesOf(pid, "VmRSS");

/** The most that a process has had resident since its start, bytes. */
export const peakBytesOf = (pid: number): number => statusBytesOf(pid, "VmHWM");
