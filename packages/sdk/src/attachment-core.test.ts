import { Failure, type FailureCode } from "@cmdop/base";
import { FakeClock, SeededRandom } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { ModelRelay, modelSession } from "../testing/model-relay.ts";
import { AttachmentCore, type CoreOptions } from "./attachment-core.ts";
import type { AttachmentEvent } from "./attachment-events.ts";
import type { OutputItem } from "./attachment-items.ts";

const open = (options: Partial<CoreOptions> = {}, latencyMs = 0) => {
  const clock = new FakeClock();
  const random = new SeededRandom(7);
  const relay = new ModelRelay({ clock, random, latencyMs });
  const items: OutputItem[] = [];
  const events: AttachmentEvent[] = [];
  const overs: (Failure | undefined)[] = [];
  const core = new AttachmentCore(
    {
      sessionId: modelSession,
      relays: ["a:1", "b:2"],
      mode: "lossless",
      from: 0,
      role: undefined,
      viewport: undefined,
      creditBytes: 100_000,
      connectTimeoutMs: 10_000,
      clock,
      random,
      ...options,
    },
    {
      dial: relay.dial,
      deliver: (item) => {
        items.push(item);
        if (item.kind === "output") core.consumed(item.offset + item.bytes.length);
      },
      emit: (event) => events.push(event),
      over: (failure) => overs.push(failure),
    },
  );
  const start = (): void => {
    core.start();
    clock.advance(100);
  };
  const types = (): string[] => events.map((event) => event.type);
  const write = (text: string, maxAgeMs = 2_000): { result?: string } => {
    const written: { result?: string } = {};
    core.write({
      bytes: new TextEncoder().encode(text),
      paste: false,
      eof: false,
      maxAgeMs,
      settle: (failure) => {
        written.result = failure?.code ?? "applied";
      },
    });
    return written;
  };
  return { clock, relay, core, items, events, overs, start, types, write };
};

