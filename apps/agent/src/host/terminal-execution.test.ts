import { SeededRandom, testSeed } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import type { ExecutionExit } from "./execution.ts";
import { openTerminal } from "./terminal-execution.ts";

describe("a terminal that floods", () => {
  it("gives every byte once and in order, however often it is paused; then its exit", async () => {
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
});
