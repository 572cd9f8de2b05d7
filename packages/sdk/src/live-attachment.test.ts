import { Failure } from "@cmdop/base";
import { FakeClock, SeededRandom } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { ModelRelay, modelSession } from "../testing/model-relay.ts";
import type { AttachOptions } from "./attachment.ts";
import type { AttachmentEvent } from "./attachment-events.ts";
import type { OutputItem } from "./attachment-items.ts";
import { LiveAttachment } from "./live-attachment.ts";
import { waitFor } from "./wait-for.ts";

const open = (options: AttachOptions = {}) => {
  const clock = new FakeClock();
  const random = new SeededRandom(3);
  const relay = new ModelRelay({ clock, random, latencyMs: 0 });
  const events: AttachmentEvent[] = [];
  const attachment = new LiveAttachment({
    mode: "lossless",
    creditBytes: 10_000,
    onEvent: (event) => events.push(event),
    ...options,
    sessionId: modelSession,
    relays: ["a:1"],
    dial: relay.dial,
    clock,
    random,
  });
  clock.advance(1);
  return { attachment, relay, clock, events };
};

const bytesOf = (items: readonly OutputItem[]): number =>
  items.reduce((sum, item) => sum + (item.kind === "output" ? item.bytes.length : 0), 0);

describe("an attachment's output", () => {
  it("holds the relay to the credit until items are taken, and grows by no more", async () => {
    const { attachment, relay, clock } = open();
    relay.grow(1_000_000);
    clock.advance(1_000);
    expect(attachment.receivedOffset).toBeGreaterThanOrEqual(10_000);
    expect(attachment.receivedOffset).toBeLessThan(11_000);
    let taken = 0;
    while (taken < 1_000_000) {
      taken += bytesOf([(await attachment.read()) ?? { kind: "gap", from: 0, to: 0, reason: "lost" }]);
      clock.advance(1);
      expect((attachment.receivedOffset ?? 0) - taken).toBeLessThan(11_000);
    }
    await attachment.detach();
  });

  it("acknowledges an item when the next one is taken", async () => {
    const { attachment, relay, clock } = open();
    relay.grow(500);
    clock.advance(1);
    const first = await attachment.read();
    expect(attachment.consumedOffset).toBeUndefined();
    relay.grow(500);
    clock.advance(1);
    await attachment.read();
    expect(attachment.consumedOffset).toBe(bytesOf(first ? [first] : []));
    await attachment.detach();
  });

  it("gives the listener what came before it and leaves acknowledging to it", async () => {
    const { attachment, relay, clock } = open();
    relay.grow(300);
    clock.advance(1);
    const items: OutputItem[] = [];
    const stop = attachment.onFrame((item) => items.push(item));
    relay.grow(20_000);
    clock.advance(100);
    expect(bytesOf(items)).toBeLessThan(11_000);
    attachment.ack(attachment.receivedOffset ?? 0);
    clock.advance(100);
    expect(bytesOf(items)).toBeGreaterThan(15_000);
    stop();
    await attachment.detach();
  });

  it("has one consumer", async () => {
    const { attachment } = open();
    attachment.output();
    expect(() => attachment.output()).toThrow(Failure);
    void attachment.read().catch(() => {});
    expect(() => attachment.onFrame(() => {})).toThrow(Failure);
    await expect(attachment.read()).rejects.toMatchObject({ code: "invalid_argument" });
    await attachment.detach();
  });

  it("ends after the last byte and the exit", async () => {
    const { attachment, relay, clock } = open();
    relay.grow(5_000);
    relay.end(9);
    clock.advance(100);
    const items: OutputItem[] = [];
    for await (const item of attachment.output()) items.push(item);
    expect(bytesOf(items)).toBe(5_000);
    expect(items.at(-1)?.kind).toBe("exit");
    expect(await attachment.exited).toMatchObject({ code: 9 });
    expect(await attachment.closed).toBeUndefined();
    await expect(attachment.write("x")).rejects.toMatchObject({ code: "session_ended" });
    expect(attachment.writeNow("x")).toBe(false);
  });

  it("throws the failure that ended it, after what was received before", async () => {
    const { attachment, relay, clock } = open();
    relay.grow(100);
    clock.advance(1);
    relay.refusal = new Failure("token_revoked");
    relay.cutAll();
    clock.advance(1_000);
    expect(await attachment.read()).toMatchObject({ kind: "output", offset: 0 });
    await expect(attachment.read()).rejects.toMatchObject({ code: "token_revoked" });
    await expect(attachment.exited).rejects.toMatchObject({ code: "token_revoked" });
    expect(await attachment.closed).toMatchObject({ code: "token_revoked" });
    await expect(attachment.write("x")).rejects.toMatchObject({ code: "token_revoked" });
  });

  it("rejects with the reason of an aborted signal, and only stops waiting when it is the reader's", async () => {
    const { attachment } = open();
    const reader = new AbortController();
    const reading = attachment.read({ signal: reader.signal });
    reader.abort("enough");
    await expect(reading).rejects.toBe("enough");
    expect(attachment.isConnected).toBe(true);
    const whole = new AbortController();
    const other = open({ signal: whole.signal }).attachment;
    const waiting = other.read();
    whole.abort("stop");
    await expect(waiting).rejects.toBe("stop");
    expect(other.isConnected).toBe(false);
    await attachment.detach();
  });

  it("ends itself, not the connection, when a listener throws", async () => {
    const { attachment, relay, clock } = open();
    attachment.onFrame(() => {
      throw new Error("drawing failed");
    });
    relay.grow(10);
    clock.advance(10);
    expect(await attachment.closed).toMatchObject({ code: "internal" });
  });
});

