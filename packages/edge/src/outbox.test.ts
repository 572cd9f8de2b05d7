import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Scope, systemClock, systemRandom } from "@cmdop/base";
import { leakCheck, SeededRandom, testSeed, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EdgeEvent } from "./contract-events.ts";
import { type Outbox, type OutboxOptions, openOutbox } from "./outbox.ts";
import { encodeRecord } from "./outbox-records.ts";
import { OutboxSegments } from "./outbox-segments.ts";

const checkLeaks = leakCheck();
afterAll(checkLeaks);

let scope: Scope;
let dir: string;

beforeEach(async () => {
  scope = new Scope();
  dir = await mkdtemp(join(tmpdir(), "cmdop-outbox-"));
  scope.add(() => rm(dir, { recursive: true, force: true }));
});
afterEach(() => scope.close());

const event = (what: string): EdgeEvent => ({
  kind: "denial",
  atMs: 1,
  what,
  code: "unauthenticated",
  peer: "127.0.0.1",
  count: 1,
});

/** What a control plane keeps: each number of a stream once. */
class Taker {
  readonly taken: { stream: string; number: number; what: string }[] = [];
  isDown = false;
  /** Takes, and loses its answer. */
  losesAnswers = 0;
  readonly #acked = new Map<string, number>();

  readonly send: OutboxOptions["send"] = async ({ stream, first, events }) => {
    if (this.isDown) throw new Error("down");
    let acked = this.#acked.get(stream) ?? 0;
    events.forEach((value, index) => {
      const number = first + index;
      if (number <= acked) return;
      acked = number;
      const { what, kind, reason } = value as { what?: string; kind: string; reason?: string };
      this.taken.push({ stream, number, what: what ?? `${kind} ${reason}` });
    });
    this.#acked.set(stream, acked);
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      throw new Error("answer lost");
    }
    return { acked, refused: [] };
  };

  get whats(): string[] {
    return this.taken.map(({ what }) => what);
  }
}

const open = (send: OutboxOptions["send"], options: Partial<OutboxOptions> = {}): Outbox => {
  const outbox = openOutbox({
    dir: join(dir, "outbox"),
    edgeId: "edg_test",
    send,
    clock: systemClock,
    random: systemRandom,
    events: {},
    ...options,
  });
  scope.add(() => outbox.close());
  return outbox;
};

const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `event-${from + index}`);

