// A schedule of a real control plane fires through a real relay on a real machine.
import path from "node:path";
import { openRelaySigner } from "@cmdop/authority";
import { systemClock, systemRandom } from "@cmdop/base";
import { createClient } from "@cmdop/sdk";
import { Stack, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRelayCommandRunner } from "../../services/control/src/adapters/relay/relay-command-runner.ts";
import { ControlFixture, type TestAccount } from "../../services/control/src/testing/control-fixture.ts";

let stack: Stack;
let fixture: ControlFixture;
let owner: TestAccount;
let machineId: string;

beforeAll(async () => {
  stack = await Stack.start();
  const { signer, relays, caPin } = {
    signer: await openRelaySigner(path.join(stack.home, "relay")),
    relays: [stack.relay],
    caPin: stack.local.caPin,
  };
  fixture = await ControlFixture.open({
    // The relay stands alone: it knows its own key and one fleet.
    commandRunner: createRelayCommandRunner({
      mint: { signer, clock: systemClock, random: systemRandom },
      relays,
      caPin,
      fleetName: () => "default",
      clock: systemClock,
      random: systemRandom,
    }),
  });
  owner = await fixture.addAccount("ada", "owner");
  await fixture.ask("POST", "/v1/fleets", { token: owner.token, body: { name: "Main", slug: "main" } });
  await using client = createClient(stack.clientOptions);
  machineId = (await client.machines.list())[0]?.id ?? "";
});
afterAll(async () => {
  await fixture?.close();
  await stack?.close();
});

const ask = (method: "GET" | "POST", at: string, body?: unknown) =>
  fixture.ask(method, `/v1/fleets/main${at}`, { token: owner.token, body });

const runWhen = async (
  schedule: string,
  isReached: (run: { status: string; executions: { status: string }[] }) => boolean,
) => {
  let run: Awaited<ReturnType<typeof ask>>["body"];
  await waitFor(
    async () => {
      const { body } = await ask("GET", `/runs?schedule=${schedule}`);
      run = body.items[0];
      return run !== undefined && isReached(run);
    },
    { timeoutMs: 30_000, everyMs: 50 },
  );
  return run;
};

it("fires once, and its run names the exit code and the session that holds its output", async () => {
  const made = await ask("POST", "/schedules", {
    name: "hello",
    spec: { kind: "once", at: new Date(Date.now() + 1_500).toISOString() },
    target: { kind: "machines", machines: [machineId] },
    command: { argv: ["sh", "-c", "echo hi"] },
  });
  expect(made.status).toBe(201);
  const run = await runWhen("hello", ({ status }) => status === "succeeded");
  expect(run).toMatchObject({ trigger: "due", exitCode: 0, executions: [{ machineId, outputBytes: 3 }] });
  await using client = createClient(stack.clientOptions);
  const sessions = await client.sessions.list({ ended: true });
  expect(sessions.map(({ id, openedBy }) => ({ id, openedBy }))).toEqual([
    { id: run.executions[0].sessionId, openedBy: "schedule:hello" },
  ]);
  const attachment = await client.attach(run.executions[0].sessionId, { mode: "lossless", from: 0 });
  const items = [];
  for (let item = await attachment.read(); item; item = await attachment.read()) items.push(item);
  const output = items.flatMap((item) => (item.kind === "output" ? [item] : []));
  expect(output.map(({ offset, bytes }) => [offset, Buffer.from(bytes).toString()])).toEqual([[0, "hi\n"]]);
});

it("says what a failing command, a missing program and a run over its time came to", async () => {
  const commands = {
    failing: { shell: "exit 7" },
    missing: { argv: ["/no/such/program"] },
    slow: { argv: ["sleep", "60"] },
  };
  for (const [name, command] of Object.entries(commands)) {
    await ask("POST", "/schedules", {
      name,
      spec: { kind: "cron", expression: "0 0 1 1 *" },
      policies: { timeoutMs: 1_000 },
      target: { kind: "machines", machines: [machineId] },
      command,
    });
    await ask("POST", `/schedules/${name}/run`);
  }
  expect(await runWhen("failing", ({ status }) => status === "failed")).toMatchObject({ exitCode: 7 });
  expect(await runWhen("missing", ({ status }) => status === "failed")).toMatchObject({
    errorCode: "command_not_found",
  });
  await runWhen("slow", ({ status }) => status === "timed_out");
});

it("ends a run by SIGTERM when it is cancelled", async () => {
  await ask("POST", "/schedules", {
    name: "long",
    spec: { kind: "cron", expression: "0 0 1 1 *" },
    target: { kind: "machines", machines: [machineId] },
    command: { argv: ["sleep", "600"] },
  });
  const { body } = await ask("POST", "/schedules/long/run");
  await runWhen("long", ({ executions }) => executions[0]?.status === "running");
  await ask("POST", `/runs/${body.id}/cancel`);
  const run = await runWhen("long", ({ status }) => status === "cancelled");
  expect(run).toMatchObject({ signal: "SIGTERM" });
});

it("records a machine that is away as offline", async () => {
  await stack.signal("agent", "SIGKILL");
  await ask("POST", "/schedules/hello/run");
  const run = await runWhen("hello", ({ status }) => status === "offline");
  expect(run).toMatchObject({ errorCode: "machine_offline", executions: [{ sessionId: null }] });
});
