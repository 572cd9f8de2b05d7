// The disk of the logs is full: nothing is logged, and nothing else is missed.
import { existsSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { createClient, createControlClient } from "@cmdop/sdk";
import { ControlledStack } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const full = "/dev/full";

describe.runIf(existsSync(full))("logs on a full disk", () => {
  let stack: ControlledStack;
  beforeAll(async () => {
    stack = await ControlledStack.start({ parts: [] });
    const { processes } = stack;
    await processes.signal("control", "SIGKILL");
    for (const program of ["agent", "relay", "control", "host"]) {
      const file = path.join(stack.home, "logs", `${program}.log`);
      rmSync(file, { force: true });
      symlinkSync(full, file);
    }
    await stack.startControl();
    await stack.startRelay();
    processes.spawn("agent");
    await processes.untilLinked();
  }, 120_000);
  afterAll(() => stack?.close());

  it("end no process, hold none, and cost no session", async () => {
    const pids = () =>
      (["agent", "relay", "control"] as const).map((program) => stack.processes.pidOf(program));
    const before = [...pids(), stack.processes.hostPid];
    await using client = createClient(stack.clientOptions);
    const control = createControlClient(stack.controlOptions);
    for (let round = 0; round < 5; round += 1) {
      const { code, stdout } = await client.run({ argv: ["echo", "hi"] });
      expect([code, stdout]).toEqual([0, "hi\n"]);
      expect((await control.GET("/v1/whoami")).data?.kind).toBe("account");
    }
    expect([...pids(), stack.processes.hostPid]).toEqual(before);
    // By program: a failure says which of them took its time.
    const tookMs: Record<string, number> = {};
    for (const program of ["agent", "relay", "control"] as const) {
      const beganMs = performance.now();
      await stack.processes.signal(program, "SIGTERM");
      tookMs[program] = performance.now() - beganMs;
    }
    const allMs = Object.values(tookMs).reduce((sum, ms) => sum + ms, 0);
    expect(allMs, JSON.stringify(tookMs)).toBeLessThan(30_000);
  }, 120_000);
});
