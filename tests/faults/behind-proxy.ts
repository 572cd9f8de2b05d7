import { type Attachment, createClient } from "@cmdop/sdk";
import { FaultProxy, waitFor } from "@cmdop/testkit";
import { expect } from "vitest";
import { ReceivedOutput } from "./received-output.ts";
import { collect, type Scene } from "./under-fault.ts";

/** The machine reaches its relay through the proxy alone, until the fault is over. */
export const machineBehindProxy = async (
  scene: Scene,
  fault: (proxy: FaultProxy) => Promise<void>,
): Promise<void> => {
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

/** An operator of its own behind the proxy, beside the two that are not; it misses nothing. */
export const operatorBehindProxy = async (
  scene: Scene,
  fault: (proxy: FaultProxy, attachment: Attachment) => Promise<void>,
): Promise<void> => {
  const proxy = await FaultProxy.open(scene.stack.relay);
  const client = createClient({ ...scene.stack.clientOptions, relay: proxy.address });
  const received = new ReceivedOutput();
  scene.others.push(received);
  try {
    const attachment = await client.attach(scene.session, { mode: "lossless" });
    const reading = collect(attachment, received);
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
