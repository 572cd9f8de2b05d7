// The router as a process: what it says when it cannot start, and how signals end it.
import { type ChildProcess, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdPort, type ServiceProcess, startServiceProcess, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let home: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cmdop-router-main-"));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(home, { recursive: true, force: true });
});

const start = (env: Record<string, string> = {}): ServiceProcess => {
  const service = startServiceProcess(join(import.meta.dirname, "main.ts"), {
    CMDOP_HOME: home,
    CMDOP_ROUTER_PORT: "0",
    CMDOP_ROUTER_METRICS_PORT: "off",
    ...env,
  });
  children.push(service.child);
  return service;
};

describe("a router that cannot start says what to do", () => {
  it("with wrong settings: all of them at once", async () => {
    const { exited, output } = start({ CMDOP_ROUTER_PORT: "x", CMDOP_LOG_LEVEL: "y" });
    expect(await exited).toBe(1);
    expect(output.err.trim().split("\n")).toHaveLength(2);
  });

  it("without the route table that was named, or on a port in use: the variable", async () => {
    const { port, release } = await holdPort();
    const router = start({ CMDOP_ROUTER_PORT: String(port) });
    const routes = start({ CMDOP_ROUTER_CONFIG: join(home, "none.yaml") });
    expect([await router.exited, await routes.exited]).toEqual([1, 1]);
    expect(router.output.err).toContain("CMDOP_ROUTER_PORT");
    expect(routes.output.err).toContain("CMDOP_ROUTER_CONFIG");
    await release();
  });
});

/** Has the process say, before anything else runs in it, which flags of V8 it sets for itself. */
const tellFlags = `data:text/javascript,${encodeURIComponent(`
import { syncBuiltinESMExports } from "node:module";
import v8 from "node:v8";
const set = v8.setFlagsFromString;
v8.setFlagsFromString = (flag) => { console.error("v8 " + flag); set(flag); };
syncBuiltinESMExports();
`)}`;

it("sets the flags of V8 that its figures were measured with by itself, however it is started, and V8 knows them", async () => {
  const { child, exited, output } = start({ NODE_OPTIONS: `--import=${tellFlags}` });
  await waitFor(() => output.out.includes("router.listening"), { timeoutMs: 15_000 });
  child.kill("SIGKILL");
  await exited;
  const flags = [...output.err.matchAll(/^v8 (.*)$/gm)].map(([, flag]) => flag);
  expect(flags).toEqual([
    "--invocation-count-for-turbofan=1000",
    "--expose-gc",
    "--no-flush-bytecode",
    "--memory-reducer-gc-count=0",
  ]);
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  expect(flags.filter((flag) => !known.includes(`--${flag?.replace(/^--(?:no-)?|=.*$/g, "")} (`))).toEqual(
    [],
  );
  const unit = readFileSync(
    join(import.meta.dirname, "../../../deploy/systemd/cmdop-router.service"),
    "utf8",
  );
  expect(/^ExecStart=\S+\/node (.*) \S+\/main\.ts$/m.exec(unit)?.[1]).toBe(
    "--disable-warning=ExperimentalWarning",
  );
});

it("SIGTERM drains and ends with 0; the log holds no key", async () => {
  const { child, exited, output } = start({
    OPENAI_API_KEY: "sk-sentinel",
    CMDOP_ROUTER_KEYS: "sentinel-caller",
  });
  await waitFor(() => output.out.includes("router.listening"), { timeoutMs: 15_000 });
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
  expect(output.out).toContain("router.closed");
  expect(output.out).not.toContain("sentinel");
});
