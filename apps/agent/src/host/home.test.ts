import { systemClock } from "@cmdop/base";
import { Channel, decodeFrame, encodeOutput, type Frame, GapReason, MessageAssembler } from "@cmdop/protocol";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { Backlog } from "./backlog.ts";
import { Home } from "./home.ts";
import { hostLimits } from "./limits.ts";
import { type HostFixture, openHostFixture } from "./testing/host-fixture.ts";
import { readChunks, stable } from "./testing/observe.ts";

const checkLeaks = leakCheck();
let fixture: HostFixture;
beforeEach(async () => {
  fixture = await openHostFixture();
});
afterEach(() => fixture.close());
afterAll(() => checkLeaks());

describe("a home", () => {
  it("that is stalled gets gap and snapshot and continues live; one beside it misses nothing", async () => {
    const { peer, id } = await fixture.terminal(
      "read -r g; head -c 8000000 /dev/zero | tr '\\0' y; echo; echo end; sleep 100",
    );
    await peer.hello();
    const slow = await fixture.peer(id, 2);
    await slow.hello();
    slow.pause();
    peer.type("\r");
    await peer.printed("end\r\n", 20_000);
    expect(peer.all("gap")).toEqual([]);
    slow.resume();
    await waitFor(() => slow.next === peer.next);
    const [gap] = slow.all("gap");
    expect(gap?.reason).toBe(GapReason.SLOW);
    const snapshot = await slow.see("snapshot");
    expect(snapshot).toMatchObject({ requestId: 0n, offset: gap?.to });
    expect(Buffer.from(snapshot.data).toString() + slow.live).toContain("end");
  });

  it("gets little as long as it acknowledges nothing, and all that follows when it does", async () => {
    const { peer } = await fixture.terminal(
      "read -r g; head -c 3000000 /dev/zero | tr '\\0' y; echo; echo end; sleep 100",
    );
    await peer.hello();
    peer.acknowledges = false;
    peer.type("\r");
    await waitFor(() => peer.next >= hostLimits.unackedBytesMin, { timeoutMs: 15_000 });
    const { next } = await stable(async () => ({ next: peer.next }));
    expect(next).toBeLessThan(hostLimits.unackedBytesMin + hostLimits.outputFrameBytes + 100);
    peer.acknowledges = true;
    peer.send({ case: "ack", value: { offset: BigInt(peer.next) } });
    await peer.printed("end");
  });

  it("reads the log from any offset, in steps, with what has moved on declared", async () => {
    await fixture.close();
    fixture = await openHostFixture({ bounds: { logBytesMax: 1_000_000, segmentBytes: 200_000 } });
    const { peer } = await fixture.command(
      "read -r g; i=0; while [ $i -lt 60000 ]; do echo 0123456789012345678901234567890; i=$((i+1)); done",
      { stdin: true },
    );
    await peer.hello();
    peer.type("\n");
    const exit = await peer.see("exit");
    const end = Number(exit.finalOffset);
    expect(end).toBe(60_000 * 32);
    let text = "";
    let gap = 0;
    for (let from = 0, id = 1n; from < end; id += 1n) {
      peer.send({ case: "logRequest", value: { requestId: id, from: BigInt(from), to: BigInt(end) } });
      const done = await peer.see("logChunk", ({ requestId, done: isDone }) => requestId === id && isDone);
      for (const item of await readChunks(peer, id)) {
        if ("gap" in item) gap += item.gap;
        else text += item.text;
      }
      expect(Number(done.next)).toBeGreaterThan(from);
      from = Number(done.next);
    }
    expect(gap + text.length).toBe(end);
    expect(gap).toBeGreaterThan(500_000);
    expect(text.slice(text.indexOf("\n") + 1)).toMatch(/^(?:0123456789012345678901234567890\n)+$/);
  });

  it("is ended with a fault by what is not a frame; the session and other homes go on", async () => {
    const { peer, id } = await fixture.terminal("cat");
    await peer.hello();
    const bad = await fixture.peer(id, 2);
    await bad.hello();
    bad.raw(Buffer.from([0, 0, 0, 0, 2, 0x0a, 0xff]));
    expect(await bad.see("fault")).toMatchObject({ code: "malformed_message" });
    await waitFor(() => bad.isClosed);
    const huge = await fixture.peer(id, 3);
    huge.raw(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1]));
    expect(await huge.see("fault")).toMatchObject({ code: "message_too_large" });
    peer.type("still here\r");
    await peer.printed("still here\r\nstill here");
  });
});

it("a screen that is older than what is left is not sent: the gap reaches to the oldest, and nothing is missing behind it", async () => {
  const sent: Frame["body"][] = [];
  const reader = new MessageAssembler({
    messageBytesMax: 1_000_000,
    message: (message) => sent.push(decodeFrame(message).body),
  });
  const link = {
    bufferedBytes: 0,
    isOver: false,
    send: (framed: Uint8Array) => reader.push(Buffer.from(framed)),
    drained: async () => {},
    end: () => {},
  };
  const backlog = new Backlog(1_000);
  let head = 0;
  const screen = { offset: 10, cols: 80, rows: 24, unicodeVersion: "15", data: new Uint8Array(1), title: "" };
  const home = new Home(link, {
    backlog,
    clock: systemClock,
    head: () => head,
    snapshot: async () => screen,
  });
  const data = new Uint8Array(10);
  for (; head < 500; head += 10) {
    const framed = encodeOutput({ offset: head, channel: Channel.STDOUT, data });
    backlog.push({ offset: head, outputBytes: data.length, framed });
  }
  home.pump();
  await waitFor(() => sent.length > 1);
  const oldest = backlog.at(backlog.first)?.offset ?? 0;
  expect(oldest).toBeGreaterThan(screen.offset);
  expect(sent[0]).toMatchObject({ case: "gap", value: { from: 0n, to: BigInt(oldest) } });
  const offsets = sent.slice(1).map(({ value }) => Number((value as { offset: bigint }).offset));
  expect(offsets).toEqual(Array.from({ length: (500 - oldest) / 10 }, (_, at) => oldest + at * 10));
});
