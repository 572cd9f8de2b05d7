import { describe, expect, it } from "vitest";
import { Bench, type BenchHome, briefs, exitAt, hosted, principal, sessionA } from "./simulation/bench.ts";
import { frameJson, frameOutput } from "./simulation/sim-codec.ts";
import { bytesOf } from "./simulation/sim-random.ts";

const live = (limits = {}): { bench: Bench; home: BenchHome } => {
  const bench = new Bench({ chunkOverheadBytes: 128, ...limits });
  const home = bench.home(bench.link());
  return { bench, home };
};
const logged = (home: BenchHome, requestId: number, from: number, to: number): void => {
  const frame = { kind: "output", from, to, framed: frameOutput(from, bytesOf(from, to)) } as const;
  home.handle.receive({ kind: "logChunk", requestId, frame, done: false, next: to });
};
const done = (home: BenchHome, requestId: number, next: number): void =>
  home.handle.receive({ kind: "logChunk", requestId, frame: undefined, done: true, next });
const lastRequest = (home: BenchHome): number => {
  const frame = home.frames.findLast(({ kind }) => kind === "logRequest" || kind === "snapshotRequest");
  return frame?.kind === "logRequest" || frame?.kind === "snapshotRequest" ? frame.requestId : 0;
};

describe("the ladder of resynchronization", () => {
  it("begins a terminal with a snapshot of now, then live", () => {
    const { bench, home } = live();
    home.output(100);
    const attachment = bench.attach();
    expect(attachment.news()).toEqual(["attached", "lease", "presence", "status live"]);
    home.output(20);
    home.snapshot(110, lastRequest(home));
    home.output(30);
    expect(attachment.news()).toEqual(["snapshot 110", "output 110-120", "output 120-150"]);
  });

  it("continues from the window at the exact byte, inside a chunk too", () => {
    const { bench, home } = live();
    home.output(100);
    home.output(100);
    expect(bench.attach({ fromOffset: 130 }).news().slice(4)).toEqual(["resize 80x24", "output 130-200"]);
    expect(bench.attach({ fromOffset: 100 }).news().slice(4)).toEqual(["resize 80x24", "output 100-200"]);
    expect(bench.attach({ fromOffset: 200 }).news().slice(4)).toEqual(["resize 80x24"]);
  });

  it("fetches from the host's log what the window does not hold, in steps of the credit", () => {
    const { bench, home } = live({ windowBytes: 600, creditBytesMin: 200 });
    for (let chunk = 0; chunk < 10; chunk++) home.output(100);
    const attachment = bench.attach({ fromOffset: 0, mode: "lossless", creditBytes: 200 });
    expect(briefs(home.frames).at(-1)).toBe("logRequest 0-200");
    const first = lastRequest(home);
    logged(home, first, 0, 150);
    logged(home, first, 150, 200);
    done(home, first, 200);
    expect(attachment.news().slice(4)).toEqual(["output 0-150", "output 150-200"]);
    expect(lastRequest(home)).toBe(first);
    attachment.handle.receive({ kind: "ack", offset: 200 });
    expect(briefs(home.frames).at(-1)).toBe("logRequest 200-400");
  });

  it("cuts a piece of the log at the attachment's offset and joins the window without a seam", () => {
    const { bench, home } = live({ windowBytes: 500 });
    for (let chunk = 0; chunk < 10; chunk++) home.output(100);
    const attachment = bench.attach({ fromOffset: 650 });
    logged(home, lastRequest(home), 600, 700);
    logged(home, lastRequest(home), 700, 850);
    done(home, lastRequest(home), 850);
    expect(attachment.news().slice(4)).toEqual([
      "output 650-700",
      "output 700-850",
      "resize 80x24",
      "output 850-900",
      "output 900-1000",
    ]);
  });

  it("declares to a lossless one what the log has lost, and goes on after it", () => {
    const { bench, home } = live({ windowBytes: 500 });
    for (let chunk = 0; chunk < 10; chunk++) home.output(100);
    const attachment = bench.attach({ fromOffset: 100, mode: "lossless" });
    const id = lastRequest(home);
    const gap = { kind: "gap", from: 100, to: 300, reason: "expired" } as const;
    home.handle.receive({ kind: "logChunk", requestId: id, frame: gap, done: false, next: 300 });
    logged(home, id, 400, 500);
    done(home, id, 500);
    expect(attachment.news().slice(4)).toEqual(["gap 100-300 expired", "gap 300-400 lost", "output 400-500"]);
  });

  it("declares what a host neither sends nor calls a gap, instead of asking for ever", () => {
    const { bench, home } = live({ windowBytes: 500 });
    for (let chunk = 0; chunk < 10; chunk++) home.output(100);
    const attachment = bench.attach({ fromOffset: 100, mode: "lossless" });
    done(home, lastRequest(home), 100);
    expect(attachment.news().slice(4, 6)).toEqual(["gap 100-800 lost", "resize 80x24"]);
  });

  it("drops what a host sends of its log that was not asked for", () => {
    const { bench, home } = live({ windowBytes: 500 });
    for (let chunk = 0; chunk < 10; chunk++) home.output(100);
    const attachment = bench.attach({ fromOffset: 100, mode: "lossless" });
    const id = lastRequest(home);
    logged(home, id, 0, 50);
    logged(home, id, 50, 100);
    logged(home, id, 100, 200);
    logged(home, id, 100, 200);
    logged(home, id + 7, 200, 300);
    expect(attachment.news().slice(4)).toEqual(["output 100-200"]);
  });

  it("gives a terminal gap and snapshot for what the log has lost", () => {
    const { bench, home } = live({ windowBytes: 500 });
    for (let chunk = 0; chunk < 10; chunk++) home.output(100);
    const attachment = bench.attach({ fromOffset: 100 });
    const gap = { kind: "gap", from: 100, to: 300, reason: "lost" } as const;
    home.handle.receive({
      kind: "logChunk",
      requestId: lastRequest(home),
      frame: gap,
      done: false,
      next: 300,
    });
    expect(attachment.news().slice(4)).toEqual([]);
    home.snapshot(1000, lastRequest(home));
    expect(attachment.news()).toEqual(["gap 100-1000 lost", "snapshot 1000"]);
  });

  it("does not take a screen from before the loss for one after it", () => {
    const { bench, home } = live({ windowBytes: 500 });
    for (let chunk = 0; chunk < 10; chunk++) home.output(100);
    const attachment = bench.attach({ fromOffset: 100 });
    const gap = { kind: "gap", from: 100, to: 300, reason: "lost" } as const;
    home.handle.receive({
      kind: "logChunk",
      requestId: lastRequest(home),
      frame: gap,
      done: false,
      next: 300,
    });
    const requests = home.frames.length;
    home.snapshot(200, lastRequest(home));
    expect([attachment.news().slice(4), home.frames.length]).toEqual([[], requests]);
    bench.pass(100);
    expect(briefs(home.frames.slice(requests))).toContain("snapshotRequest");
  });

  it("asks for one snapshot for everybody who waits", () => {
    const { bench, home } = live();
    home.output(100);
    const attachments = Array.from({ length: 10 }, () => bench.attach());
    expect(briefs(home.frames).filter((frame) => frame === "snapshotRequest")).toHaveLength(1);
    home.snapshot(100, lastRequest(home));
    expect(attachments.map((attachment) => attachment.news().at(-1))).toEqual(Array(10).fill("snapshot 100"));
  });

  it("asks again for a snapshot that does not come, then ends the attachment", () => {
    const { bench, home } = live();
    const attachment = bench.attach();
    bench.pass(6000);
    expect(briefs(home.frames).filter((frame) => frame === "snapshotRequest")).toHaveLength(2);
    bench.pass(15_000);
    expect(attachment.ended).toBe("timed_out");
  });

  it("draws a screen that is newer than the output and continues exactly behind it", () => {
    const { bench, home } = live();
    home.output(100);
    const attachment = bench.attach();
    home.snapshot(130, lastRequest(home));
    home.output(20);
    home.output(30);
    expect(attachment.news().slice(4)).toEqual(["snapshot 130", "output 130-150"]);
  });

  it("refuses an offset in the future at once when it never was, and after a while when it might be", () => {
    const { bench, home } = live();
    home.output(100);
    const absurd = bench.tryAttach({ fromOffset: 100 + 5 * 1024 * 1024 });
    expect(absurd).toMatchObject({ code: "offset_in_future" });
    const early = bench.attach({ fromOffset: 150 });
    const wrong = bench.attach({ fromOffset: 1000 });
    home.output(100);
    expect(early.news().slice(4)).toEqual(["resize 80x24", "output 150-200"]);
    bench.pass(11_000);
    expect([early.ended, wrong.ended]).toEqual([undefined, "offset_in_future"]);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 60])("refuses the offset %d", (fromOffset) => {
    const { bench } = live();
    expect(bench.tryAttach({ fromOffset })).toMatchObject({ code: "invalid_argument" });
  });

  it("reads a command's output from its first byte, whatever mode is asked for", () => {
    const bench = new Bench();
    const link = bench.link({ sessions: [hosted({ kind: "command" })] });
    const home = bench.home(link, { sessionKind: "command" });
    home.output(50);
    expect(bench.attach({ mode: "terminal" }).news().at(-1)).toBe("output 0-50");
  });
});

