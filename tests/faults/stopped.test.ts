// Processes that stand still, as on a machine that sleeps: longer than any deadline, beside one another.
import { setTimeout as pause } from "node:timers/promises";
import { waitFor } from "@cmdop/testkit";
import { describe, it } from "vitest";
import { startOperator } from "./start-operator.ts";
import { underFault } from "./under-fault.ts";

describe.concurrent("stopped for 40 s and continued", () => {
  it.each(["relay", "agent"] as const)("%s", (part) =>
    underFault(
      async ({ stack }) => {
        await stack.signal(part, "SIGSTOP");
        await pause(40_000);
        await stack.signal(part, "SIGCONT");
      },
      { linesPerSecond: 200 },
    ),
  );

  it("operator", () =>
    underFault(
      async (scene) => {
        const { child, received } = await startOperator(scene);
        child.kill("SIGSTOP");
        await pause(40_000);
        const before = received.receivedBytes;
        child.kill("SIGCONT");
        await waitFor(() => received.receivedBytes > before + 20_000, { timeoutMs: 30_000 });
        child.kill("SIGKILL");
      },
      { linesPerSecond: 200 },
    ));
});
