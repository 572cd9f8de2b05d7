import { setTimeout as delay } from "node:timers/promises";

/** One stream in, N streams out, through a server in a process of its own. */
export interface FanOut {
  /** Publishes one message of `messageBytes`. */
  publish(): void;
  /** Called with the reader and how many whole messages it has just received. */
  onDelivered(listener: (reader: number, messages: number) => void): void;
  /** CPU time that the server has used so far, milliseconds. */
  serverCpuMs(): Promise<number>;
  close(): Promise<void>;
}

export type OpenFanOut = (options: {
  readonly readers: number;
  readonly messageBytes: number;
}) => Promise<FanOut>;

export interface FanOutResult {
  readonly readers: number;
  readonly deliveriesPerSecond: number;
  readonly serverCpuUsPerDelivery: number;
}

/** Messages that the publisher may be ahead of the slowest reader: the same for every stack. */
const aheadMax = 384;

/** Publishes as fast as the slowest reader takes it, for `forMs` after a warm-up, and counts what arrives. */
export const measureFanOut = async (
  open: OpenFanOut,
  options: { readonly readers: number; readonly messageBytes: number; readonly forMs: number },
): Promise<FanOutResult> => {
  const fanOut = await open(options);
  try {
    const received = new Array<number>(options.readers).fill(0);
    let published = 0;
    let delivered = 0;
    let slowest = 0;
    /** Readers that have no more than that. */
    let slowestReaders = options.readers;
    let isRunning = true;
    const fill = (): void => {
      while (isRunning && published - slowest < aheadMax) {
        fanOut.publish();
        published += 1;
      }
    };
    fanOut.onDelivered((reader, messages) => {
      const before = received[reader] ?? 0;
      received[reader] = before + messages;
      delivered += messages;
      if (before !== slowest) return;
      slowestReaders -= 1;
      if (slowestReaders > 0) return;
      slowest = Math.min(...received);
      slowestReaders = received.filter((count) => count === slowest).length;
      // In batches: the publisher must not be the one that is measured.
      if (published - slowest < aheadMax / 2) fill();
    });
    fill();
    await delay(1_000);
    const cpuBefore = await fanOut.serverCpuMs();
    const deliveredBefore = delivered;
    const startMs = performance.now();
    await delay(options.forMs);
    const elapsedMs = performance.now() - startMs;
    const count = delivered - deliveredBefore;
    const cpuMs = (await fanOut.serverCpuMs()) - cpuBefore;
    isRunning = false;
    return {
      readers: options.readers,
      deliveriesPerSecond: (count / elapsedMs) * 1000,
      serverCpuUsPerDelivery: (cpuMs * 1000) / count,
    };
  } finally {
    await fanOut.close();
  }
};
