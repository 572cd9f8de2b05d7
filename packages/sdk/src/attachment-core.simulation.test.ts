import { Failure } from "@cmdop/base";
import { FakeClock, SeededRandom, testSeed } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { truth } from "../testing/model-host.ts";
import { ModelRelay, modelSession } from "../testing/model-relay.ts";
import { AttachmentCore } from "./attachment-core.ts";
import type { AttachmentEvent } from "./attachment-events.ts";
import type { OutputItem } from "./attachment-items.ts";
import { coreLimits } from "./core-limits.ts";

// A seeded walk: output, typing, cuts, drains, outages, a slow reader. Whatever happens, every byte that was
// received is the truth at its offset, what is missing is declared, and every input is applied exactly once or said
// not to have been.

interface Written {
  readonly id: number;
  readonly length: number;
  result: "waiting" | "applied" | Failure;
}

/** With the longest step and the longest wait between two dials still within the grace. */
const missingMsMax = coreLimits.sessionMissingGraceMs / 2;

class Walk {
  readonly clock = new FakeClock();
  readonly random: SeededRandom;
  readonly relay: ModelRelay;
  readonly core: AttachmentCore;
  readonly events: AttachmentEvent[] = [];
  readonly written: Written[] = [];
  readonly queue: OutputItem[] = [];
  received = 0;
  next: number | undefined;
  missing = 0;
  lies = 0;
  over: { readonly failure: Failure | undefined } | undefined;
  readonly #mode: "terminal" | "lossless";
  #missingSinceMs: number | undefined;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.#mode = this.random.chance(0.5) ? "terminal" : "lossless";
    const from = this.#mode === "lossless" ? 0 : undefined;
    this.next = from;
    this.relay = new ModelRelay({
      clock: this.clock,
      random: this.random,
      latencyMs: this.random.pick([0, 5, 80]),
    });
    this.core = new AttachmentCore(
      {
        sessionId: modelSession,
        relays: ["a:1", "b:2"],
        mode: this.#mode,
        from,
        role: undefined,
        viewport: undefined,
        creditBytes: this.random.pick([1_000, 8_000, 100_000]),
        connectTimeoutMs: 60_000,
        clock: this.clock,
        random: this.random,
      },
      {
        dial: this.relay.dial,
        deliver: (item) => this.queue.push(item),
        emit: (event) => this.events.push(event),
        over: (failure) => {
          this.over = { failure };
        },
      },
    );
  }

  /** Takes some of what was delivered and checks it against the truth. */
  consume(count: number): void {
    for (const item of this.queue.splice(0, count)) {
      if (item.kind === "output") {
        expect(item.offset).toBe(this.next ?? item.offset);
        expect(Buffer.compare(item.bytes, truth(item.offset, item.offset + item.bytes.length))).toBe(0);
        this.next = item.offset + item.bytes.length;
        this.received += item.bytes.length;
        this.core.consumed(this.next);
      } else if (item.kind === "gap") {
        expect(item.from).toBe(this.next ?? item.from);
        expect(item.to).toBeGreaterThan(item.from);
        this.missing += item.to - item.from;
        this.next = item.to;
        this.core.consumed(item.to, true);
      } else if (item.kind === "snapshot") {
        expect(this.#mode).toBe("terminal");
        // One that a move asked for may lie behind what the stream before still brought: the screen is drawn anew from there.
        expect(item.offset).toBeLessThanOrEqual(this.next ?? item.offset);
        this.received -= (this.next ?? item.offset) - item.offset;
        this.next = item.offset;
        this.core.consumed(item.offset, true);
      } else if (item.kind === "exit") expect(this.next).toBe(item.exit.finalOffset);
    }
  }

  write(): void {
    const id = this.written.length + 1;
    const length = this.random.chance(0.02) ? this.random.int(60_000, 150_000) : this.random.int(1, 20);
    if (!this.core.hasRoomForInput(4 * length)) return;
    const written: Written = { id, length, result: "waiting" };
    this.written.push(written);
    const bytes = new Uint8Array(4 * length);
    new Uint32Array(bytes.buffer).fill(id);
    this.core.write({
      bytes,
      paste: false,
      eof: false,
      maxAgeMs: this.random.chance(0.3) ? Number.POSITIVE_INFINITY : 2_000,
      settle: (failure) => {
        expect(written.result).toBe("waiting");
        written.result = failure ?? "applied";
      },
    });
  }

  step(): void {
    const { random, relay } = this;
    const roll = random.int(0, 99);
    if (roll < 30) relay.grow(random.int(1, 3_000));
    else if (roll < 55) this.write();
    else if (roll < 60) relay.cutAll();
    else if (roll < 62) relay.move(random.chance(0.5) ? ["c:3"] : [], random.int(100, 3_000));
    else if (roll < 64) relay.setRoute("waiting");
    else if (roll < 70) relay.setRoute("live");
    else if (roll < 72) this.#refuse();
    else if (roll < 78) relay.refusal = undefined;
    else if (roll < 80) relay.host.refuseNext = random.pick(["leaseHeld", "busy"]);
    else if (roll < 82) relay.expire(relay.head - random.int(0, 20_000));
    else if (roll < 83 && this.lies < 2) {
      // A third one at the same offset would rightly end the attachment.
      this.lies += 1;
      relay.lieOnce = true;
    } else if (roll < 85) this.core.setPaused(random.chance(0.3));
    // A session that is missing for longer is rightly given up.
    if (this.#missingSinceMs !== undefined && this.clock.nowMs() - this.#missingSinceMs > missingMsMax) {
      relay.refusal = undefined;
    }
    if (relay.refusal?.code !== "session_not_found") this.#missingSinceMs = undefined;
    if (random.chance(0.7)) this.consume(random.int(0, 30));
    this.clock.advance(random.chance(0.05) ? random.int(500, 4_000) : random.int(0, 60));
  }

  #refuse(): void {
    const isMissing = this.core.facts && this.random.chance(0.5);
    this.relay.refusal = new Failure(isMissing ? "session_not_found" : "unavailable");
    if (isMissing) this.#missingSinceMs ??= this.clock.nowMs();
  }

  /** Everything heals; what is on its way arrives. */
  settle(): void {
    this.relay.refusal = undefined;
    this.relay.lieOnce = false;
    this.relay.setRoute("live");
    this.core.setPaused(false);
    for (let round = 0; round < 400; round += 1) {
      this.consume(1_000);
      this.clock.advance(500);
    }
  }
}

