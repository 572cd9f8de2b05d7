import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { loadPrivateKey } from "@cmdop/authority";
import { FakeAgent, Stack, type StackPart, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machineBehindProxy, operatorBehindProxy } from "./behind-proxy.ts";
import { startOperator } from "./start-operator.ts";
import { underFault as runUnderFault, type Scene } from "./under-fault.ts";

let stack: Stack;
beforeAll(async () => {
  // A relay that is told to end where nobody can move to another waits for that as long as it may.
  stack = await Stack.start({ env: { CMDOP_RELAY_DRAIN_MS: "1000" } });
});
afterAll(() => stack?.close());

/** A session of its own for each fault, on one stack: whatever was killed runs again when it is over. */
const underFault = (disturb: (scene: Scene) => Promise<void>): Promise<void> =>
  runUnderFault(disturb, { stack });

/** SIGKILL, and started again at once as a supervisor would. */
const killAndStart = async (part: StackPart): Promise<void> => {
  await stack.signal(part, "SIGKILL");
  stack.spawn(part);
};

const killOperator = async (scene: Scene): Promise<void> => {
  const { child } = await startOperator(scene);
  child.kill("SIGKILL");
  await once(child, "exit");
};

describe("every byte is exact or declared, no input doubled or lost, screens equal", () => {
  it("relay killed", () => underFault(() => killAndStart("relay")));

  it("agent daemon killed", () => underFault(() => killAndStart("agent")));

  it("operator killed", () => underFault(killOperator));

  it("relay and agent daemon killed together", () =>
    underFault(async () => {
      await Promise.all([killAndStart("relay"), killAndStart("agent")]);
    }));

  it("relay and operator killed together", () =>
    underFault(async (scene) => {
      const { child } = await startOperator(scene);
      child.kill("SIGKILL");
      await killAndStart("relay");
    }));

  it("agent daemon and operator killed together", () =>
    underFault(async (scene) => {
      const { child } = await startOperator(scene);
      child.kill("SIGKILL");
      await killAndStart("agent");
    }));

  it("relay killed three times in a row", () =>
    underFault(async (scene) => {
      for (let round = 0; round < 3; round += 1) {
        await killAndStart("relay");
        await scene.untilFlowing();
      }
    }));

  it("a second link of the same machine supersedes the first, and the machine comes back", () =>
    underFault(async () => {
      const superseded = (): number => stack.logOf("agent").split("superseded").length;
      const before = superseded();
      const [host = "", port = ""] = stack.relay.split(":");
      const twin = await FakeAgent.link({
        address: { host, port: Number(port) },
        tls: { pinnedCa: stack.local.caPin, servername: "localhost" },
        token: readFileSync(path.join(stack.home, "agent", "machine.token"), "utf8").trim(),
        key: await loadPrivateKey(path.join(stack.home, "agent", "identity.key")),
      });
      await waitFor(() => superseded() > before, { timeoutMs: 10_000 });
      await twin.close();
      // The agent does not fight its twin: it waits a minute. A person who has found the twin restarts it.
      await killAndStart("agent");
    }));

  it("relay drained (SIGTERM) and started again", () =>
    // Nobody can move: there is no other relay, and this one no longer listens. It ends when the time is over.
    underFault(async () => {
      await stack.signal("relay", "SIGTERM");
      stack.spawn("relay");
    }));

  it("connections of the machine reset again and again, wherever they are in their frames", () =>
    underFault((scene) =>
      machineBehindProxy(scene, async (proxy) => {
        for (const after of [0, 1, 7, 333]) {
          const connected = proxy.accepted;
          if (after === 0) proxy.reset();
          else proxy.resetAfter(after);
          await waitFor(() => proxy.accepted > connected, { timeoutMs: 20_000, what: "another connection" });
          await scene.untilFlowing();
        }
      }),
    ));

  it("connections of an operator reset in the middle of frames and escape sequences", () =>
    underFault((scene) =>
      operatorBehindProxy(scene, async (proxy) => {
        for (const bytes of [1, 7, 333, 5_001, 20_011]) {
          const connected = proxy.connections;
          expect(connected).toBeGreaterThan(0);
          proxy.resetAfter(bytes);
          await waitFor(() => proxy.connections === 0, { timeoutMs: 20_000 });
          await waitFor(() => proxy.connections > 0, { timeoutMs: 20_000 });
          await scene.untilFlowing();
        }
      }),
    ));
});
