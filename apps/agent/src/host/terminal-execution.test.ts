import { SeededRandom, testSeed, waitFor } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import type { ExecutionExit } from "./execution.ts";
import { openTerminal } from "./terminal-execution.ts";

describe("a terminal that floods", () => {
  it("gives every byte once and in order, however often it is paused and whoever keeps up; then its exit", async () => {
    const random = new SeededRandom(testSeed());
    const lines = 200_000;
    let text = "";
    let isPaused = false;
    let whilePaused = 0;
    let stop = (): void => {};
    const exit = await new Promise<ExecutionExit>((resolve) => {
      const terminal = openTerminal(
        { file: "/usr/bin/seq", args: ["1", String(lines)], env: {}, cwd: "/", cols: 80, rows: 24 },
        {
          output: (_channel, bytes) => {
            if (isPaused) whilePaused += bytes.length;
            text += Buffer.from(bytes).toString("latin1");
          },
          exit: resolve,
        },
        {
          allowedBytes: Number.POSITIVE_INFINITY,
          get waitMs() {
            return random.fraction() < 0.5 ? 0 : 1;
          },
          took: () => {},
        },
      );
      // At any turn of the event loop: also between two reads of one piece.
      let turn: NodeJS.Immediate;
      const perhaps = (): void => {
        turn = setImmediate(perhaps);
        if (random.fraction() > 0.2) return;
        isPaused = !isPaused;
        if (isPaused) terminal.pause();
        else terminal.resume();
      };
      turn = setImmediate(perhaps);
      stop = () => clearImmediate(turn);
    });
    stop();
    expect(exit).toEqual({ code: 0, signal: "" });
    expect(text === Array.from({ length: lines }, (_, line) => `${line + 1}\r\n`).join("")).toBe(true);
    // What was left when it ended is read whether anybody wants it or not: it cannot be read later.
    expect(whilePaused).toBeLessThan(256 * 1024);
  });

  it("is read no further than its pace allows, and to its end", async () => {
    const printed = Array.from({ length: 50_000 }, (_, line) => `${line + 1}\r\n`).join("");
    let allowedBytes = 100_000;
    let asked = 0;
    let text = "";
    const exit = new Promise<ExecutionExit>((resolve) => {
      openTerminal(
        { file: "/usr/bin/seq", args: ["1", "50000"], env: {}, cwd: "/", cols: 80, rows: 24 },
        {
          output: (_channel, bytes) => {
            text += Buffer.from(bytes).toString("latin1");
          },
          exit: resolve,
        },
        {
          get allowedBytes() {
            asked += allowedBytes < 4_096 ? 1 : 0;
            return allowedBytes;
          },
          waitMs: 0,
          took: (bytes) => {
            allowedBytes -= bytes;
          },
        },
      );
    });
    await waitFor(() => asked > 20);
    expect(text.length).toBeGreaterThan(90_000);
    expect(text.length).toBeLessThanOrEqual(100_000 + 4_096);
    allowedBytes = Number.POSITIVE_INFINITY;
    expect(await exit).toEqual({ code: 0, signal: "" });
    expect(text === printed).toBe(true);
  });
});