describe("a slow reader", () => {
  it("is sent nothing beyond its credit, and continues without a gap after a small backlog", () => {
    const { bench, home } = live({ creditBytesMin: 100 });
    const attachment = bench.attach({ fromOffset: 0, creditBytes: 100 });
    for (let chunk = 0; chunk < 4; chunk++) home.output(60);
    expect(attachment.news().slice(5)).toEqual(["output 0-60", "output 60-120"]);
    attachment.handle.receive({ kind: "ack", offset: 60 });
    expect(attachment.news()).toEqual([]);
    attachment.handle.receive({ kind: "ack", offset: 70 });
    expect(attachment.news()).toEqual(["output 120-180"]);
    attachment.handle.receive({ kind: "ack", offset: 180 });
    expect(attachment.news()).toEqual(["output 180-240"]);
  });

  it("is sent nothing more when its credit is used up to the byte", () => {
    const { bench, home } = live({ creditBytesMin: 100 });
    const attachment = bench.attach({ fromOffset: 0, creditBytes: 100 });
    for (let chunk = 0; chunk < 4; chunk++) home.output(50);
    expect(attachment.news().slice(5)).toEqual(["output 0-50", "output 50-100"]);
  });

  it("gets gap and snapshot, not the log, when its host had a gap meanwhile", () => {
    const { bench, home } = live({ creditBytesMin: 100 });
    const attachment = bench.attach({ fromOffset: 0, creditBytes: 100 });
    home.output(100);
    home.handle.receive({ kind: "gap", from: 100, to: 400, reason: "slow" });
    attachment.news();
    expect(briefs(home.frames).filter((each) => /Request/.test(each))).toEqual([]);
    attachment.handle.receive({ kind: "ack", offset: 100 });
    expect(briefs(home.frames).filter((each) => /Request/.test(each))).toEqual(["snapshotRequest"]);
    home.snapshot(400, lastRequest(home));
    expect(attachment.news()).toEqual(["gap 100-400 slow", "snapshot 400"]);
  });

  it("gets gap and snapshot after a large backlog, when it reads again", () => {
    const { bench, home } = live({ creditBytesMin: 100, resumeBytes: 200 });
    const attachment = bench.attach({ fromOffset: 0, creditBytes: 100 });
    for (let chunk = 0; chunk < 10; chunk++) home.output(60);
    attachment.news();
    attachment.handle.receive({ kind: "ack", offset: 120 });
    home.snapshot(580, lastRequest(home));
    expect(attachment.news()).toEqual(["gap 120-580 slow", "snapshot 580", "output 580-600"]);
  });

  it("never loses a byte when it is lossless", () => {
    const { bench, home } = live({ creditBytesMin: 100, resumeBytes: 200 });
    const attachment = bench.attach({ fromOffset: 0, creditBytes: 100, mode: "lossless" });
    for (let chunk = 0; chunk < 10; chunk++) home.output(60);
    attachment.news();
    for (let offset = 120; offset <= 600; offset += 60) attachment.handle.receive({ kind: "ack", offset });
    expect(attachment.news()).toEqual(
      Array.from({ length: 8 }, (_, n) => `output ${120 + n * 60}-${180 + n * 60}`),
    );
  });

  it("holds nobody else", () => {
    const { bench, home } = live({ creditBytesMin: 100 });
    const stalled = bench.attach({ fromOffset: 0, creditBytes: 100 });
    const reading = bench.attach({ fromOffset: 0 });
    for (let chunk = 0; chunk < 50; chunk++) home.output(60);
    const outputs = (frames: readonly string[]): number =>
      frames.filter((each) => each.startsWith("output")).length;
    expect([outputs(stalled.news()), outputs(reading.news())]).toEqual([2, 50]);
  });

  it("is ended when even news piles up at it", () => {
    const { bench } = live({ unsentBytesMax: 1000 });
    const attachment = bench.attach({ creditBytes: 16_384 });
    attachment.bufferedBytes = 17_385;
    bench.pass(1000);
    expect(attachment.ended).toBe("slow_consumer");
  });
});

