import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isAlive, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeEnd, SupervisedProcess } from "./supervised-process.ts";

let directory: string;
let supervised: SupervisedProcess;
let said: string[];
let delaysMs: number[];

const supervise = (script: string, logFile = path.join(directory, "logs", "part.log")): SupervisedProcess => {
  said = [];
  delaysMs = [];
  supervised = new SupervisedProcess(
    { command: ["/bin/sh", "-c", script], env: { PATH: process.env.PATH }, logFile },
    {
      ended: (reason, delayMs) => {
        said.push(describeEnd(reason));
        delaysMs.push(delayMs);
      },
      startedAgain: () => said.push("started again"),
    },
  );
  return supervised;
};

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "cmdop-supervised-"));
});
afterEach(async () => {
  await supervised.stop("SIGKILL", 1_000);
  rmSync(directory, { recursive: true, force: true });
});

describe("a supervised process", () => {
  it("is started again when it ends by itself, with what it said kept in its log", async () => {
    const part = supervise(
      "echo begun; test -e again && exec sleep 600; touch again; exit 3".replaceAll(
        "again",
        path.join(directory, "again"),
      ),
    );
    part.start();
    await waitFor(() => said.length === 2);
    expect(said).toEqual(["ended with code 3", "started again"]);
    await waitFor(() => readFileSync(part.logFile, "utf8") === "begun\nbegun\n");
  });

  it("that dies again and again is started after waits that grow", async () => {
    supervise("exit 3").start();
    await waitFor(() => delaysMs.length === 4, { timeoutMs: 15_000 });
    expect(delaysMs.map((ms, at) => ms > 125 * 2 ** at - 1 && ms <= 250 * 2 ** at)).toEqual(
      Array(4).fill(true),
    );
  });

  it("is not started after it was stopped, neither by hand nor by itself", async () => {
    const part = supervise("exit 1");
    part.start();
    await waitFor(() => said.length === 1);
    await part.stop("SIGTERM", 1_000);
    part.start();
    expect([part.pid, said]).toEqual([undefined, ["ended with code 1"]]);
  });

  it("is killed when it does not end in time", async () => {
    const part = supervise("trap '' TERM; echo up; while :; do sleep 1; done");
    part.start();
    const pid = part.pid ?? 0;
    await waitFor(() => readFileSync(part.logFile, "utf8") === "up\n");
    await part.stop("SIGTERM", 50);
    expect([isAlive(pid), said]).toEqual([false, []]);
  });

  it("that cannot be started is tried again, and ends nobody else", async () => {
    writeFileSync(path.join(directory, "logs"), "where its directory should be");
    const part = supervise("exec sleep 600");
    part.start();
    expect(said).toEqual([expect.stringMatching(/^could not be started \((?:EEXIST|ENOTDIR)/)]);
    rmSync(path.join(directory, "logs"));
    await waitFor(() => part.pid !== undefined);
    expect(said.at(-1)).toBe("started again");
  });
});
