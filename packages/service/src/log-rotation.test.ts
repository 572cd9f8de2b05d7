import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { SeededRandom, testSeed, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLogDestination } from "./log-destination.ts";
import { openLogRotation } from "./log-rotation.ts";

let directory: string;
let file: string;
const opened: number[] = [];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "cmdop-rotation-"));
  file = path.join(directory, "log");
});
afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd);
  rmSync(directory, { recursive: true });
});

const seed = testSeed();
const bytesMax = 1_000;
const open = () => {
  const fd = openSync(file, "a", 0o600);
  opened.push(fd);
  return openLogDestination({ fd, rotation: openLogRotation({ fd, file, bytesMax, kept: 2 }) });
};
const textOf = (name: string): string => (existsSync(name) ? readFileSync(name, "utf8") : "");
/** The numbers of the lines, oldest first. */
const numbers = (): number[] =>
  [`${file}.3`, `${file}.2`, `${file}.1`, file].flatMap((name) =>
    textOf(name)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => Number(/^line (\d+)$/.exec(line)?.[1])),
  );

describe("a log that is bounded", () => {
  it("keeps its newest lines, whole, each once and in order, in so many files of such a size", async () => {
    const log = open();
    for (let at = 0; at < 1_000; at += 1) {
      log.write(`line ${at}\n`);
      if (at % 25 === 24) await waitFor(() => numbers().at(-1) === at, { everyMs: 1 });
    }
    await waitFor(() => textOf(file).length < bytesMax && !existsSync(`${file}.new`));
    const kept = numbers();
    expect(kept).toEqual(Array.from(kept, (_, at) => 1_000 - kept.length + at));
    expect(kept.length).toBeGreaterThan((2 * bytesMax) / 9);
    expect(readdirSync(directory).sort()).toEqual(["log", "log.1", "log.2"]);
    for (const name of readdirSync(directory)) {
      // What is written in one go is not cut.
      expect(statSync(path.join(directory, name)).size).toBeLessThan(bytesMax + 25 * 10);
      expect(statSync(path.join(directory, name)).mode & 0o777).toBe(0o600);
    }
  });

  it(`loses none of the lines that it keeps when the process is killed, whenever that is (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    const script = `
      import { openLogDestination } from ${JSON.stringify(path.join(import.meta.dirname, "log-destination.ts"))};
      import { openLogRotation } from ${JSON.stringify(path.join(import.meta.dirname, "log-rotation.ts"))};
      const file = ${JSON.stringify(file)};
      const log = openLogDestination({ fd: 1, rotation: openLogRotation({ fd: 1, file, bytesMax: ${bytesMax}, kept: 3 }) });
      let at = Number(process.argv[1]);
      setInterval(() => { for (let n = 0; n < 20; n += 1) log.write("line " + at++ + "\\n"); });
    `;
    let next = 0;
    for (let round = 0; round < 4; round += 1) {
      const fd = openSync(file, "a", 0o600);
      const child = spawn(process.execPath, ["--input-type=module", "-e", script, String(next)], {
        stdio: ["ignore", fd, "inherit"],
      });
      closeSync(fd);
      const ended = once(child, "exit");
      const from = next;
      const until = from + random.int(500, 1_500);
      await waitFor(() => (numbers().at(-1) ?? 0) > until, { timeoutMs: 15_000, everyMs: 5 });
      child.kill("SIGKILL");
      await ended;
      const kept = numbers();
      // Killed between copy and emptying, some lie in both: then they come once more, and none is missing.
      const missing = kept.filter((number, at) => at > 0 && number > (kept[at - 1] ?? 0) + 1);
      expect(missing).toEqual([]);
      next = (kept.at(-1) ?? 0) + 1;
    }
  });

  it("that grew before it was bounded keeps its end", async () => {
    writeFileSync(file, `${"x".repeat(99)}\n`.repeat(10_000));
    open().write("line 1\n");
    await waitFor(() => existsSync(`${file}.1`) && textOf(file) === "");
    expect(textOf(`${file}.1`).length).toBe(bytesMax + "line 1\n".length);
    expect(textOf(`${file}.1`)).toMatch(/x\nline 1\n$/);
  });

  it("is emptied at twice its bound where no copy can be made", async () => {
    mkdirSync(path.join(`${file}.new`, "in the way"), { recursive: true });
    const log = open();
    let emptied = 0;
    for (let at = 0; at < 500; at += 1) {
      const before = textOf(file).length;
      log.write(`line ${at}\n`);
      await waitFor(() => textOf(file).endsWith(`line ${at}\n`) || textOf(file) === "", { everyMs: 1 });
      if (textOf(file).length < before) emptied += 1;
      expect(textOf(file).length).toBeLessThan(2 * bytesMax + 20);
    }
    expect(emptied).toBeGreaterThan(0);
    expect(existsSync(`${file}.1`)).toBe(false);
  });

  it("is left alone when the descriptor is another file, or somebody renamed it", async () => {
    const other = path.join(directory, "other");
    const fd = openSync(other, "a");
    opened.push(fd);
    writeFileSync(file, "");
    expect(openLogRotation({ fd, file, bytesMax })).toBeUndefined();
    const log = open();
    renameSync(file, `${file}.theirs`);
    for (let at = 0; at < 2_000; at += 1) log.write(`line ${at}\n`);
    await waitFor(() => textOf(`${file}.theirs`).endsWith("line 1999\n"));
    expect(textOf(`${file}.theirs`)).toMatch(/^line 0\n/);
  });
});
