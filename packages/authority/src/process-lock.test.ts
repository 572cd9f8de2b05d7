import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeProcessLock } from "./process-lock.ts";

const taker = `
  const { takeProcessLock } = await import(process.argv[1]);
  try {
    takeProcessLock(process.argv[2], "The test");
    console.log("taken");
    setInterval(() => {}, 1000);
  } catch (error) {
    console.log(error.code);
  }
`;

/** Another in the middle of its try: it has the file's first lock, and steps back. */
const stepsBack = `
  const { DatabaseSync } = await import("node:sqlite");
  const other = new DatabaseSync(process.argv[1]);
  other.exec("BEGIN; SELECT * FROM sqlite_schema");
  console.log("half-way");
  setTimeout(() => other.exec("ROLLBACK"), 20);
`;

describe("the process lock", () => {
  let directory: string;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "cmdop-lock-"));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  });

  const startTaker = async () => {
    const module = new URL("./process-lock.ts", import.meta.url).href;
    const child = spawn(
      process.execPath,
      ["--input-type=module", "-e", taker, module, join(directory, "lock")],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    children.push(child);
    const [said] = await once(child.stdout, "data");
    return { child, said: String(said).trim() };
  };

  it("is held by one process, and free again after a SIGKILL", async () => {
    const first = await startTaker();
    expect(first.said).toBe("taken");
    expect(() => takeProcessLock(join(directory, "lock"), "The test")).toThrowError(
      expect.objectContaining({ code: "already_running" }),
    );
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    const lock = takeProcessLock(join(directory, "lock"), "The test");
    expect((await startTaker()).said).toBe("already_running");
    lock.release();
  });

  it("is not refused to both of two that try in the same moment", async () => {
    const file = join(directory, "lock");
    takeProcessLock(file, "The test").release();
    const child = spawn(process.execPath, ["--input-type=module", "-e", stepsBack, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    await once(child.stdout, "data");
    takeProcessLock(file, "The test").release();
  });

  it("names a directory that cannot be written", () => {
    expect(() => takeProcessLock(join(directory, "absent", "lock"), "The test")).toThrowError(
      expect.objectContaining({ code: "directory_unwritable" }),
    );
  });
});