describe("a home that takes nothing", () => {
  it("is ended when what is not refused piles up at it, and another is ordered", () => {
    const bench = new Bench({ homeUnsentEndBytes: 1000 });
    const link = bench.link();
    const home = bench.home(link);
    const attachment = bench.attach();
    const ordered = link.orders.length;
    home.bufferedBytes = 1001;
    bench.pass(1000);
    expect([home.ended, attachment.ended, link.orders.length]).toEqual([
      "slow_consumer",
      undefined,
      ordered + 1,
    ]);
  });
});

describe("the home's return", () => {
  it("fetches what was missed before it goes on, once for everybody", () => {
    const { bench, home } = live();
    home.output(100);
    const attachments = [bench.attach({ fromOffset: 100 }), bench.attach({ fromOffset: 100 })];
    home.handle.closed();
    for (const attachment of attachments) expect(attachment.news().at(-1)).toBe("status waiting");
    const link = bench.link();
    const back = bench.home(link, { offset: 300 });
    expect(briefs(back.frames).filter((each) => each.startsWith("log"))).toEqual(["logRequest 100-300"]);
    back.output(50);
    logged(back, lastRequest(back), 100, 250);
    logged(back, lastRequest(back), 250, 300);
    done(back, lastRequest(back), 300);
    for (const attachment of attachments)
      expect(attachment.news().filter((each) => each.startsWith("output"))).toEqual([
        "output 100-250",
        "output 250-300",
        "output 300-350",
      ]);
  });

  it("is asked for the snapshot that the one before it owed", () => {
    const { bench, home } = live();
    const attachment = bench.attach();
    home.handle.closed();
    const back = bench.home(bench.link());
    expect(briefs(back.frames)).toContain("snapshotRequest");
    back.snapshot(0, lastRequest(back));
    expect(attachment.news().at(-1)).toBe("snapshot 0");
  });

  it("is not waited for without bound: what piles up meanwhile is sent after a gap", () => {
    const { bench, home } = live({ fillBytesMax: 1000 });
    home.output(100);
    const attachment = bench.attach({ fromOffset: 100, mode: "lossless" });
    home.handle.closed();
    const back = bench.home(bench.link(), { offset: 300 });
    for (let chunk = 0; chunk < 5; chunk++) back.output(200);
    const window = bench.core.stats().windowBytes;
    expect([window > 0, briefs(back.frames).at(-1)]).toEqual([true, "logRequest 100-300"]);
    const id = lastRequest(back);
    logged(back, id, 100, 300);
    done(back, id, 300);
    const outputs = attachment.news().filter((each) => each.startsWith("output"));
    expect([outputs[0], outputs.at(-1)]).toEqual(["output 100-300", "output 1100-1300"]);
  });

  it("counts a resize that piles up meanwhile by its bytes", () => {
    const { bench, home } = live({ fillBytesMax: 1000 });
    home.output(100);
    home.handle.closed();
    const back = bench.home(bench.link(), { offset: 300 });
    const frame = { kind: "resize", offset: 300, cols: 81, rows: 24 } as const;
    const framed = frameJson({ ...frame, operator: "x".repeat(2000) });
    back.handle.receive({ ...frame, framed });
    // Not held any more: it is in the window.
    expect(bench.core.stats().windowBytes).toBeGreaterThan(2000);
  });

  it("declares what is more than the window", () => {
    const { bench, home } = live({ windowBytes: 500 });
    home.output(100);
    const attachment = bench.attach({ fromOffset: 100 });
    home.handle.closed();
    const back = bench.home(bench.link(), { offset: 5000 });
    back.snapshot(5000, lastRequest(back));
    expect(attachment.news().filter((each) => /gap|snapshot/.test(each))).toEqual([
      "gap 100-5000 slow",
      "snapshot 5000",
    ]);
  });

  it("drops what a second home repeats, to the byte", () => {
    const { bench, home } = live();
    home.output(100);
    const attachment = bench.attach({ fromOffset: 100 });
    const second = bench.home(bench.link(), { offset: 60 });
    expect(home.ended).toBe("superseded");
    second.output(30);
    second.output(30);
    second.output(30);
    expect(attachment.news().filter((each) => each.startsWith("output"))).toEqual([
      "output 100-120",
      "output 120-150",
    ]);
  });

  it("ignores the older of two homes from then on", () => {
    const { bench, home } = live();
    const attachment = bench.attach({ fromOffset: 0 });
    const second = bench.home(bench.link(), { offset: 0 });
    attachment.news();
    home.output(50);
    home.handle.receive({
      kind: "lease",
      lease: { holder: "x", stream: "", actor: undefined, epoch: 9 },
      framed: frameJson({ kind: "lease", lease: { holder: "x", stream: "", actor: undefined, epoch: 9 } }),
    });
    home.handle.closed();
    second.output(10);
    expect(attachment.news()).toEqual(["output 0-10"]);
  });

  it("acknowledges to the host what was consumed, gaps included", () => {
    const { home } = live({ homeAckBytes: 100 });
    home.output(60);
    home.output(60);
    home.handle.receive({ kind: "gap", from: 120, to: 900, reason: "slow" });
    expect(briefs(home.frames).filter((each) => each.startsWith("ack"))).toEqual(["ack 120", "ack 900"]);
  });

  it("goes on after a gap of the host: terminals with its snapshot, lossless ones from the log", () => {
    const { bench, home } = live();
    home.output(100);
    const terminal = bench.attach({ fromOffset: 100 });
    const lossless = bench.attach({ fromOffset: 100, mode: "lossless" });
    terminal.news();
    home.handle.receive({ kind: "gap", from: 100, to: 400, reason: "slow" });
    const id = lastRequest(home);
    home.snapshot(400);
    home.at = 400;
    home.output(10);
    expect(terminal.news()).toEqual(["gap 100-400 slow", "snapshot 400", "output 400-410"]);
    lossless.news();
    const request = home.frames.find(({ kind }) => kind === "logRequest");
    logged(home, request?.kind === "logRequest" ? request.requestId : id, 100, 400);
    done(home, request?.kind === "logRequest" ? request.requestId : id, 400);
    expect(lossless.news().filter((each) => each.startsWith("output"))).toEqual([
      "output 100-400",
      "output 400-410",
    ]);
  });

  it("does not tell the size from before a gap after it", () => {
    const { bench, home } = live();
    const attachment = bench.attach({ fromOffset: 0 });
    attachment.news();
    home.handle.receive({ kind: "gap", from: 0, to: 400, reason: "slow" });
    const frame = { kind: "snapshot", offset: 400, cols: 132, rows: 43, requestId: 0, padding: "" } as const;
    home.handle.receive({ ...frame, title: "", framed: frameJson(frame) });
    expect(attachment.news()).toEqual(["gap 0-400 slow", "snapshot 400"]);
    expect(bench.attach({ fromOffset: 400 }).news().at(-1)).toBe("resize 132x43");
  });

  it("tells the size after a screen from before a resize that came first", () => {
    const { bench, home } = live();
    home.output(100);
    const attachment = bench.attach();
    attachment.news();
    const resized = { kind: "resize", offset: 100, cols: 132, rows: 43, operator: "" } as const;
    home.handle.receive({ ...resized, framed: frameJson(resized) });
    home.snapshot(100, lastRequest(home));
    expect(attachment.news().slice(-2)).toEqual(["snapshot 100", "resize 132x43"]);
  });

  it("tells a size that changed while no home was there", () => {
    const { bench, home } = live();
    home.output(10);
    const attachment = bench.attach({ fromOffset: 10 });
    home.handle.closed();
    bench.home(bench.link(), { offset: 10, cols: 132, rows: 43 });
    expect(attachment.news().filter((each) => each.startsWith("resize"))).toEqual([
      "resize 80x24",
      "resize 132x43",
    ]);
  });
});

