import { GapReason } from "@cmdop/protocol";
import { FakeClock } from "@cmdop/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LogItem, readLog, readTail } from "./log-reader.ts";
import { OutputLog } from "./output-log.ts";
import { logSalt } from "./records.ts";
import { listSegments } from "./segments.ts";
import { MemoryFiles } from "./testing/memory-files.ts";

const sessionId = "ses_0000000000000000000000";
const directory = "/log";

const setUp = (bounds: { bytesMax?: number; segmentBytes?: number } = {}) => {
  const files = new MemoryFiles();
  const clock = new FakeClock();
  const health: string[] = [];
  const log = new OutputLog({
    directory,
    sessionId,
    files,
    clock,
    size: { cols: 80, rows: 24, operator: "" },
    bytesMax: bounds.bytesMax ?? 1_000_000,
    segmentBytes: bounds.segmentBytes ?? 100_000,
    onHealth: ({ isStoring, code }) => health.push(isStoring ? "storing" : code),
  });
  return { files, clock, log, health };
};

/** Output and gaps as they cover the range; what stands between is left out. */
const covered = (items: Iterable<LogItem>): (string | [number, number, GapReason])[] => {
  const parts: (string | [number, number, GapReason])[] = [];
  for (const item of items) {
    if (item.kind === "gap") parts.push([item.from, item.to, item.reason]);
    if (item.kind !== "output") continue;
    const last = parts.at(-1);
    if (typeof last === "string") parts[parts.length - 1] = last + item.data.toString("latin1");
    else parts.push(item.data.toString("latin1"));
  }
  return parts;
};

const readStored = (files: MemoryFiles, end: number, from = 0): LogItem[] => {
  const view = { segments: listSegments(directory, files), salt: logSalt(sessionId), files, end };
  return [...readLog(view, { from, to: end })];
};