describe("the reconnect core", () => {
  it("asks for the next byte after a loss", () => {
    const { clock, relay, start, core, types } = open();
    start();
    relay.grow(1_000);
    clock.advance(10);
    relay.cutAll();
    clock.advance(200);
    expect(relay.dials.map((dial) => dial.attach.from)).toEqual([0, 1_000]);
    expect(core.isConnected).toBe(true);
    expect(types()).toEqual(["attached", "route", "reconnecting", "attached", "reconnected", "route"]);
  });

  it.each<FailureCode>([
    "token_revoked",
    "unauthenticated",
    "permission_denied",
    "untrusted_relay",
    "token_limit_reached",
  ])("ends for good with %s", (code) => {
    const { clock, relay, start, overs, write } = open();
    start();
    relay.refusal = new Failure(code);
    relay.cutAll();
    const written = write("x");
    clock.advance(60_000);
    expect(overs.map((failure) => failure?.code)).toEqual([code]);
    expect(relay.dials).toHaveLength(2);
    expect(written.result).toBe(code);
    expect(clock.pending).toBe(0);
  });

  it.each<FailureCode>([
    "unavailable",
    "draining",
    "rate_limited",
    "internal",
    "truncated_message",
    "machine_offline",
  ])("dials again after %s, waiting longer each time, other relays too", (code) => {
    const { clock, relay, start, core, overs } = open();
    start();
    relay.refusal = new Failure(code);
    relay.cutAll();
    clock.advance(60_000);
    expect(overs).toEqual([]);
    expect(relay.dials.length).toBeGreaterThan(8);
    expect(relay.dials.length).toBeLessThan(25);
    expect(new Set(relay.dials.map((dial) => dial.relay))).toEqual(new Set(["a:1", "b:2"]));
    relay.refusal = undefined;
    clock.advance(10_000);
    expect(core.isConnected).toBe(true);
  });

  it("waits as long as the relay asks for", () => {
    const { clock, relay, start } = open();
    start();
    relay.refusal = new Failure("rate_limited", undefined, { retryAfterMs: 5_000 });
    relay.cutAll();
    clock.advance(4_000);
    expect(relay.dials).toHaveLength(2);
    clock.advance(2_000);
    expect(relay.dials).toHaveLength(3);
  });

  it("gets another ticket when the one it has expired, once", () => {
    const { clock, relay, start, overs } = open();
    start();
    relay.refusal = new Failure("token_expired");
    relay.cutAll();
    clock.advance(60_000);
    expect(relay.dials.map((dial) => dial.isTicketExpired)).toEqual([false, false, true]);
    expect(overs.map((failure) => failure?.code)).toEqual(["token_expired"]);
  });

  it("gives a restarted relay the grace window to find the session again", () => {
    const { clock, relay, start, core, overs } = open();
    start();
    relay.refusal = new Failure("session_not_found");
    relay.cutAll();
    clock.advance(20_000);
    expect(overs).toEqual([]);
    relay.refusal = undefined;
    clock.advance(10_000);
    expect(core.isConnected).toBe(true);
    relay.refusal = new Failure("session_not_found");
    relay.cutAll();
    clock.advance(60_000);
    expect(overs.map((failure) => failure?.code)).toEqual(["session_not_found"]);
  });

  it("gives it to a relay that was away for longer than the grace window, too", () => {
    const { clock, relay, start, core, overs } = open();
    start();
    relay.refusal = new Failure("unavailable");
    relay.cutAll();
    clock.advance(10 * 60_000);
    relay.refusal = new Failure("session_not_found");
    clock.advance(20_000);
    expect(overs).toEqual([]);
    relay.refusal = undefined;
    clock.advance(20_000);
    expect(core.isConnected).toBe(true);
  });

  it("ends the first attach with the failure when its time is over", () => {
    const { clock, relay, start, overs } = open({ connectTimeoutMs: 3_000 });
    relay.refusal = new Failure("unavailable");
    start();
    clock.advance(2_000);
    expect(overs).toEqual([]);
    clock.advance(2_000);
    expect(overs.map((failure) => failure?.code)).toEqual(["unavailable"]);
    expect(clock.pending).toBe(0);
  });

  it("does not believe a session that it never saw", () => {
    const { relay, start, overs } = open();
    relay.refusal = new Failure("session_not_found");
    start();
    expect(overs.map((failure) => failure?.code)).toEqual(["session_not_found"]);
  });

  it("gives up a relay that does not answer, and its connection", () => {
    const { clock, relay, start, core } = open();
    start();
    relay.setRoute("live");
    relay.isSilent = true;
    relay.cutAll();
    clock.advance(9_000);
    expect(core.isConnected).toBe(false);
    relay.isSilent = false;
    clock.advance(2_000);
    expect(core.isConnected).toBe(true);
    expect(relay.dials.at(-1)?.instead).toBeDefined();
  });

  it("tells the size of a window that changed while a stream was dialed", () => {
    const { clock, relay, core } = open(
      { viewport: { kind: "viewport", cols: 80, rows: 24, isHidden: false } },
      5,
    );
    core.start();
    core.resize({ kind: "viewport", cols: 100, rows: 30, isHidden: false });
    clock.advance(100);
    expect(relay.attached.map(({ viewport }) => viewport?.cols)).toEqual([100]);
    relay.answersAfterMs = 1_500;
    relay.move(["c:3"], 60_000);
    clock.advance(1_400);
    core.resize({ kind: "viewport", cols: 120, rows: 40, isHidden: false });
    clock.advance(5_000);
    expect(core.relay).toBe("c:3");
    expect(relay.attached.map(({ viewport }) => viewport?.cols)).toEqual([120]);
  });

  it("moves without a gap: the old stream delivers until the new one does", () => {
    const { clock, relay, start, core, items, types } = open();
    start();
    relay.grow(500);
    clock.advance(1);
    relay.move(["c:3"], 2_000);
    for (let at = 0; at < 30; at += 1) {
      relay.grow(100);
      clock.advance(100);
      expect(core.receivedOffset).toBe(relay.head);
    }
    expect(core.relay).toBe("c:3");
    expect(types()).toContain("moved");
    expect(types()).not.toContain("reconnecting");
    expect(items.every((item) => item.kind === "output")).toBe(true);
    expect(relay.attached).toHaveLength(1);
  });

  it("acknowledges to the new stream what the old one had brought, as far as the new one has come", () => {
    const { clock, relay, start, core, types } = open({ creditBytes: 1_000 }, 5);
    start();
    relay.answersAfterMs = 1_500;
    relay.move(["c:3"], 60_000);
    // More than twice the credit comes over the old stream while the new one is dialed.
    for (let at = 0; at < 400; at += 1) {
      if (!types().includes("moved")) relay.grow(100);
      clock.advance(10);
    }
    expect(core.relay).toBe("c:3");
    relay.grow(500);
    clock.advance(1_000);
    expect(core.receivedOffset).toBe(relay.head);
  });

  it("does not lose the old stream when the new relay does not answer", () => {
    const { clock, relay, start, core, types } = open();
    start();
    relay.move(["c:3"], 60_000);
    relay.refusal = new Failure("unavailable");
    clock.advance(5_000);
    relay.grow(100);
    clock.advance(1);
    expect(core.receivedOffset).toBe(100);
    relay.refusal = undefined;
    clock.advance(15_000);
    expect(types()).toContain("moved");
    expect(types()).not.toContain("reconnecting");
    expect(relay.attached).toHaveLength(1);
  });

  it("continues from what it has when a relay skipped bytes, and gives up when that repeats", () => {
    const { clock, relay, start, core, overs, events } = open();
    start();
    relay.lieOnce = true;
    relay.grow(1_000);
    clock.advance(500);
    expect(core.receivedOffset).toBe(1_000);
    expect(
      events.some((event) => event.type === "fault" && event.failure.code === "output_discontinuity"),
    ).toBe(true);
    relay.lies = true;
    relay.grow(1_000);
    clock.advance(5_000);
    expect(overs.map((failure) => failure?.code)).toEqual(["output_discontinuity"]);
  });

  it("applies exactly once what was on its way when the connection broke", () => {
    const { clock, relay, start, write } = open();
    start();
    const first = write("a");
    clock.advance(1);
    expect(first.result).toBe("applied");
    relay.dropsAcks = true;
    const second = write("b");
    clock.advance(1);
    relay.cutAll();
    const third = write("c");
    relay.dropsAcks = false;
    clock.advance(500);
    expect([second.result, third.result]).toEqual(["applied", "applied"]);
    expect(relay.host.applied.map((bytes) => new TextDecoder().decode(bytes))).toEqual(["a", "b", "c"]);
  });

  it("drops what was typed into a dead screen, whole, and says so", () => {
    const { clock, relay, start, write, events } = open();
    start();
    write("a");
    clock.advance(1);
    relay.refusal = new Failure("unavailable");
    relay.cutAll();
    const old = write("rm ");
    clock.advance(2_500);
    const fresh = write("x\r");
    const kept = write("k", Number.POSITIVE_INFINITY);
    relay.refusal = undefined;
    clock.advance(10_000);
    expect([old.result, fresh.result, kept.result]).toEqual(["input_dropped", "input_dropped", "applied"]);
    expect(events.filter((event) => event.type === "inputDropped")).toEqual([
      { type: "inputDropped", inputs: 2, bytes: 5 },
    ]);
    expect(relay.host.applied.map((bytes) => new TextDecoder().decode(bytes))).toEqual(["a", "k"]);
  });

  it("holds input while the machine is away from the relay, and syncs when it is back", () => {
    const { clock, relay, start, write } = open();
    start();
    write("a");
    clock.advance(1);
    relay.setRoute("waiting");
    clock.advance(1);
    const waiting = write("b");
    clock.advance(1_000);
    expect(waiting.result).toBeUndefined();
    relay.setRoute("live");
    clock.advance(1);
    expect(waiting.result).toBe("applied");
  });

  it("ends when the execution has ended and its output is here, and leaves nothing behind", () => {
    const { clock, relay, start, items, overs, write } = open();
    start();
    relay.grow(10);
    relay.end(0);
    clock.advance(1);
    expect(items.at(-1)).toMatchObject({ kind: "exit", exit: { code: 0, finalOffset: 10 } });
    expect(overs).toEqual([undefined]);
    expect(write("x").result).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});