const checkInputs = (walk: Walk): void => {
  const applied = walk.relay.host.applied.map((bytes) => new Uint32Array(bytes.slice().buffer));
  const counts = new Map<number, number>();
  let last = 0;
  for (const words of applied) {
    for (const id of words) {
      // There are millions of words: expect() for each would take most of the run.
      if (id < last) expect.unreachable(`${id} was applied after ${last}`);
      last = id;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  for (const { id, length, result } of walk.written) {
    const count = counts.get(id) ?? 0;
    if (result === "applied") expect({ id, count }).toEqual({ id, count: length });
    else {
      expect({ id, isSettled: result !== "waiting" }).toEqual({ id, isSettled: true });
      const named = result instanceof Failure ? /first (\d+) bytes/.exec(result.message)?.[1] : undefined;
      expect({ id, bytes: count * 4 }).toEqual({ id, bytes: Number(named ?? 0) });
    }
  }
};

const runWalk = (seed: number, steps: number): Walk => {
  const walk = new Walk(seed);
  walk.core.start();
  for (let step = 0; step < steps && !walk.over; step += 1) walk.step();
  walk.settle();
  return walk;
};

describe("the reconnect core against a relay that breaks", () => {
  const first = testSeed();
  const seeds = Array.from({ length: 40 }, (_, index) => first + index);

  it.each(seeds)(
    "receives exact or declared output and applies input exactly once (CMDOP_TEST_SEED=%i)",
    (seed) => {
      const walk = runWalk(seed, 250);
      expect(walk.over).toBeUndefined();
      expect(walk.next).toBe(walk.relay.head);
      checkInputs(walk);
      walk.relay.end(3);
      walk.settle();
      expect(walk.over).toEqual({ failure: undefined });
      expect(walk.core.exit?.code).toBe(3);
      expect(walk.relay.attached).toEqual([]);
      expect(walk.events.filter((event) => event.type === "exit")).toHaveLength(1);
      expect(walk.clock.pending).toBe(0);
    },
  );
});
