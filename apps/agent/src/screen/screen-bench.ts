// Measures the emulator: parsing, fast-forward, snapshots, memory.
// node --expose-gc apps/agent/src/screen/screen-bench.ts

import { readRecordings } from "./corpus.ts";
import { Emulator } from "./emulator.ts";
import { ScreenQueue } from "./screen-queue.ts";
import { createScreens } from "./screens.ts";

const geometry = { cols: 80, rows: 24, scrollback: 2_000 };
const MiB = 1024 * 1024;
const events = { drawn: () => {}, reply: () => {}, title: () => {}, fault: () => {} };
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const repeat = (toLine: (index: number) => string, bytes = 8 * MiB): Uint8Array => {
  const parts: string[] = [];
  for (let size = 0, index = 0; size < bytes; index++) {
    const line = toLine(index);
    parts.push(line);
    size += line.length;
  }
  return Buffer.from(parts.join(""));
};

const floods: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ["yes", repeat(() => "y\r\n")],
  ["seq", repeat((i) => `${i}\r\n`)],
  [
    "log, plain",
    repeat(
      (i) => `2026-11-23T10:00:00.${i % 1000}Z INFO worker-${i % 7} handled request ${i} in ${i % 97} ms\r\n`,
    ),
  ],
  [
    "log, colours",
    repeat(
      (i) =>
        `\x1b[90m10:00:00.${i % 1000}\x1b[0m \x1b[3${i % 8}mINFO\x1b[0m worker-${i % 7} handled \x1b[1m${i}\x1b[0m in ${i % 97} ms\r\n`,
    ),
  ],
  ["CJK", repeat((i) => `${i} 吾輩は猫である。名前はまだ無い。どこで生れたか\r\n`)],
  [
    "recordings",
    Buffer.concat(Array.from({ length: 20 }, () => readRecordings().map((one) => one.bytes)).flat()),
  ],
];

/** The machine does other things too: the fastest of three is nearest to what the code costs. */
const fastest = async (measure: () => number | Promise<number>): Promise<number> => {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) least = Math.min(least, await measure());
  return least;
};

const mebibytesPerSecond = (bytes: number, ms: number): string =>
  `${(bytes / MiB / (ms / 1000)).toFixed(1)} MiB/s`;

/** Of the processor, in ms: a busy machine does not change it much. */
const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const time = (run: () => void): number => {
  const start = processorMs();
  run();
  return processorMs() - start;
};

const drawn = (bytes: Uint8Array, piece: number): number => {
  const emulator = new Emulator(geometry);
  const ms = time(() => {
    for (let at = 0; at < bytes.length; at += piece) emulator.write(bytes.subarray(at, at + piece));
  });
  emulator.dispose();
  return ms;
};

/** As in a flood: the backlog is filled up to the high mark whenever it is below the low one. */
const queued = (bytes: Uint8Array): number => {
  const queue = new ScreenQueue(geometry, events);
  let at = 0;
  const ms = time(() => {
    for (;;) {
      for (let room = 512 * 1024; room > 0 && at < bytes.length; room -= 64 * 1024, at += 64 * 1024) {
        queue.write(bytes.subarray(at, at + 64 * 1024));
      }
      if (queue.isIdle) break;
      if (at >= bytes.length) queue.endRest();
      queue.run(() => 0, Number.POSITIVE_INFINITY);
    }
  });
  queue.dispose();
  return ms;
};

/** terminal.write as it is meant to be used: asynchronous, in order, 64 KiB at a time. */
const written = async (bytes: Uint8Array): Promise<number> => {
  const emulator = new Emulator(geometry);
  const start = processorMs();
  for (let at = 0; at < bytes.length; at += 64 * 1024) {
    await new Promise<void>((resolve) =>
      emulator.core.terminal.write(bytes.subarray(at, at + 64 * 1024), resolve),
    );
  }
  emulator.dispose();
  return processorMs() - start;
};

for (const [name, bytes] of floods) {
  const rates = [
    ["terminal.write", await fastest(() => written(bytes))],
    ["parse 4 KiB", await fastest(() => drawn(bytes, 4 * 1024))],
    ["parse 16 KiB", await fastest(() => drawn(bytes, 16 * 1024))],
    ["queue", await fastest(() => queued(bytes))],
  ] as const;
  say(`${name}: ${rates.map(([how, ms]) => `${how} ${mebibytesPerSecond(bytes.length, ms)}`).join(", ")}`);
}

const percentile = (values: number[], share: number): string =>
  (values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0).toFixed(2);
for (const [name, bytes] of floods.slice(2)) {
  const emulator = new Emulator(geometry);
  emulator.write(bytes.subarray(0, 2 * MiB));
  for (const lines of [2_000, 0]) {
    let size = 0;
    const times = Array.from({ length: 30 }, () =>
      time(() => {
        size = emulator.snapshot(lines).data.length;
      }),
    );
    say(
      `snapshot of ${name}, ${lines} lines: ${size} bytes, p50 ${percentile(times, 0.5)} ms, p99 ${percentile(times, 0.99)} ms`,
    );
  }
  emulator.dispose();
}

/** An idle session's snapshot beside flooded ones, as the I/O thread sees it. */
const beside = async (flooded: number): Promise<void> => {
  const screens = createScreens();
  const quiet = screens.open("quiet", geometry);
  quiet.write(0, Buffer.from("$ "));
  await quiet.modes();
  const [, flood = new Uint8Array(0)] = floods.at(-1) ?? [];
  let isOver = false;
  const loops = Array.from({ length: flooded }, async (_, index) => {
    const screen = screens.open(`flood ${index}`, geometry);
    for (let offset = 0; !isOver; offset += 64 * 1024) {
      if (screen.isLagging) await new Promise<void>((resolve) => screen.onDrain(resolve));
      const at = offset % (flood.length - 64 * 1024);
      screen.write(offset, flood.subarray(at, at + 64 * 1024));
      await new Promise((resolve) => setImmediate(resolve));
    }
    screen.dispose();
  });
  const times: number[] = [];
  for (let round = 0; round < 100; round++) {
    const start = performance.now();
    await quiet.snapshot();
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  isOver = true;
  await Promise.all(loops);
  await screens.close();
  say(
    `snapshot of a quiet screen beside ${flooded} flooded: p50 ${percentile(times, 0.5)} ms, p99 ${percentile(times, 0.99)} ms`,
  );
};
for (const flooded of [0, 1, 4]) await beside(flooded);

const used = (): number => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const before = used();
const idle = Array.from({ length: 200 }, () => {
  const emulator = new Emulator(geometry);
  emulator.write(Buffer.from("$ ls\r\nfile\r\n$ "));
  return emulator;
});
say(`200 idle screens: ${((used() - before) / 200 / 1024).toFixed(0)} KiB each`);
const full = repeat((i) => `line ${i}\r\n`, 64 * 1024);
for (const emulator of idle) emulator.write(full);
say(`200 screens with full history: ${((used() - before) / 200 / 1024).toFixed(0)} KiB each`);
