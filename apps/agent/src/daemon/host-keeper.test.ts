import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Scope, systemClock } from "@cmdop/base";
import { leakCheck, SeededRandom, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HostKeeper } from "./host-keeper.ts";
import { type StartedHost, startHost } from "./start-host.ts";

const hostMain = resolve(import.meta.dirname, "../host-main.ts");
const silent = { info() {}, warn() {}, error() {} };

describe("the keeper of the session host", () => {
  let checkLeaks: () => Promise<void>;
  let home: string;
  let scope: Scope;
  beforeAll(() => {
    checkLeaks = leakCheck();
  });
  beforeEach(() => {
    scope = new Scope();
    home = mkdtempSync(join(tmpdir(), "cmdop-keeper-"));
    mkdirSync(join(home, "agent"), { mode: 0o700 });
    scope.add(() => rmSync(home, { recursive: true, force: true }));
  });
  afterEach(() => scope.close());
  afterAll(() => checkLeaks());

  const start = (script: readonly string[]): StartedHost =>
    startHost({
      command: [process.execPath, "--disable-warning=ExperimentalWarning", ...script],
      env: { ...process.env, CMDOP_HOME: home },
      logFile: join(home, "logs", "host.log"),
    });

  const createKeeper = (start: (() => StartedHost) | undefined): HostKeeper => {
    const keeper = new HostKeeper({
      socketPath: join(home, "agent", "host.sock"),
      clock: systemClock,
      random: new SeededRandom(3),
      log: silent,
      startHost: start,
      reported() {},
      changed() {},
    });
    scope.add(() => keeper.close());
    keeper.start();
    return keeper;
  };

  it("says why a host does not start, and goes on trying", async () => {
    let starts = 0;
    const keeper = createKeeper(() => {
      starts += 1;
      return start(["-e", "console.error('no pty here'); process.exit(4)"]);
    });
    await waitFor(() => starts >= 2);
    expect(keeper.state).toBe("starting");
    expect(keeper.failure).toMatchObject({
      code: "host_unavailable",
      message: expect.stringMatching(/exit code 4.*host\.log/),
    });
    expect(readFileSync(join(home, "logs", "host.log"), "utf8")).toContain("no pty here");
  });

  it("starts none where something else does, and takes it when it comes", async () => {
    const keeper = createKeeper(undefined);
    await waitFor(() => keeper.failure);
    expect(keeper.failure?.code).toBe("host_unavailable");
    const host = start([hostMain]);
    await waitFor(() => keeper.state === "running", { timeoutMs: 15_000 });
    expect(keeper.pid).toBe(host.pid);
    await keeper.stopHost();
    await waitFor(() => host.ended);
    expect(host.ended).toBe("exit code 0");
  });

  it.each([
    ["just started", [hostMain]],
    ["started, and never answering", ["-e", "setInterval(() => {}, 1000)"]],
  ])("ends a host that is %s when it is told to", async (_what, script) => {
    let host: StartedHost | undefined;
    const keeper = createKeeper(() => {
      host = start(script);
      return host;
    });
    const started = await waitFor(() => host);
    await keeper.stopHost();
    await waitFor(() => started.ended, { what: "the end of the host" });
  });

  it("fails an order in time when there is no host", async () => {
    const keeper = createKeeper(undefined);
    await expect(keeper.open("ses_0123456789abcdefghijkl", {})).rejects.toMatchObject({
      code: "host_unavailable",
    });
  });
});
