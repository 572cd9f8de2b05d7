import { describe, expect, it } from "vitest";
import type { ToWorker } from "./screen-messages.ts";
import { WorkerScreen } from "./worker-screen.ts";

const opened = () => {
  const sent: number[] = [];
  const urgent: boolean[] = [];
  const post = (message: ToWorker): void => {
    if (message.kind === "write") sent.push(message.bytes.length);
  };
  const screen = new WorkerScreen(
    "s",
    1,
    { cols: 80, rows: 24 },
    { post, flushSoon: (isUrgent) => urgent.push(isUrgent), forget: () => undefined },
  );
  let offset = 0;
  const write = (bytes: Uint8Array): void => {
    screen.write(offset, bytes);
    offset += bytes.length;
  };
  return { screen, write, sent, urgent };
};

const plain = (kib: number): Uint8Array => Buffer.alloc(kib * 1024, "y\r\n");

describe("a screen's way to its thread", () => {
  it("sends little plain text with the next look", () => {
    const { screen, write, sent, urgent } = opened();
    write(plain(16));
    expect([screen.flushOrGather(), sent, urgent]).toEqual(["sent", [16 * 1024], [false]]);
  });

  it("gathers a flood of plain text up to a size, and then sends it at once", () => {
    const { screen, write, sent, urgent } = opened();
    for (let piece = 0; piece < 11; piece += 1) write(plain(16));
    expect([screen.flushOrGather(), sent, urgent.includes(true)]).toEqual(["gathers", [], false]);
    write(plain(16));
    expect([screen.flushOrGather(), sent, urgent.at(-1)]).toEqual(["sent", [192 * 1024], true]);
  });

  it("keeps a flood for six looks at the most, counted anew for what comes after it", () => {
    const { screen, write, sent } = opened();
    for (let round = 1; round <= 2; round += 1) {
      write(plain(20));
      const looks = Array.from({ length: 7 }, () => screen.flushOrGather());
      expect(looks).toEqual([...Array(6).fill("gathers"), "sent"]);
      expect(sent).toEqual(Array(round).fill(20 * 1024));
    }
  });

  it("sends what may ask for an answer at once, with all that was gathered before it", () => {
    const { screen, write, sent, urgent } = opened();
    write(plain(64));
    expect(screen.flushOrGather()).toBe("gathers");
    write(Buffer.from("\x1b[6n"));
    expect([urgent.at(-1), screen.flushOrGather(), sent]).toEqual([true, "sent", [64 * 1024 + 4]]);
  });

  it("sends all of it before it asks the thread anything", () => {
    const { screen, write, sent } = opened();
    write(plain(64));
    expect(screen.flushOrGather()).toBe("gathers");
    void screen.snapshot().catch(() => undefined);
    expect(sent).toEqual([64 * 1024]);
    screen.dispose();
  });
});