describe("the outbox", () => {
  test("delivers in order and once, though the control plane is away and answers are lost", async () => {
    const taker = new Taker();
    taker.isDown = true;
    const first = open(taker.send);
    for (const what of names(0, 300)) expect(first.append(event(what))).toBe("kept");
    await first.close();
    taker.isDown = false;
    taker.losesAnswers = 3;
    const second = open(taker.send);
    for (const what of names(300, 1500)) second.append(event(what));
    await waitFor(() => taker.whats.length >= 1500 && second.stats.depth === 0, { what: "delivery" });
    expect(taker.whats).toEqual(names(0, 1500));
    expect(new Set(taker.taken.map(({ stream }) => stream)).size).toBe(1);
    expect(taker.taken.map(({ number }) => number)).toEqual(taker.whats.map((_, index) => index + 1));
  });

  test("says once all is delivered, and at the latest after the time given", async () => {
    const taker = new Taker();
    const outbox = open(taker.send);
    expect(await outbox.untilDelivered(0)).toBe(true);
    outbox.append(event("a"));
    outbox.append(event("b"));
    expect([await outbox.untilDelivered(60_000), taker.whats]).toEqual([true, ["a", "b"]]);
    taker.isDown = true;
    outbox.append(event("c"));
    expect(await outbox.untilDelivered(20)).toBe(false);
    const waiting = outbox.untilDelivered(60_000);
    await outbox.close();
    expect(await waiting).toBe(false);
  });

  test("what was acknowledged leaves the disk, and numbers go on", async () => {
    const taker = new Taker();
    const first = open(taker.send, { segmentBytes: 4096 });
    for (const what of names(0, 500)) first.append(event(what));
    await waitFor(() => first.stats.depth === 0 && taker.whats.length === 500, { what: "delivery" });
    await first.close();
    const left = await readdir(join(dir, "outbox"));
    expect(left.filter((name) => name.endsWith(".seg")).length).toBeLessThanOrEqual(2);
    const second = open(taker.send);
    second.append(event("event-500"));
    await waitFor(() => taker.whats.length === 501, { what: "the next" });
    expect(taker.whats).toEqual(names(0, 501));
  });

  test("at the bound the newest is refused by name, and how many were is told afterwards", async () => {
    const taker = new Taker();
    taker.isDown = true;
    const outbox = open(taker.send, { bytesMax: 64 * 1024, segmentBytes: 4096 });
    const results = names(0, 2000).map((what) => outbox.append(event(what)));
    const kept = results.filter((result) => result === "kept").length;
    expect(results.slice(0, kept).every((result) => result === "kept")).toBe(true);
    expect(outbox.stats.lost).toBe(2000 - kept);
    expect(outbox.stats.bytes).toBeLessThanOrEqual(64 * 1024);
    taker.isDown = false;
    await waitFor(() => taker.whats.length >= kept && outbox.stats.depth === 0, { what: "delivery" });
    await waitFor(() => outbox.stats.bytes < 10_000, { what: "the room to be given back" });
    expect(outbox.append(event("after"))).toBe("kept");
    await waitFor(() => taker.whats.includes("after"), { what: "the event behind" });
    expect(taker.whats).toEqual([...names(0, kept), "lost full", "after"]);
  });

  test("a disk that cannot be written holds nobody, and bounds what waits in memory", async () => {
    await writeFile(join(dir, "outbox"), "a file where the directory should be");
    const taker = new Taker();
    const outbox = open(taker.send, { queueBytesMax: 10_000 });
    const startMs = performance.now();
    const results = names(0, 5000).map((what) => outbox.append(event(what)));
    expect(performance.now() - startMs).toBeLessThan(1000);
    expect(results.filter((result) => result === "kept").length).toBeGreaterThan(0);
    expect(results.at(-1)).toBe("full");
    expect(outbox.stats.bytes).toBeLessThanOrEqual(10_000);
    await rm(join(dir, "outbox"));
    await waitFor(() => taker.whats.length > 0 && outbox.stats.depth === 0, { what: "the disk's return" });
    expect(taker.whats).toEqual(names(0, taker.whats.length));
  });

  test("a second process waits for the first to leave and continues its stream", async () => {
    const taker = new Taker();
    const first = open(taker.send);
    first.append(event("event-0"));
    await waitFor(() => taker.whats.length === 1, { what: "the first" });
    const second = open(taker.send);
    second.append(event("event-2"));
    first.append(event("event-1"));
    await waitFor(() => taker.whats.length === 2, { what: "the second" });
    expect(taker.whats).toEqual(names(0, 2));
    await first.close();
    await waitFor(() => taker.whats.length === 3, { what: "the third" });
    expect(taker.whats).toEqual(names(0, 3));
    expect(new Set(taker.taken.map(({ stream }) => stream)).size).toBe(1);
  });
});

