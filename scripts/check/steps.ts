import { spawn } from "node:child_process";

export interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** Runs a command and collects what it prints. */
const run = ([file, ...args]: Step["command"]): Promise<{ ok: boolean; output: string }> =>
  new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => resolve({ ok: false, output: `${file}: ${error.message}\n` }));
    child.on("close", (code) => resolve({ ok: code === 0, output }));
  });

/** Runs every step, two at a time, and prints one line each; the output of those that fail stands below. */
export const runSteps = async (steps: readonly Step[]): Promise<boolean> => {
  const failed: string[] = [];
  const waiting = [...steps];
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const start = performance.now();
      const { ok, output } = await run(step.command);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`${ok ? "ok    " : "FAILED"} ${step.name} (${seconds} s)`);
      if (!ok) failed.push(`\n${step.name}: ${step.command.join(" ")}\n\n${output}`);
    }
  };
  await Promise.all([worker(), worker()]);
  for (const text of failed) console.error(text);
  return failed.length === 0;
};
