import { expect, it } from "vitest";
import { limits as usual } from "./limits.ts";
import { Bench, type BenchAttachment, type BenchHome, hosted } from "./simulation/bench.ts";

const limits = { ...usual, readerLagBytes: 40_000, homeAckBytes: 1_000, creditBytesMin: 2_000 };
const chunk = 2_000;
/** What the host leaves unacknowledged before its program stands still. */
const unackedBytesMax = 8_000;
const reading = { mode: "lossless", fromOffset: 0, creditBytes: 4_000 } as const;
const command = (waitForReader: boolean) => hosted({ kind: "command", waitForReader });

/** A host that sends as long as no more than that is unacknowledged, as a program does that waits. */
const flood = (home: BenchHome, bytesMax: number): number => {
  while (home.at < bytesMax && home.at - ackedBy(home) <= unackedBytesMax) home.output(chunk);
  return home.at;
};

const ackedBy = (home: BenchHome): number =>
  home.frames.reduce(
    (highest, frame) => (frame.kind === "ack" ? Math.max(highest, frame.offset) : highest),
    0,
  );

const start = (waitForReader = true) => {
  const bench = new Bench(limits);
  const home = bench.home(bench.link({ sessions: [command(waitForReader)] }), { sessionKind: "command" });
  return { bench, home };
};

const sentTo = (attachment: BenchAttachment): number =>
  attachment.frames.reduce(
    (highest, frame) => (frame.kind === "output" ? Math.max(highest, frame.to) : highest),
    0,
  );

const far = 5 * limits.readerLagBytes;

it("a program that waits for its reader stands still when the reader does, and goes on with it", () => {
  const { bench, home } = start();
  const reader = bench.attach(reading);
  const stood = flood(home, far);
  expect(stood).toBeGreaterThan(limits.readerLagBytes);
  expect(stood).toBeLessThan(limits.readerLagBytes + 20_000);
  for (let read = 0; read < stood - limits.readerLagBytes; read = sentTo(reader)) {
    expect(ackedBy(home)).toBeLessThanOrEqual(
      Math.max(read, limits.creditBytesMin * 2) + limits.readerLagBytes + chunk,
    );
    reader.handle.receive({ kind: "ack", offset: sentTo(reader) });
  }
  expect(flood(home, far)).toBeGreaterThan(stood);
});

it("an observer, and a program that does not wait, are held up by nobody", () => {
  const observed = start();
  observed.bench.attach({ ...reading, role: "observer" });
  expect(flood(observed.home, far)).toBe(far);
  const free = start(false);
  free.bench.attach(reading);
  expect(flood(free.home, far)).toBe(far);
});

it("a reader whose connection broke is waited for during the grace window, and no longer", () => {
  const { bench, home } = start();
  const reader = bench.attach(reading);
  reader.handle.closed();
  const stood = flood(home, far);
  expect(stood).toBeLessThan(limits.readerLagBytes + 20_000);
  bench.pass(limits.graceMs + limits.sweepIntervalMs);
  expect(ackedBy(home)).toBe(stood);
  expect(flood(home, far)).toBe(far);
});