describe("the output log", () => {
  it("reads back any range, across segments", () => {
    const { log, files } = setUp({ segmentBytes: 200 });
    const text = Array.from({ length: 60 }, (_, at) => `line ${at}\n`);
    for (const line of text) {
      log.output(1, Buffer.from(line));
      log.flush();
    }
    const whole = text.join("");
    expect(files.contents.size).toBeGreaterThan(5);
    for (const [from, to] of [
      [0, whole.length],
      [3, 250],
      [200, 201],
      [whole.length, whole.length],
    ] as const) {
      expect(covered(log.read(from, to)).join("")).toBe(whole.slice(from, to));
    }
    log.close();
    expect(files.openCount).toBe(0);
  });

  it("is on disk 5 ms after what it holds, at once when much waits, and never in the way of an echo", () => {
    const { log, files, clock } = setUp({ segmentBytes: 1_000_000 });
    const stored = () => covered(readStored(files, log.end)).join("").length;
    log.output(1, Buffer.from("echo"));
    expect(files.contents.size).toBe(0);
    clock.advance(5);
    expect(stored()).toBe(4);
    log.output(1, Buffer.alloc(100 * 1024, "x"));
    expect(log.storedBytes).toBeLessThan(1_000);
    log.output(1, Buffer.alloc(100 * 1024, "x"));
    expect(log.storedBytes).toBeGreaterThan(200 * 1024);
    log.close();
  });

  it("reads what was appended in the same turn", () => {
    const { log } = setUp();
    log.output(1, Buffer.from("now"));
    expect(covered(log.read(0, 3))).toEqual(["now"]);
    log.close();
  });

  it("tells channels, sizes, who typed and the exit where they happened", () => {
    const { log, clock } = setUp();
    log.output(2, Buffer.from("out"));
    clock.advance(10);
    log.output(3, Buffer.from("err"));
    log.size({ cols: 90, rows: 30, operator: "ann" });
    log.input({ operator: "ann", actor: 1, number: 7, bytes: 2, isPaste: false });
    log.exit({ code: 3, signal: "", reason: 1 });
    const [first, ...rest] = [...log.read(0, 6)].map(({ ...item }) => item);
    expect(first).toMatchObject({ kind: "size", cols: 80, rows: 24 });
    expect(rest).toMatchObject([
      { kind: "output", offset: 0, channel: 2 },
      { kind: "output", offset: 3, channel: 3, atMs: clock.wallMs() },
      { kind: "size", offset: 6, cols: 90, rows: 30, operator: "ann" },
      { kind: "input", offset: 6, operator: "ann", actor: 1, number: 7, bytes: 2 },
      { kind: "exit", offset: 6, code: 3, signal: "", reason: 1 },
    ]);
    log.close();
  });

  it("tells the size in force first, wherever it is read from, also when written by another process", () => {
    const { log, files } = setUp({ segmentBytes: 300_000 });
    const line = Buffer.alloc(10_000, "x");
    const sizes = [80, 90, 100];
    for (const cols of sizes) {
      if (cols > 80) log.size({ cols, rows: 30, operator: "ann" });
      for (let at = 0; at < 20; at += 1) {
        log.output(1, line);
        log.flush();
      }
    }
    const colsAt = (items: readonly LogItem[]) =>
      items.filter(({ kind }) => kind === "size").map((item) => "cols" in item && item.cols);
    for (const from of [5, 199_999, 200_000, 200_001, 350_000, 399_999, 400_000, 599_990]) {
      const expected = sizes.slice(Math.floor(from / 200_000));
      for (const items of [[...log.read(from, log.end)], readStored(files, log.end, from)]) {
        expect([from, items[0]?.kind, colsAt(items)]).toEqual([from, "size", expected]);
        expect(items[0]).toMatchObject({ offset: from });
      }
      expect(colsAt([...log.read(from, from + 1)])).toEqual(expected.slice(0, 1));
    }
    log.close();
  });

  it("keeps its bound and declares what has moved on", () => {
    const { log, files } = setUp({ bytesMax: 2_000, segmentBytes: 500 });
    for (let at = 0; at < 100; at += 1) {
      log.output(1, Buffer.alloc(50, 65 + (at % 26)));
      log.flush();
    }
    expect(files.usedBytes).toBeLessThan(2_600);
    expect(log.end).toBe(5_000);
    expect(log.start).toBeGreaterThan(3_000);
    const [gap, text] = covered(log.read(0, log.end));
    expect(gap).toEqual([0, log.start, GapReason.EXPIRED]);
    expect(text).toHaveLength(5_000 - log.start);
    log.close();
  });

  it("makes a hole when the disk refuses, lives on, and stores again by itself", () => {
    const { log, files, clock, health } = setUp();
    log.output(1, Buffer.from("before "));
    log.flush();
    files.failing = "ENOSPC";
    log.output(1, Buffer.from("lost "));
    log.flush();
    log.output(1, Buffer.from("lost too "));
    log.flush();
    expect(covered(log.read(0, log.end))).toEqual(["before ", [7, 21, GapReason.LOST]]);
    files.failing = undefined;
    clock.advance(1_000);
    log.output(1, Buffer.from("after"));
    log.flush();
    expect(covered(log.read(0, log.end))).toEqual(["before ", [7, 21, GapReason.LOST], "after"]);
    expect(health).toEqual(["ENOSPC", "storing"]);
    const { end } = log;
    log.close();
    expect(covered(readStored(files, end))).toEqual(["before ", [7, 21, GapReason.LOST], "after"]);
  });

  it("knows the size behind a hole, though it was said inside it", () => {
    const { log, files, clock } = setUp();
    log.output(1, Buffer.from("before"));
    log.flush();
    files.failing = "ENOSPC";
    log.size({ cols: 132, rows: 43, operator: "ann" });
    log.output(1, Buffer.from("lost"));
    log.flush();
    files.failing = undefined;
    clock.advance(1_000);
    log.output(1, Buffer.from("after"));
    log.flush();
    const items = [...log.read(0, log.end)].map(({ kind }) => kind);
    expect(items).toEqual(["size", "output", "gap", "size", "output"]);
    const view = { segments: listSegments(directory, files), salt: logSalt(sessionId), files };
    expect(readTail(view)).toMatchObject({ end: 15, size: { cols: 132, rows: 43, operator: "ann" } });
    log.close();
  });

  it("leaves no half record when the disk fills up inside one", () => {
    const { log, files, clock } = setUp();
    log.output(1, Buffer.from("first"));
    log.flush();
    const good = files.usedBytes;
    files.capacity = good + 40;
    log.output(1, Buffer.alloc(500, 120));
    log.flush();
    expect(files.usedBytes).toBe(good);
    files.capacity = Number.POSITIVE_INFINITY;
    clock.advance(1_000);
    log.output(1, Buffer.from("later"));
    log.close();
    expect(covered(readStored(files, 510))).toEqual(["first", [5, 505, GapReason.LOST], "later"]);
  });

  it("starts on a full disk: all of it is a hole until there is room", () => {
    const { log, files, clock } = setUp();
    files.failing = "ENOSPC";
    log.output(1, Buffer.from("lost"));
    log.flush();
    expect(covered(log.read(0, 4))).toEqual([[0, 4, GapReason.LOST]]);
    files.failing = undefined;
    clock.advance(1_000);
    log.output(1, Buffer.from("kept"));
    expect(covered(log.read(0, 8))).toEqual([[0, 4, GapReason.LOST], "kept"]);
    log.close();
  });

  it("knows its end, size and exit without having been closed", () => {
    const { log, files } = setUp({ segmentBytes: 100 });
    for (let at = 0; at < 10; at += 1) {
      log.output(1, Buffer.from("0123456789"));
      log.flush();
    }
    log.size({ cols: 100, rows: 40, operator: "" });
    log.flush();
    const view = { segments: listSegments(directory, files), salt: logSalt(sessionId), files };
    expect(readTail(view)).toMatchObject({ end: 100, size: { cols: 100, rows: 40 }, exit: undefined });
    log.close();
  });

  it("takes no record of another session's log for its own", () => {
    const { log, files } = setUp();
    log.output(1, Buffer.from("secret"));
    log.close();
    const view = { segments: listSegments(directory, files), salt: logSalt("ses_other"), files, end: 6 };
    expect(covered(readLog(view, { from: 0, to: 6 }))).toEqual([[0, 6, GapReason.LOST]]);
  });
});

