import { readFileSync } from "node:fs";

/**
 * Whether a process runs. One that has ended and that nobody has asked about (a zombie) does not: an orphan's is kept
 * for as long as the system's first process likes, for ever where that never asks.
 */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
  } catch (error) {
    // Gone since; or no /proc on this system, where the signal must do.
    return process.platform !== "linux" && (error as NodeJS.ErrnoException).code === "ENOENT";
  }
};
