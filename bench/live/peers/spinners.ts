import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/** One process for each processor that only counts: company that takes processor time and nothing else. */
export const openSpinners = (): { close: () => void } => {
  const children = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
  );
  return {
    close: () => {
      for (const child of children) child.kill("SIGKILL");
    },
  };
};