describe("an attachment's input", () => {
  it("resolves when it was applied and rejects when it was refused", async () => {
    const { attachment, relay, clock } = open();
    const first = attachment.write("a");
    clock.advance(1);
    await first;
    relay.host.refuseNext = "leaseHeld";
    const second = attachment.write("b");
    clock.advance(1);
    await expect(second).rejects.toMatchObject({ code: "lease_held" });
    await attachment.detach();
  });

  it("tells refused keystrokes as an event", async () => {
    const { attachment, relay, clock, events } = open();
    relay.host.refuseNext = "leaseHeld";
    expect(attachment.writeNow("b")).toBe(true);
    clock.advance(1);
    expect(events.at(-1)).toMatchObject({
      type: "inputRefused",
      inputs: 1,
      bytes: 1,
      failure: { code: "lease_held" },
    });
    await attachment.detach();
  });

  it("does not queue more keystrokes than its bound", async () => {
    const { attachment, relay } = open();
    relay.setRoute("waiting");
    let queued = 0;
    while (attachment.writeNow("x")) queued += 1;
    expect(queued).toBe(4_096);
    await attachment.detach();
  });

  it("rejects what waits when it is detached, and withdraws what its signal aborts", async () => {
    const { attachment, relay, clock } = open();
    relay.setRoute("waiting");
    clock.advance(1);
    const stop = new AbortController();
    const aborted = attachment.write("a", { signal: stop.signal });
    const waiting = attachment.write("b");
    stop.abort("no");
    await expect(aborted).rejects.toBe("no");
    await attachment.detach();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(relay.host.applied).toEqual([]);
    expect(clock.pending).toBeLessThan(3);
  });

  it.each([["a paste that is too large", { paste: true }, "x".repeat(1024 * 1024 + 1)]])(
    "refuses %s",
    async (_, options, text) => {
      const { attachment } = open();
      await expect(attachment.write(text, options)).rejects.toMatchObject({ code: "invalid_argument" });
      await attachment.detach();
    },
  );
});

describe("waiting for output", () => {
  it("needs something to wait for", async () => {
    const { attachment } = open();
    await expect(waitFor(attachment, {})).rejects.toMatchObject({ code: "invalid_argument" });
    await attachment.detach();
  });

  it("ends with the execution although something else was waited for", async () => {
    const { attachment, relay, clock } = open();
    const waiting = waitFor(attachment, { pattern: "never there" });
    relay.end(2);
    clock.advance(10);
    expect(await waiting).toMatchObject({ reason: "ended", exit: { code: 2 } });
  });

  it("stops waiting on abort and stays attached", async () => {
    const { attachment } = open();
    const stop = new AbortController();
    const waiting = waitFor(attachment, { pattern: "x", signal: stop.signal });
    stop.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    expect(attachment.isConnected).toBe(true);
    await attachment.detach();
  });
});
