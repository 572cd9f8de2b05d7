// A key press and its echo: raw TCP, OpenSSH and the same hops in bare Node first, then ours, one after the other.
import type { Client } from "@cmdop/sdk";
import type { Stack } from "@cmdop/testkit";
import { runQueueMsOf } from "../process-usage.ts";
import type { Row } from "../report.ts";
import { percentiles, type Samples } from "../statistics.ts";
import { type Echo, measureEcho } from "./open-loop.ts";
import { openFlood, openIdleSessions, openOurEcho } from "./ours/sessions.ts";
import { openBareChain } from "./peers/bare-chain.ts";
import { hasOpenSsh, openSshEcho } from "./peers/openssh-echo.ts";
import { openPtyFlood } from "./peers/pty-read.ts";
import { openSpinners } from "./peers/spinners.ts";
import { openTcpEcho } from "./peers/tcp-echo.ts";

type Presses = Parameters<typeof measureEcho>[1];

/** OpenSSH on this machine, by itself and beside what ours is measured beside. */
interface SshSamples {
  readonly alone: Samples;
  readonly besideFlood: Samples;
  readonly besideSpinners: Samples;
}

/** Both sides get the same: processes that live long have their code compiled. */
const warmUp = async (echo: Echo, scale: number): Promise<void> => {
  await measureEcho(echo, { presses: 4_000 * scale, perSecond: 1_000, warmup: 0 });
};

/** Beside processes that take the processors and nothing else. */
const measureBesideSpinners = async (echo: Echo, presses: Presses): Promise<Samples> => {
  const spinners = openSpinners();
  try {
    return await measureEcho(echo, presses);
  } finally {
    spinners.close();
  }
};

const measureTcp = async (presses: Presses): Promise<Samples> => {
  const tcp = await openTcpEcho();
  const floor = await measureEcho(tcp, presses);
  await tcp.close();
  return floor;
};

const measureSsh = async (presses: Presses, scale: number): Promise<SshSamples> => {
  const ssh = await openSshEcho();
  await warmUp(ssh, scale);
  const alone = await measureEcho(ssh, presses);
  const pty = openPtyFlood();
  const besideFlood = await measureEcho(ssh, presses);
  pty.close();
  const besideSpinners = await measureBesideSpinners(ssh, presses);
  await ssh.close();
  return { alone, besideFlood, besideSpinners };
};

const measureBareChain = async (presses: Presses, scale: number): Promise<Samples> => {
  const chain = await openBareChain();
  await warmUp(chain, scale);
  const bare = await measureEcho(chain, presses);
  await chain.close();
  return bare;
};

/** With what its processes waited for a processor, milliseconds a press. */
const measureCrowded = async (
  echo: Echo,
  presses: Presses,
  { client, stack }: { readonly client: Client; readonly stack: Stack },
): Promise<{ readonly crowded: Samples; readonly waitedMs: readonly number[] }> => {
  const closeIdle = await openIdleSessions(client, 200);
  const flood = await openFlood(client);
  const processes = [stack.pidOf("relay"), stack.pidOf("agent"), stack.hostPid ?? 0];
  const before = processes.map(runQueueMsOf);
  const crowded = await measureEcho(echo, presses);
  const waitedMs = processes.map((pid, at) => (runQueueMsOf(pid) - (before[at] ?? 0)) / crowded.count);
  await flood.close();
  await closeIdle();
  return { crowded, waitedMs };
};

const row = (
  what: string,
  samples: Samples,
  part: "p50" | "p99",
  more: Pick<Row, "target" | "detail"> & { readonly peer?: Row["peer"] | undefined },
): Row => {
  const { peer, ...others } = more;
  return {
    what,
    ours: samples.summary()[part],
    unit: "ms",
    ...(peer && { peer }),
    detail: percentiles(samples),
    ...others,
  };
};

const peerOf = (
  name: string,
  samples: Samples | undefined,
  part: "p50" | "p99" = "p50",
): NonNullable<Row["peer"]> | undefined => samples && { name, value: samples.summary()[part] };

export interface KeyPressOptions {
  readonly scale: number;
  readonly say: (text: string) => void;
  readonly withStack: (work: (client: Client, stack: Stack) => Promise<void>) => Promise<void>;
}

export const measureKeyPress = async ({ scale, say, withStack }: KeyPressOptions): Promise<Row[]> => {
  const presses = { presses: 1_000 * scale, perSecond: 50, warmup: 50 };
  const floor = await measureTcp(presses);
  const ssh = hasOpenSsh() ? await measureSsh(presses, scale) : undefined;
  const bare = await measureBareChain(presses, scale);
  const peer = peerOf("OpenSSH", ssh?.alone);
  const rows = [row("the same hops in bare Node, p50: nothing but passing on", bare, "p50", { peer })];
  await withStack(async (client, stack) => {
    const echo = await openOurEcho(client);
    const cold = await measureEcho(echo, { ...presses, presses: 300 * scale });
    rows.push(
      row("key press to echo, p50, the first presses of a new stack", cold, "p50", {
        peer: peerOf("OpenSSH, warm", ssh?.alone),
      }),
    );
    await warmUp(echo, scale);
    const alone = await measureEcho(echo, presses);
    rows.push(
      row("key press to echo, p50, after 4,000 presses", alone, "p50", {
        peer,
        target: { atMost: 2.5, of: "ratio" },
        detail: `${percentiles(alone)}; raw TCP echo p50 ${floor.percentile(0.5).toPrecision(3)}`,
      }),
    );
    if (ssh) say(`OpenSSH: ${percentiles(ssh.alone)}`);
    const spinning = await measureBesideSpinners(echo, presses);
    rows.push(
      row("key press to echo, p99, beside one counting process for each processor", spinning, "p99", {
        peer: peerOf("OpenSSH", ssh?.besideSpinners, "p99"),
      }),
    );
    const { crowded, waitedMs } = await measureCrowded(echo, presses, { client, stack });
    const waited = waitedMs.map((ms) => ms.toPrecision(2)).join(", ");
    rows.push(
      row("key press to echo, p99, beside 200 idle sessions and a flood", crowded, "p99", {
        target: { atMost: 5, of: "figure" },
        peer: peerOf("OpenSSH beside a flood", ssh?.besideFlood, "p99"),
        detail: `${percentiles(crowded)}; waiting for a processor, ms a press: relay, agent, host ${waited}`,
      }),
    );
    await echo.close();
  });
  return rows;
};
