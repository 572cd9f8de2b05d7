import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Attachment, type Client, createClient, Failure } from "@cmdop/sdk";
import { Stack, waitFor } from "@cmdop/testkit";
import { expect } from "vitest";
import { expectWholeLines, numberedLines } from "./numbered-lines.ts";
import { ReceivedOutput } from "./received-output.ts";
import { expectEqualScreens, type OperatorScreen, openOperatorScreen } from "./screens.ts";

export interface Scene {
  readonly stack: Stack;
  readonly client: Client;
  readonly session: string;
  /** Resolves when both operators receive again what was written from now on. */
  readonly untilFlowing: () => Promise<void>;
  /** What further operators received: held against the machine's log too, at the end. */
  readonly others: ReceivedOutput[];
  /** Called when it is over, however it went. */
  readonly atEnd: (end: () => void) => void;
}

/** Reads every item of an attachment until it is over. */
export const collect = async (
  attachment: Attachment,
  received: ReceivedOutput,
  screen?: OperatorScreen,
): Promise<void> => {
  for (let item = await attachment.read(); item; item = await attachment.read()) {
    received.take(item);
    await screen?.draw(item);
  }
};

export interface Typing {
  readonly stop: () => Promise<void>;
  readonly acked: readonly string[];
  readonly refused: readonly string[];
}

/** Types numbered lines until stopped; knows which were acknowledged and which were refused with a word. */
export const typeTokens = (attachment: Attachment): Typing => {
  const acked: string[] = [];
  const refused: string[] = [];
  const pending = new Set<Promise<void>>();
  let number = 0;
  const timer = setInterval(() => {
    number += 1;
    const token = `token-${number}`;
    const done = attachment.write(`${token}\n`).then(
      () => void acked.push(token),
      (error: unknown) => {
        if (!(error instanceof Failure)) throw error;
        refused.push(token);
      },
    );
    pending.add(done);
    void done.finally(() => pending.delete(done));
  }, 40);
  // Also where nobody stops it: a test that failed.
  void attachment.closed.then(() => clearInterval(timer));
  return {
    acked,
    refused,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
};

/**
 * Ends the session of numbered lines, and holds what a lossless operator received and typed against the machine's own
 * log, which it gives.
 */
export const expectNothingLost = async (scene: {
  readonly client: Client;
  readonly attachment: Attachment;
  readonly collected: Promise<unknown>;
  readonly received: ReceivedOutput;
  readonly typing: Typing;
  readonly inputFile: string;
}): Promise<Buffer> => {
  const { client, attachment, received, typing, inputFile } = scene;
  await typing.stop();
  await waitFor(() => attachment.write("stop\n").then(() => true), { timeoutMs: 30_000 });
  await attachment.exited;
  await scene.collected;

  const archive = await client.attach(attachment.session.id, { mode: "lossless", from: 0 });
  const truthOutput = new ReceivedOutput();
  await collect(archive, truthOutput);
  const truth = truthOutput.whole();
  expectWholeLines(truth);
  expect(received.whole().equals(truth)).toBe(true);

  const applied = readFileSync(inputFile, "utf8").split("\n").filter(Boolean);
  expect(new Set(applied).size).toBe(applied.length);
  expect(applied).toEqual(applied.toSorted((a, b) => Number(a.slice(6)) - Number(b.slice(6))));
  expect(typing.acked.filter((token) => !applied.includes(token))).toEqual([]);
  expect(typing.refused.filter((token) => applied.includes(token))).toEqual([]);
  return truth;
};

/**
 * Runs the numbered lines in a session with a lossless and a terminal operator, disturbs it, and holds the outcome
 * against the machine's own log: every received byte exact or inside a declared gap, no input doubled or silently
 * lost, equal screens at the end.
 */
export const underFault = async (
  disturb: (scene: Scene) => Promise<void>,
  options: {
    readonly linesPerSecond?: number;
    /** One that goes on afterwards; default: one of its own. */
    readonly stack?: Stack;
  } = {},
): Promise<void> => {
  const scratch = mkdtempSync(path.join(tmpdir(), "cmdop-fault-"));
  const inputFile = path.join(scratch, "input");
  const stack = options.stack ?? (await Stack.start());
  const client = createClient(stack.clientOptions);
  const ends: (() => void)[] = [];
  try {
    const lossless = await client.start(
      { argv: numberedLines(inputFile, options.linesPerSecond ?? 1_000), cols: 100, rows: 30 },
      { mode: "lossless" },
    );
    const session = lossless.session.id;
    const terminal = await client.attach(session, { viewport: { cols: 100, rows: 30 } });
    const received = new ReceivedOutput();
    const drawn = new ReceivedOutput();
    const screen = openOperatorScreen();
    const collected = [collect(lossless, received), collect(terminal, drawn, screen)];
    const typing = typeTokens(lossless);

    const untilFlowing = async (): Promise<void> => {
      const before = [received.receivedBytes, drawn.receivedBytes];
      const flows = (): boolean =>
        received.receivedBytes > (before[0] ?? 0) + 20_000 && drawn.receivedBytes > (before[1] ?? 0) + 2_000;
      await waitFor(flows, { timeoutMs: 60_000, what: "output at both operators" });
    };
    await untilFlowing();
    // On a busy machine output is there before the first key press: without one nothing would be held against the log.
    await waitFor(() => typing.acked.length > 0, { timeoutMs: 30_000, what: "an acknowledged key press" });
    const others: ReceivedOutput[] = [];
    const atEnd = (end: () => void): void => void ends.push(end);
    await disturb({ stack, client, session, untilFlowing, others, atEnd });
    await untilFlowing();

    const truth = await expectNothingLost({
      client,
      attachment: lossless,
      collected: Promise.all(collected),
      received,
      typing,
      inputFile,
    });
    for (const operator of [drawn, ...others]) operator.expectExactOrDeclared(truth);
    await expectEqualScreens(screen, truth, { cols: 100, rows: 30 });
  } catch (error) {
    console.error(`relay log:\n${tail(stack.logOf("relay"))}\nagent log:\n${tail(stack.logOf("agent"))}`);
    throw error;
  } finally {
    for (const end of ends) end();
    await client.dispose();
    if (stack !== options.stack) await stack.close();
    rmSync(scratch, { recursive: true, force: true });
  }
};

const tail = (text: string): string => text.split("\n").slice(-12).join("\n");
