import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { loadPrivateKey } from "@cmdop/authority";
import { type Attachment, createClient } from "@cmdop/sdk";
import { FakeAgent, FaultProxy, type StackPart, waitFor } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { ReceivedOutput } from "./received-output.ts";
import { startOperator } from "./start-operator.ts";
import { type Scene, underFault } from "./under-fault.ts";

/** SIGKILL, and started again at once as a supervisor would. */
const killAndStart = async ({ stack }: Scene, part: StackPart): Promise<void> => {
  await stack.signal(part, "SIGKILL");
  stack.spawn(part);
};

const killOperator = async (scene: Scene): Promise<void> => {
  const { child } = await startOperator(scene);
  child.kill("SIGKILL");
  await once(child, "exit");
};

describe("every byte is exact or declared, no input doubled or lost, screens equal", () => {
  it("relay killed", () => underFault((scene) => killAndStart(scene, "relay")));

  it("agent daemon killed", () => underFault((scene) => killAndStart(scene, "agent")));

  it("operator killed", () => underFault(killOperator));

  it("relay and agent daemon killed together", () =>
    underFault(async (scene) => {
      await Promise.all([killAndStart(scene, "relay"), killAndStart(scene, "agent")]);
    }));

  it("relay and operator killed together", () =>
    underFault(async (scene) => {
      const { child } = await startOperator(scene);
      child.kill("SIGKILL");
      await killAndStart(scene, "relay");
    }));

  it("agent daemon and operator killed together", () =>
    underFault(async (scene) => {
      const { child } = await startOperator(scene);
      child.kill("SIGKILL");
      await killAndStart(scene, "agent");
    }));

  it("relay killed three times in a row", () =>
    underFault(async (scene) => {
      for (let round = 0; round < 3; round += 1) {
        await killAndStart(scene, "relay");
        await scene.untilFlowing();
      }
    }));

  it("a second link of the same machine supersedes the first, and the machine comes back", () =>
    underFault(async (scene) => {
      const { stack } = scene;
      const [host = "", port = ""] = stack.relay.split(":");
      const twin = await FakeAgent.link({
        address: { host, port: Number(port) },
        tls: { pinnedCa: stack.local.caPin, servername: "localhost" },
        token: readFileSync(path.join(stack.home, "agent", "machine.token"), "utf8").trim(),
        key: await loadPrivateKey(path.join(stack.home, "agent", "identity.key")),
      });
      await waitFor(() => stack.logOf("agent").includes("superseded"), { timeoutMs: 10_000 });
      await twin.close();
      // The agent does not fight its twin: it waits a minute. A person who has found the twin restarts it.
      await killAndStart(scene, "agent");
    }));

  it("relay drained (SIGTERM) and started again", () =>
    underFault(
      async ({ stack }) => {
        await stack.signal("relay", "SIGTERM");
        stack.spawn("relay");
      },
      // Nobody can move: there is no other relay, and this one no longer listens. It ends when the time is over.
      { env: { CMDOP_RELAY_DRAIN_MS: "2000" } },
    ));
});

/** Beside one another: the first is twenty seconds of silence. */
describe.concurrent("the network between operator and relay", () => {
  /** An operator of its own behind the proxy, beside the two that are not. */
  const throughProxy = async (
    scene: Scene,
    fault: (proxy: FaultProxy, attachment: Attachment) => Promise<void>,
  ): Promise<void> => {
    const proxy = await FaultProxy.open(scene.stack.relay);
    const client = createClient({ ...scene.stack.clientOptions, relay: proxy.address });
    const received = new ReceivedOutput();
    scene.others.push(received);
    try {
      const attachment = await client.attach(scene.session, { mode: "lossless" });
      const reading = (async () => {
        for (let item = await attachment.read(); item; item = await attachment.read()) received.take(item);
      })();
      await waitFor(() => received.receivedBytes > 20_000, { timeoutMs: 20_000 });
      await fault(proxy, attachment);
      const before = received.receivedBytes;
      await waitFor(() => received.receivedBytes > before + 20_000, {
        timeoutMs: 45_000,
        what: "output after the fault",
      });
      await attachment.detach();
      await reading.catch(() => undefined);
      expect(received.gaps).toEqual([]);
    } finally {
      await client.dispose();
      await proxy.close();
    }
  };

  it("half-open: found within 20 s, and a new connection continues exactly", () =>
    underFault((scene) =>
      throughProxy(scene, async (proxy, attachment) => {
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
    ));

  it("reset in the middle of frames and escape sequences", () =>
    underFault((scene) =>
      throughProxy(scene, async (proxy) => {
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

  it("a stalled operator beside live ones: they do not notice", () =>
    underFault(async (scene) => {
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
    }));
});