describe("the end", () => {
  it("is told when everything was delivered, once", () => {
    const { bench, home } = live({ creditBytesMin: 100 });
    const quick = bench.attach({ fromOffset: 0 });
    const slow = bench.attach({ fromOffset: 0, creditBytes: 100, mode: "lossless" });
    for (let chunk = 0; chunk < 3; chunk++) home.output(60);
    home.handle.receive({ kind: "exit", exit: exitAt(180) });
    const isExit = (frame: string): boolean => frame.startsWith("exit");
    expect([quick.news().filter(isExit), slow.news().filter(isExit)]).toEqual([["exit 180"], []]);
    slow.handle.receive({ kind: "ack", offset: 120 });
    slow.handle.receive({ kind: "ack", offset: 180 });
    expect(slow.news().at(-1)).toBe("exit 180");
    expect(slow.frames.filter(({ kind }) => kind === "exit")).toHaveLength(1);
  });

  it("opens the home of an ended session for who reads it, and closes it a minute after the last one", () => {
    const bench = new Bench();
    const link = bench.link({ sessions: [hosted({ offset: 100, exit: exitAt(100) })] });
    expect(link.orders).toEqual([]);
    const attachment = bench.attach({ fromOffset: 0, mode: "lossless" });
    expect(link.orders.map(({ kind }) => kind)).toEqual(["home"]);
    const home = bench.home(link, { offset: 100, exit: exitAt(100) });
    logged(home, lastRequest(home), 0, 100);
    done(home, lastRequest(home), 100);
    expect(attachment.news().slice(-2)).toEqual(["resize 80x24", "exit 100"]);
    attachment.handle.closed();
    bench.pass(59_000);
    expect(home.ended).toBeUndefined();
    bench.pass(2000);
    expect([home.ended, bench.core.stats().homes, link.orders.length]).toEqual(["ok", 0, 1]);
  });

  it("may be known from the link before a home that was opened earlier arrives", () => {
    const bench = new Bench();
    const link = bench.link();
    const attachment = bench.attach({ fromOffset: 0 });
    const exit = exitAt(10);
    link.handle.report([hosted({ offset: 10, exit })], []);
    expect(attachment.news().at(-1)).toBe("status ended");
    const home = bench.home(link, { offset: 0 });
    home.output(10);
    home.handle.receive({ kind: "exit", exit });
    expect(attachment.news().filter((each) => /output|exit|status/.test(each))).toEqual([
      "status ended",
      "output 0-10",
      "exit 10",
    ]);
  });

  it("is told again with each home that comes after it, so that clients synchronize their input", () => {
    const bench = new Bench();
    const link = bench.link({ sessions: [hosted({ exit: exitAt(0) })] });
    const attachment = bench.attach({ fromOffset: 0 });
    bench.home(link, { exit: exitAt(0) });
    expect(attachment.news().filter((each) => each.startsWith("status"))).toEqual([
      "status ended",
      "status ended",
    ]);
    attachment.handle.receive({
      kind: "inputSync",
      stream: "aa",
      framed: frameJson({ kind: "inputSync", operator: "", stream: "aa", sync: 1 }),
    });
    expect(attachment.news()).toEqual([]);
  });

  it("comes for all when the end of the log did not survive", () => {
    const bench = new Bench();
    const link = bench.link({ sessions: [hosted({ offset: 100, exit: exitAt(100) })] });
    const attachment = bench.attach({ fromOffset: 80, mode: "lossless" });
    bench.home(link, { offset: 80, exit: exitAt(100) });
    expect(attachment.news().at(-1)).toBe("exit 100");
  });
});