describe("a damaged log", () => {
  // Bytes that say where they belong, so that a wrong one is seen.
  const truth = (from: number, to: number): string => {
    let text = "";
    for (let at = Math.floor(from / 8); at * 8 < to; at += 1) text += String(at).padStart(8, ".");
    const start = from - Math.floor(from / 8) * 8;
    return text.slice(start, start + to - from);
  };

  const end = 8_000;
  const write = () => {
    const { log, files } = setUp({ segmentBytes: 1_500 });
    for (let at = 0, step = 1; at < end; step = (step * 7) % 61) {
      const to = Math.min(end, at + 1 + step);
      log.output(1, Buffer.from(truth(at, to), "latin1"));
      if (step % 5 === 0) log.input({ operator: "ann", actor: 1, number: step, bytes: 1, isPaste: false });
      at = to;
      log.flush();
    }
    log.close();
    return files;
  };

  /** Every byte is the true one or inside a gap; output and gaps cover the range exactly once. */
  const check = (files: MemoryFiles, from = 0): number => {
    let at = from;
    let served = 0;
    for (const item of readStored(files, end, from)) {
      if (item.kind === "gap") {
        expect([item.from, item.to > item.from]).toEqual([at, true]);
        at = item.to;
      }
      if (item.kind !== "output") continue;
      expect(item.offset).toBe(at);
      at += item.data.length;
      expect(item.data.toString("latin1")).toBe(truth(item.offset, at));
      served += item.data.length;
    }
    expect(at).toBe(end);
    expect(files.openCount).toBe(0);
    return served;
  };

  it("is whole when it is not damaged", () => {
    expect(check(write())).toBe(end);
  });

  it("loses one record to a damaged payload", () => {
    const files = write();
    const [first] = files.contents.values();
    const at = first?.indexOf("......10") ?? 0;
    first?.writeUInt8(0x58, at);
    const served = check(files);
    expect(served).toBeLessThan(end);
    expect(served).toBeGreaterThan(end - 100);
  });

  it("loses the rest of one segment to a damaged header, and nothing more", () => {
    const files = write();
    const second = [...files.contents.values()][1];
    second?.writeUInt8(0, 200);
    const served = check(files);
    expect(served).toBeLessThan(end);
    expect(served).toBeGreaterThan(end - 1_500);
  });

  it("never throws and never serves a wrong byte, whatever is done to its files", () => {
    const damage = fc.oneof(
      fc.record({ kind: fc.constant("flip" as const), file: fc.nat(), at: fc.nat(), bit: fc.nat(7) }),
      fc.record({ kind: fc.constant("cut" as const), file: fc.nat(), at: fc.nat() }),
      fc.record({ kind: fc.constant("remove" as const), file: fc.nat() }),
      fc.record({
        kind: fc.constant("splice" as const),
        file: fc.nat(),
        from: fc.nat(),
        at: fc.nat(),
        size: fc.nat(4_000),
      }),
      fc.record({
        kind: fc.constant("noise" as const),
        file: fc.nat(),
        bytes: fc.uint8Array({ maxLength: 300 }),
      }),
      fc.record({ kind: fc.constant("swap" as const), file: fc.nat(), from: fc.nat() }),
    );
    const pristine = write();
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 6 }), fc.nat(end), (damages, from) => {
        const files = new MemoryFiles();
        for (const [path, bytes] of pristine.contents) files.contents.set(path, Buffer.from(bytes));
        for (const each of damages) {
          const names = [...files.contents.keys()];
          const name = names[each.file % names.length];
          if (name === undefined) continue;
          const bytes = files.contents.get(name) ?? Buffer.alloc(0);
          const other =
            files.contents.get(names[("from" in each ? each.from : 0) % names.length] ?? "") ?? bytes;
          if (each.kind === "flip" && bytes.length > 0) {
            const at = each.at % bytes.length;
            bytes[at] = (bytes[at] ?? 0) ^ (1 << each.bit);
          } else if (each.kind === "cut")
            files.contents.set(name, bytes.subarray(0, each.at % (bytes.length + 1)));
          else if (each.kind === "remove") files.contents.delete(name);
          else if (each.kind === "splice") {
            const at = each.at % (bytes.length + 1);
            const start = each.from % (other.length + 1);
            const part = other.subarray(start, start + each.size);
            files.contents.set(name, Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]));
          } else if (each.kind === "noise") files.contents.set(name, Buffer.concat([bytes, each.bytes]));
          else if (each.kind === "swap") files.contents.set(name, Buffer.from(other));
        }
        check(files, from);
      }),
      { numRuns: 300 },
    );
  });
});
