import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { isAlive } from "./is-alive.ts";
import { waitFor } from "./wait-for.ts";

it("a process that runs is alive, one that has ended is not", async () => {
  expect(isAlive(process.pid)).toBe(true);
  const child = spawn("true");
  await once(child, "exit");
  expect(isAlive(child.pid ?? 0)).toBe(false);
});

it.skipIf(process.platform !== "linux")(
  "one that has ended and that nobody has asked about is not",
  async () => {
    // The shell becomes a program that never asks after the child that it has.
    const parent = spawn("sh", ["-c", "sleep 0.01 & echo $!; exec sleep 600"]);
    const [line] = await once(parent.stdout, "data");
    const zombie = Number(String(line));
    await waitFor(() => !isAlive(zombie));
    expect(process.kill(zombie, 0)).toBe(true);
    parent.kill("SIGKILL");
    await once(parent, "exit");
  },
);