describe("bounds and lifetimes of attachments", () => {
  it("refuses one attachment more than a session may have", () => {
    const { bench } = live({ attachmentsPerSession: 2 });
    bench.attach();
    bench.attach();
    expect(bench.tryAttach()).toMatchObject({ code: "too_many_attachments" });
  });

  it("ends a stream at the limit of its token, and says so when it begins", () => {
    const { bench } = live();
    const credential = { ids: ["x"], limitMs: 5000 };
    const attachment = bench.attach({ principal: principal({ session: sessionA, credential }) });
    expect(attachment.frames[0]).toMatchObject({ kind: "attached", endsAtMs: bench.nowMs + 5000 });
    bench.pass(4000);
    expect(attachment.ended).toBeUndefined();
    bench.pass(1500);
    expect(attachment.ended).toBe("token_limit_reached");
  });

  it("bounds the credit that is asked for", () => {
    const { bench } = live({ creditBytesMin: 100, creditBytes: 500, creditBytesMax: 1000 });
    const given = [0, 1, 700, 5000].map((creditBytes) => bench.attach({ creditBytes }).frames[0]);
    expect(given.map((frame) => frame?.kind === "attached" && frame.creditBytes)).toEqual([
      500, 100, 700, 1000,
    ]);
  });

  it("tells who is attached at most four times a second, to all and to the host", () => {
    const { bench, home } = live();
    const first = bench.attach();
    bench.pass(1000);
    const count = (frames: readonly string[]): number => frames.filter((each) => each === "presence").length;
    first.news();
    const before = count(briefs(home.frames));
    for (let n = 0; n < 20; n++) {
      bench.attach().handle.closed();
      bench.pass(50);
    }
    bench.pass(300);
    const told = count(first.news());
    expect(told).toBeGreaterThanOrEqual(4);
    expect(told).toBeLessThanOrEqual(5);
    expect(count(briefs(home.frames)) - before).toBe(told);
  });

  it("lists the holder of the lease first when not all can be listed", () => {
    const { bench, home } = live({ presenceListed: 2 });
    for (let n = 0; n < 4; n++)
      bench.attach({
        principal: principal({ session: sessionA, operator: `op${n}`, role: "observer" }),
        stream: `s${n}`,
      });
    const lease = { holder: "op3", stream: "s3", actor: "human", epoch: 2 } as const;
    home.handle.receive({ kind: "lease", lease, framed: frameJson({ kind: "lease", lease }) });
    const latest = bench.attach({ stream: "s5" });
    const presence = latest.frames.find(({ kind }) => kind === "presence");
    expect(presence).toMatchObject({
      truncated: true,
      attachments: [{ operator: "op3" }, { operator: "anna" }],
    });
  });
});
