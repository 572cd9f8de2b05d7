import { setTimeout as delay } from "node:timers/promises";
import { type Client, createClient } from "@cmdop/sdk";
import { Stack, waitFor } from "@cmdop/testkit";
import { Samples } from "../../statistics.ts";
import { openFlood } from "./sessions.ts";

/** Megabytes per second of a flooding program at one operator who reads it. */
export const measureFlood = async (
  client: Client,
  program: readonly string[],
  forMs: number,
): Promise<number> => {
  const flood = await openFlood(client, program);
  await waitFor(() => flood.bytes() > 1 << 20, { timeoutMs: 20_000, what: "a megabyte of flood" });
  const before = flood.bytes();
  const startMs = performance.now();
  await delay(forMs);
  const rate = (flood.bytes() - before) / 1000 / (performance.now() - startMs);
  await flood.close();
  return rate;
};

/** From ^C during `yes` to the last byte of its output at the operator, milliseconds. */
export const measureInterrupt = async (client: Client, rounds: number): Promise<Samples> => {
  const samples = new Samples();
  for (let round = 0; round < rounds; round += 1) {
    const flood = await openFlood(client, ["/bin/sh", "-c", "trap 'exit 0' INT; yes; sleep 60"]);
    await waitFor(() => flood.bytes() > 4 << 20, { timeoutMs: 20_000, what: "a flood" });
    let lastMs = performance.now();
    const watch = flood.attachment.exited;
    const pressedMs = performance.now();
    flood.attachment.writeNow("\x03");
    let seen = flood.bytes();
    const poll = setInterval(() => {
      if (flood.bytes() === seen) return;
      seen = flood.bytes();
      lastMs = performance.now();
    }, 1);
    await watch;
    clearInterval(poll);
    samples.add(Math.max(0, lastMs - pressedMs));
    await flood.close();
  }
  return samples;
};

/** From `attach` to the whole screen at the operator, milliseconds, for a full screen with long history. */
export const measureReattach = async (client: Client, rounds: number): Promise<Samples> => {
  const opened = await client.start({
    argv: ["/bin/sh", "-c", "seq -f 'line %06g of a long history, coloured \\033[3%gm' 1 20000; sleep 3600"],
    cols: 200,
    rows: 50,
  });
  let quietSinceMs = performance.now();
  opened.onFrame((item) => {
    if (item.kind !== "output") return;
    quietSinceMs = performance.now();
    opened.ack(item.offset + item.bytes.length);
  });
  await waitFor(() => performance.now() - quietSinceMs > 500, { timeoutMs: 30_000, what: "the history" });
  const samples = new Samples();
  for (let round = 0; round < rounds; round += 1) {
    const startMs = performance.now();
    const attachment = await client.attach(opened.session.id);
    for (let item = await attachment.read(); item; item = await attachment.read()) {
      if (item.kind === "snapshot") break;
    }
    samples.add(performance.now() - startMs);
    await attachment.detach();
  }
  await client.close(opened.session.id, { graceMs: 100, forget: true });
  await opened.detach();
  return samples;
};

export interface Recovery {
  /** From SIGKILL to the last of the sessions delivering again, milliseconds. */
  readonly allBackMs: number;
  readonly bytesLost: number;
  readonly sessions: number;
}

/** Without a process for each pause: a thousand forks a second would be what is measured. */
const fiveLinesASecond = ["/bin/bash", "-c", "i=0; while :; do echo line $((++i)); read -rt 0.2 _; done"];

/**
 * SIGKILL of the relay with `count` live sessions, each attached and writing a numbered line five times a second;
 * the relay is started again at once, as its supervisor would.
 */
export const measureRelayDeath = async (count: number): Promise<Recovery> => {
  const stack = await Stack.start();
  const client = createClient(stack.clientOptions);
  try {
    const lastMs = new Array<number>(count).fill(0);
    let bytesLost = 0;
    const attachments = [];
    for (let index = 0; index < count; index += 1) {
      const attachment = await client.start({ argv: fiveLinesASecond }, { mode: "lossless" });
      let next = 0;
      attachment.onFrame((item) => {
        if (item.kind === "gap") bytesLost += item.to - item.from;
        if (item.kind !== "output") return;
        if (item.offset !== next) bytesLost += Math.abs(item.offset - next);
        next = item.offset + item.bytes.length;
        attachment.ack(next);
        lastMs[index] = performance.now();
      });
      attachments.push(attachment);
    }
    await waitFor(() => lastMs.every((ms) => ms > 0), { timeoutMs: 30_000, what: "output of every session" });
    await delay(500);
    const killedMs = performance.now();
    await stack.signal("relay", "SIGKILL");
    stack.spawn("relay");
    // What was on its way when the relay died may still be drawn: only output well after it counts as back.
    const isBack = (): boolean => lastMs.every((ms) => ms > killedMs + 100);
    await waitFor(isBack, { timeoutMs: 60_000, everyMs: 2, what: "every session back" });
    const allBackMs = performance.now() - killedMs;
    await delay(1_000);
    for (const attachment of attachments) await attachment.detach();
    return { allBackMs, bytesLost, sessions: count };
  } finally {
    await client.dispose();
    await stack.close();
  }
};
