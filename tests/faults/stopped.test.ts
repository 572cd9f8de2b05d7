// Processes and networks that stand still, longer than any deadline: all of them beside one another, each on a stack of
// its own where another would notice.
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@cmdop/sdk";
import { FaultProxy, Stack, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machineBehindProxy, operatorBehindProxy } from "./behind-proxy.ts";
import { startOperator } from "./start-operator.ts";
import { underFault } from "./under-fault.ts";

/** Whose relay, agent and network nobody disturbs: what stands still is one of several operators. */
let quiet: Stack;
beforeAll(async () => {
  quiet = await Stack.start();
});
afterAll(() => quiet?.close());

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
      { linesPerSecond: 200, stack: quiet },
    ));
});

describe.concurrent("a network that is silent", () => {
  it("between machine and relay: half-open is found within 20 s, and output goes on at the exact byte", () =>
    underFault(
      (scene) =>
        machineBehindProxy(scene, async (proxy) => {
          const losses = (): number => scene.stack.logOf("agent").split('"link.waiting"').length;
          const before = losses();
          proxy.stall();
          const stalledMs = performance.now();
          await waitFor(() => losses() > before, {
            timeoutMs: 30_000,
            everyMs: 50,
            what: "the agent to find it",
          });
          expect(performance.now() - stalledMs).toBeLessThan(20_500);
          // The stalled connection was given up; what is dialed from now on gets through.
          proxy.resume();
        }),
      { linesPerSecond: 200 },
    ));

  it("between operator and relay: half-open is found within 20 s, and a new connection continues exactly", () =>
    underFault(
      (scene) =>
        operatorBehindProxy(scene, async (proxy, attachment) => {
          const found = new Promise<void>((resolve) =>
            attachment.onEvent((event) => event.type === "reconnecting" && resolve()),
          );
          proxy.stall();
          const stalledMs = performance.now();
          await found;
          expect(performance.now() - stalledMs).toBeLessThan(20_500);
          // The stalled connections were given up; what is dialed from now on gets through.
          proxy.resume();
        }),
      { stack: quiet },
    ));

  it("between one operator and the relay: those beside it do not notice", () =>
    underFault(
      async (scene) => {
        const proxy = await FaultProxy.open(scene.stack.relay);
        const client = createClient({ ...scene.stack.clientOptions, relay: proxy.address });
        try {
          const stalled = await client.attach(scene.session);
          await stalled.read();
          proxy.stall();
          for (let round = 0; round < 5; round += 1) await scene.untilFlowing();
        } finally {
          await client.dispose();
          await proxy.close();
        }
      },
      { stack: quiet },
    ));
});
