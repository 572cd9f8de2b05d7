import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makePrivateDirectorySync } from "./private-directory.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "cmdop-directory-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (...names: string[]): string => path.join(directory, ...names);

describe("a private directory", () => {
  it("is made with its parents, for its owner alone, and stays as it is when it is there", () => {
    makePrivateDirectorySync(at("a", "b"));
    expect([at("a"), at("a", "b")].map((one) => statSync(one).mode & 0o777)).toEqual([0o700, 0o700]);
    mkdirSync(at("open"), { mode: 0o755 });
    symlinkSync(at("open"), at("link"));
    makePrivateDirectorySync(at("link", "in"));
    expect(statSync(at("open")).mode & 0o777).toBe(0o755);
    makePrivateDirectorySync(at("open", "in"));
  });

  it("in the place of a file is refused by name and reason", () => {
    writeFileSync(at("file"), "");
    expect(() => makePrivateDirectorySync(at("file"))).toThrow(
      `The directory ${at("file")} cannot be made: there is a file of that name.`,
    );
    expect(() => makePrivateDirectorySync(at("file", "in"))).toThrow(at("file"));
  });

  // In a process of its own: what never ends could not be ended here.
  it.runIf(process.platform === "linux")("is refused at once where no directory can be made", () => {
    const main = `
      const { makePrivateDirectorySync } = await import(process.argv[1]);
      try { makePrivateDirectorySync("/proc/cmdop-none/agent"); } catch (error) { console.log(error.code, error.message); }
    `;
    const module = new URL("./private-directory.ts", import.meta.url).href;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", main, module], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(stdout).toBe(
      "directory_unwritable The directory /proc/cmdop-none/agent cannot be made: " +
        "/proc/cmdop-none: no such file or directory.\n",
    );
  });
});
