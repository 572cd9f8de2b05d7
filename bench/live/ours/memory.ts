import { setTimeout as delay } from "node:timers/promises";
import { Channel, encodeOutput } from "@cmdop/protocol";
import { createClient } from "@cmdop/sdk";
import { Stack } from "@cmdop/testkit";
import { residentBytesOf } from "../../process-usage.ts";
import { linkAnotherMachine, linkFakeMachine } from "./fake-machine.ts";

/** Resident memory when it has stopped moving: the smallest of some looks, a second apart. */
const settledBytes = async (pid: number): Promise<number> => {
  let smallest = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 5; look += 1) {
    await delay(1_000);
    smallest = Math.min(smallest, residentBytesOf(pid));
  }
  return smallest;
};

/** Bytes of the relay's resident memory for each linked machine that does nothing. */
export const measureIdleLinks = async (links: number): Promise<number> => {
  const stack = await Stack.start({ hasAgent: false, env: { CMDOP_LOG_LEVEL: "error" } });
  const machines = [];
  try {
    // The first ones pay for what all of them share.
    for (let index = 0; index < 50; index += 1)
      machines.push(await linkAnotherMachine(stack, `warm-${index}`));
    const before = await settledBytes(stack.pidOf("relay"));
    for (let index = 0; index < links; index += 1)
      machines.push(await linkAnotherMachine(stack, `idle-${index}`));
    return ((await settledBytes(stack.pidOf("relay"))) - before) / links;
  } finally {
    for (const machine of machines) await machine.close();
    await stack.close();
  }
};

/** Bytes of the relay's resident memory for each session whose window is full and which is being read. */
export const measureFullWindows = async (sessions: number): Promise<number> => {
  const stack = await Stack.start({
    hasAgent: false,
    env: { CMDOP_LOG_LEVEL: "error", CMDOP_RELAY_SESSIONS_MAX: String(sessions + 1) },
  });
  const machine = await linkFakeMachine(stack);
  const client = createClient(stack.clientOptions);
  const data = Buffer.alloc(1_000, "x");
  const fill = async (index: number): Promise<void> => {
    const attachment = await client.start({ argv: ["fill"], name: `full-${index}` });
    const source = machine.session(attachment.session.id);
    let drawn = 0;
    attachment.onFrame((item) => {
      if (item.kind !== "output") return;
      drawn = item.offset + item.bytes.length;
      attachment.ack(drawn);
    });
    for (let offset = 0; offset < 2 << 20; offset += data.length) {
      for (const home of source.homes) home.send(encodeOutput({ offset, channel: Channel.PTY, data }));
      if (offset % 100_000 === 0) await delay(1);
    }
  };
  try {
    await fill(0);
    const before = await settledBytes(stack.pidOf("relay"));
    for (let index = 1; index <= sessions; index += 1) await fill(index);
    return ((await settledBytes(stack.pidOf("relay"))) - before) / sessions;
  } finally {
    await client.dispose();
    await machine.close();
    await stack.close();
  }
};
