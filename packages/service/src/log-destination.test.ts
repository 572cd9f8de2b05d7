import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLogDestination } from "./log-destination.ts";

let directory: string;
const opened: number[] = [];
const open = (file: string): number => {
  const fd = openSync(file, "a");
  opened.push(fd);
  return fd;
};

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "cmdop-log-"));
});
afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd);
  rmSync(directory, { recursive: true });
});

describe("a log's destination", () => {
  it("writes every line whole and in order", async () => {
    const file = path.join(directory, "log");
    const log = openLogDestination({ fd: open(file) });
    const lines = Array.from({ length: 500 }, (_line, at) => `line ${at}\n`);
    for (const line of lines) log.write(line);
    await waitFor(() => readFileSync(file, "utf8") === lines.join(""));
  });

  it("gathers a block, and writes what is less after a while or at the end", async () => {
    const file = path.join(directory, "log");
    const log = openLogDestination({ fd: open(file), block: { bytes: 10, ms: 30 } });
    log.write("one\n");
    expect(readFileSync(file, "utf8")).toBe("");
    await waitFor(() => readFileSync(file, "utf8") === "one\n");
    log.write("two\n");
    log.flushSync();
    // The first write may not have been told yet: then its line comes once more.
    expect(readFileSync(file, "utf8")).toMatch(/^one\n(one\n)?two\n$/);
  });

  it("gathers a block also while it writes one", async () => {
    const written: number[] = [];
    const rotation = { isDue: (bytes: number) => written.push(bytes) === 0, rotate: async () => {} };
    const fd = open(path.join(directory, "log"));
    const log = openLogDestination({ fd, block: { bytes: 10, ms: 60_000 }, rotation });
    log.write("a whole block\n");
    log.write("less\n");
    await waitFor(() => written.length === 1);
    log.write("and more\n");
    await waitFor(() => written.length === 2);
    expect(written).toEqual([14, 14]);
  });

  it("writes what waited for its time while it wrote", async () => {
    const file = path.join(directory, "log");
    const log = openLogDestination({ fd: open(file), block: { bytes: 10, ms: 0 } });
    log.write("a whole block\n");
    log.write("less\n");
    await waitFor(() => readFileSync(file, "utf8") === "a whole block\nless\n");
  });

  it.runIf(process.platform === "linux")(
    "neither throws nor waits nor grows on a full disk, and ends at once",
    async () => {
      // Never closed: the log tries again for as long as the process lives, and the number would be another file's.
      const log = openLogDestination({ fd: openSync("/dev/full", "a"), bytesMax: 1_000 });
      for (let at = 0; at < 10_000; at += 1) log.write(`line ${at}\n`);
      await new Promise((resolve) => setImmediate(resolve));
      const beganMs = performance.now();
      log.flushSync();
      expect(performance.now() - beganMs).toBeLessThan(100);
    },
  );

  it("says how many lines were lost once there is room again", async () => {
    const file = path.join(directory, "log");
    const fd = open(file);
    const log = openLogDestination({ fd, bytesMax: 10 });
    for (const line of ["kept\n", "lost, it is long\n", "lost, it is long\n"]) log.write(line);
    await waitFor(() => readFileSync(file, "utf8").includes('"event":"log.lost","lines":2'));
    expect(readFileSync(file, "utf8").split("\n")[0]).toBe("kept");
    ftruncateSync(fd);
  });
});