describe("the outbox's disk", () => {
  const write = async (count: number): Promise<string> => {
    const taker = new Taker();
    taker.isDown = true;
    const outbox = open(taker.send);
    for (const what of names(0, count)) outbox.append(event(what));
    await outbox.close();
    const file = (await readdir(join(dir, "outbox"))).find((name) => name.endsWith(".seg")) ?? "";
    return join(dir, "outbox", file);
  };

  test("cut at every byte, opening succeeds and a prefix is delivered, then what comes", async () => {
    const path = await write(3);
    const whole = await readFile(path);
    const cut = join(dir, "cut");
    const failed: string[] = [];
    for (let bytes = 0; bytes <= whole.length; bytes += 1) {
      await rm(cut, { recursive: true, force: true });
      await mkdir(cut);
      await cp(path, join(cut, "0000000000000001.seg"));
      await truncate(join(cut, "0000000000000001.seg"), bytes);
      const segments = await OutboxSegments.open(cut, 1_000_000, { torn: () => undefined });
      const before = await segments.read(1, 500, 1_000_000);
      const texts = (before?.payloads ?? []).map((payload) => JSON.parse(payload.toString()).what);
      const isPrefix = texts.every((what, index) => what === `event-${index}`);
      const { next } = segments;
      const isAbove = next > texts.length && (bytes === whole.length ? texts.length === 3 : true);
      await segments.append([recordOf("after")]);
      const after = await segments.read(next, 500, 1_000_000);
      const isThere = after?.first === next && after.payloads.length === 1;
      if (!isPrefix || !isAbove || !isThere) failed.push(`${bytes}: ${texts.length} ${next}`);
      await segments.close();
    }
    expect(failed).toEqual([]);
  });

  test("any byte changed, opening succeeds and nothing that was not written is delivered", async () => {
    const path = await write(3);
    const whole = await readFile(path);
    const changed = join(dir, "changed");
    const failed: number[] = [];
    for (let at = 0; at < whole.length; at += 1) {
      await rm(changed, { recursive: true, force: true });
      await mkdir(changed);
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x41;
      await writeFile(join(changed, "0000000000000001.seg"), bytes);
      const segments = await OutboxSegments.open(changed, 1_000_000, { torn: () => undefined });
      const read = await segments.read(1, 500, 1_000_000);
      const texts = (read?.payloads ?? []).map((payload) => JSON.parse(payload.toString()).what);
      if (texts.length >= 3 || !texts.every((what, index) => what === `event-${index}`)) failed.push(at);
      if (segments.next < 4) failed.push(at);
      await segments.close();
    }
    expect(failed).toEqual([]);
  });

  test("what a running process's disk damages is skipped, counted, and told", async () => {
    const taker = new Taker();
    taker.isDown = true;
    const outbox = open(taker.send, { segmentBytes: 1024 });
    for (const what of names(0, 10)) outbox.append(event(what));
    await waitFor(async () => (await sizeOf(join(dir, "outbox"))) > 900, { what: "the first file" });
    outbox.append(event("event-10"));
    await waitFor(() => outbox.stats.depth === 11, { what: "the queue" });
    const path = join(dir, "outbox", "0000000000000001.seg");
    const bytes = await readFile(path);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    await writeFile(path, bytes);
    taker.isDown = false;
    await waitFor(() => taker.whats.includes("lost corrupt"), { what: "the loss to be told" });
    expect(outbox.stats.lost).toBeGreaterThanOrEqual(10);
    expect(taker.whats.filter((what) => what !== "lost corrupt" && what !== "event-10")).toEqual([]);
  });

  test("kill -9 again and again: what was durable arrives once and in order", async () => {
    const seed = testSeed();
    const random = new SeededRandom(seed);
    const out = join(dir, "outbox");
    await mkdir(out);
    let from = 0;
    const durable: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const child = spawnWriter(out, from);
      const lines = child.stdout;
      if (!lines) throw new Error("no output");
      let text = "";
      lines.on("data", (chunk) => {
        text += String(chunk);
      });
      const enough = 1 + Math.floor(random.fraction() * 400);
      await waitFor(() => text.split("\n").length > enough, { what: `round ${round}, seed ${seed}` });
      child.kill("SIGKILL");
      await once(child, "close");
      const told = text.split("\n").slice(0, -1).map(Number);
      const last = told.at(-1) ?? from - 1;
      for (let number = from; number <= last; number += 1) durable.push(number);
      from = last + 100_000;
    }
    const taker = new Taker();
    const outbox = open(taker.send);
    outbox.append(event("end"));
    await waitFor(() => taker.whats.includes("end"), { what: `delivery, seed ${seed}` });
    const arrived = taker.whats.slice(0, -1).map((what) => Number(what.slice("event-".length)));
    expect(arrived, `seed ${seed}`).toEqual(arrived.toSorted((a, b) => a - b));
    expect(new Set(arrived).size).toBe(arrived.length);
    const there = new Set(arrived);
    expect(
      durable.filter((number) => !there.has(number)),
      `seed ${seed}`,
    ).toEqual([]);
    expect(durable.length).toBeGreaterThan(0);
  }, 60_000);
});

const sizeOf = async (path: string): Promise<number> => {
  const sizes = await Promise.all(
    (await readdir(path).catch(() => [])).map(async (name) => (await stat(join(path, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

const recordOf = (what: string): Buffer => encodeRecord(Buffer.from(JSON.stringify(event(what))));

const spawnWriter = (out: string, from: number): ChildProcess =>
  spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      join(import.meta.dirname, "../testing/outbox-writer.ts"),
      out,
      String(from),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
