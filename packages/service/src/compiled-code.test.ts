import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const main = `
  const { keepCompiledCode } = await import(${JSON.stringify(new URL("./compiled-code.ts", import.meta.url).href)});
  if (process.argv.at(-1) === "kept") keepCompiledCode();
  process.stdout.write("loaded");
  setInterval(() => {}, 1_000);
`;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "cmdop-compiled-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** How many files a process leaves that is killed once it has loaded its code. */
const leftBy = async (how: string): Promise<number> => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", main, "--", how], {
    env: { ...process.env, NODE_COMPILE_CACHE: directory },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    .length;
};

it("is there for the next process although this one was killed", async () => {
  expect(await leftBy("lost")).toBe(0);
  expect(await leftBy("kept")).toBeGreaterThan(0);
});
