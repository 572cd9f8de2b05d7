import { FaultProxy, waitFor } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { type Scene, underFault } from "./under-fault.ts";

/** Beside one another: the first is twenty seconds of silence. */
describe.concurrent("the network between machine and relay", () => {
  /** The machine reaches its relay through the proxy alone, until the fault is over. */
  const behindProxy = async (scene: Scene, fault: (proxy: FaultProxy) => Promise<void>): Promise<void> => {
    const { stack } = scene;
    const proxy = await FaultProxy.open(stack.relay);
    try {
      await stack.signal("agent", "SIGTERM");
      stack.spawn("agent", { CMDOP_RELAYS: proxy.address });
      await scene.untilFlowing();
      expect(proxy.connections).toBeGreaterThan(0);
      await fault(proxy);
      await scene.untilFlowing();
      await stack.signal("agent", "SIGTERM");
      stack.spawn("agent");
    } finally {
      await proxy.close();
    }
  };

  it("half-open: found within 20 s, and output goes on at the exact byte", () =>
    underFault((scene) =>
      behindProxy(scene, async (proxy) => {
        const losses = (): number => scene.stack.logOf("agent").split('"link.waiting"').length;
        const before = losses();
        proxy.stall();
        const stalledMs = performance.now();
        await waitFor(() => losses() > before, { timeoutMs: 30_000, what: "the agent to find it" });
        expect(performance.now() - stalledMs).toBeLessThan(20_500);
        // The stalled connection was given up; what is dialed from now on gets through.
        proxy.resume();
      }),
    ));

  it("reset again and again, wherever it is in its frames", () =>
    underFault((scene) =>
      behindProxy(scene, async (proxy) => {
        for (const after of [0, 1, 7, 333]) {
          const connected = proxy.accepted;
          if (after === 0) proxy.reset();
          else proxy.resetAfter(after);
          await waitFor(() => proxy.accepted > connected, { timeoutMs: 20_000, what: "another connection" });
          await scene.untilFlowing();
        }
      }),
    ));
});
