// Schedules where the control plane is the authority, on PostgreSQL: two of its processes, one relay, one machine that
// joined, and the command line.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createControlClient } from "@cmdop/sdk";
import { ControlledStack, freePort, StackProcesses, TemporaryPostgres, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCmdopHere } from "../cli/run-cmdop.ts";

const machine = "nightshift";
const within = { timeoutMs: 45_000, everyMs: 100 };

describe.skipIf(!TemporaryPostgres.isInstalled())("schedules of two control planes on one PostgreSQL", () => {
  let postgres: TemporaryPostgres;
  let stack: ControlledStack;
  let secondHome: string;
  let second: StackProcesses;
  let control: ReturnType<typeof createControlClient>;

  beforeAll(async () => {
    postgres = await TemporaryPostgres.start();
    const databaseUrl = postgres.tcpUrl(await postgres.createDatabase());
    stack = await ControlledStack.start({ databaseUrl, machineName: machine });
    secondHome = mkdtempSync(path.join(tmpdir(), "cmdop-second-"));
    mkdirSync(path.join(secondHome, "logs"));
    // The same keys: what one has signed and sealed is the other's too.
    cpSync(path.join(stack.home, "control"), path.join(secondHome, "control"), {
      recursive: true,
      filter: (source) => !source.endsWith(".sock"),
    });
    second = new StackProcesses(secondHome, {
      CMDOP_CONTROL_HOST: "127.0.0.1",
      CMDOP_CONTROL_PORT: String(await freePort()),
      CMDOP_CONTROL_INTERNAL_PORT: String(await freePort()),
      CMDOP_CONTROL_METRICS_PORT: "off",
      CMDOP_CONTROL_RELAYS: stack.relay,
      CMDOP_CONTROL_RELAY_CA_PIN: stack.clientOptions.ca.pin,
      CMDOP_DATABASE_URL: databaseUrl,
    });
    second.spawn("control");
    await second.untilControlReady();
    control = createControlClient(stack.controlOptions);
  }, 120_000);
  afterAll(async () => {
    await second?.close();
    await stack?.close();
    await postgres?.close();
    rmSync(secondHome, { recursive: true, force: true });
  });

  const cmdop = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCmdopHere(stack.home, args);
    expect([args, code, code === 0 ? "" : stderr]).toEqual([args, 0, ""]);
    return stdout;
  };

  /** Asked again and again: by no process of the command line each time. */
  const runsOf = async (schedule: string) => {
    const { data } = await control.GET("/v1/fleets/{fleet}/runs", {
      params: { path: { fleet: stack.fleet }, query: { schedule, limit: 100 } },
    });
    return data?.items ?? [];
  };

  const firstRun = (schedule: string, status: string) =>
    waitFor(async () => (await runsOf(schedule)).find((run) => run.status === status), within);

  it("fire each due once through the relay, also when one of the two is killed, and link the output", async () => {
    const file = path.join(stack.home, "fired");
    const at = ["--cron", "*/2 * * * * *", "--seconds", "--zone", "UTC", "--machine", machine];
    await cmdop("schedules", "create", "often", ...at, "--", "sh", "-c", `echo fired; echo x >> '${file}'`);
    const succeeded = async () => (await runsOf("often")).filter(({ status }) => status === "succeeded");
    await waitFor(async () => (await succeeded()).length >= 4, within);
    await second.signal("control", "SIGKILL");
    const before = (await succeeded()).length;
    await waitFor(async () => (await succeeded()).length >= before + 2, within);
    await cmdop("schedules", "pause", "often");
    await waitFor(
      async () => (await runsOf("often")).every(({ status }) => !["queued", "running"].includes(status)),
      within,
    );

    const runs = await runsOf("often");
    expect(new Set(runs.map(({ dueAt }) => dueAt)).size).toBe(runs.length);
    expect(runs.map(({ executions }) => executions.length)).toEqual(runs.map(() => 1));
    // The one that was under way with the killed process may have been found again, or be lost: it is not run again.
    const fired = readFileSync(file, "utf8").length / 2;
    expect([fired >= (await succeeded()).length, fired <= runs.length]).toEqual([true, true]);
    const listedRuns = JSON.parse(await cmdop("schedules", "runs", "often", "--count", "100", "--json"));
    expect(listedRuns).toEqual(runs);
    const sessionIds = (await succeeded()).map(({ executions }) => executions[0]?.sessionId);
    expect(new Set(sessionIds).size).toBe(sessionIds.length);
    const [run] = await succeeded();
    expect(run?.executions[0]).toMatchObject({ outputBytes: 6 });
    expect(await cmdop("read", run?.executions[0]?.sessionId ?? "", "--from", "0")).toBe("fired\n");
    const listed = JSON.parse(await cmdop("sessions", "-a", "--json"));
    expect(listed.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(sessionIds));
  }, 150_000);

  it("end what runs when it is cancelled, and what runs over its time", async () => {
    const never = ["--cron", "0 0 1 1 *", "--zone", "UTC", "--machine", machine];
    await cmdop("schedules", "create", "long", ...never, "--", "sleep", "600");
    await cmdop("schedules", "create", "slow", ...never, "--timeout", "2s", "--", "sleep", "600");
    const started = JSON.parse(await cmdop("schedules", "run", "long", "--json"));
    await cmdop("schedules", "run", "slow");
    await waitFor(
      async () => (await runsOf("long")).some(({ executions }) => executions[0]?.sessionId),
      within,
    );
    await cmdop("schedules", "cancel", started.id);
    expect(await firstRun("long", "cancelled")).toMatchObject({ id: started.id, signal: "SIGTERM" });
    expect((await firstRun("slow", "timed_out")).exitCode).toBe(null);
  }, 120_000);
});
