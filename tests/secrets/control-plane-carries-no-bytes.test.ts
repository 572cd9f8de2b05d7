// What is typed into sessions and printed by them is planted, and looked for wherever the control plane keeps, says or
// is told something: its database, its logs, its metrics, its files, and all that goes to and from it.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createClient, createControlClient } from "@cmdop/sdk";
import { ControlledStack, freePort, TlsTap, waitFor } from "@cmdop/testkit";
import { expect, it } from "vitest";
import { runCmdop } from "../cli/run-cmdop.ts";

/** Text that stands nowhere else. */
const planted = {
  output: "planted-output-7f3a",
  input: "planted-input-91c2",
  paste: "planted-paste-d04e",
  environment: "planted-environment-5b68",
  argument: "planted-argument-c7d1",
  title: "planted-title-20ee",
  scheduled: "planted-scheduled-output-3b9a",
};

const program = [
  "sh",
  "-c",
  'printf "\\033]0;%s\\007" planted-title-20ee; echo planted-output-7f3a; read a; read b; exit 4',
  planted.argument,
];

/** Every file below it, as bytes. */
const filesBelow = (directory: string): readonly Buffer[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name)));

it("no byte of a session is in the control plane's database, logs, metrics, files or traffic", async () => {
  const metricsPort = await freePort();
  const stack = await ControlledStack.start({
    parts: [],
    env: { CMDOP_LOG_LEVEL: "debug", CMDOP_CONTROL_METRICS_PORT: String(metricsPort) },
  });
  const own = {
    cert: readFileSync(path.join(stack.home, "control", "tls", "control.crt")),
    key: readFileSync(path.join(stack.home, "control", "tls", "control.key")),
  };
  const internal = await TlsTap.open(new URL(stack.internalUrl).host, own);
  const api = await TlsTap.open(new URL(stack.url).host, own);
  const client = createClient(stack.clientOptions);
  try {
    // The relay reaches the control plane through the tap alone.
    stack.processes.spawn("relay", { CMDOP_CONTROL_URL: `https://${internal.address}` });
    await stack.processes.untilRelayReady(stack.relay);
    stack.processes.spawn("agent");
    await waitFor(
      () =>
        client.machines.list().then(
          ([machine]) => machine?.presence === "online",
          () => false,
        ),
      { what: "the machine at the relay", timeoutMs: 30_000, everyMs: 200 },
    );
    const control = createControlClient({ ...stack.controlOptions, url: `https://${api.address}` });
    const inFleet = { params: { path: { fleet: stack.fleet } } };

    const attachment = await client.start({
      argv: program,
      env: { PLANTED: planted.environment },
      name: "a-name-that-is-kept",
    });
    const { id } = attachment.session;
    const catalogued = async (state: string) =>
      (await control.GET("/v1/fleets/{fleet}/sessions", inFleet)).data?.items.find(
        (session) => session.id === id && session.state === state,
      );
    await waitFor(() => catalogued("live"), {
      what: "the session in the catalogue",
      timeoutMs: 20_000,
      everyMs: 100,
    });
    const { data: ticket } = await control.POST("/v1/sessions/{session}/tickets", {
      params: { path: { session: id } },
      body: { role: "operator", validSeconds: 60 },
    });
    const guest = await client.attach({
      token: ticket?.secret ?? "",
      sessionId: id,
      role: "operator",
      expiresAtMs: Date.parse(ticket?.expiresAt ?? ""),
    });
    await guest.write(`${planted.input}\r`);
    await attachment.write(`${planted.paste}\n`, { paste: true });
    await attachment.exited;
    await guest.detach();
    const ended = await waitFor(() => catalogued("ended"), {
      what: "its end",
      timeoutMs: 20_000,
      everyMs: 100,
    });
    expect(ended).toMatchObject({ exitCode: 4, name: "a-name-that-is-kept", program: "sh" });
    expect(ended.outputBytes).toBeGreaterThan(20);

    // What a schedule runs is the control plane's own to know; what that prints is not.
    const { data: schedule } = await control.POST("/v1/fleets/{fleet}/schedules", {
      ...inFleet,
      body: {
        name: "prints",
        spec: { kind: "cron", expression: "0 0 1 1 *" },
        target: { kind: "all" },
        command: { shell: 'echo "planted-""scheduled-output-3b9a"' },
      },
    });
    await control.POST("/v1/fleets/{fleet}/schedules/{schedule}/run", {
      params: { path: { fleet: stack.fleet, schedule: schedule?.id ?? "" } },
    });
    const run = await waitFor(
      async () =>
        (await control.GET("/v1/fleets/{fleet}/runs", inFleet)).data?.items.find(
          ({ status }) => status === "succeeded",
        ),
      { what: "the run", timeoutMs: 30_000, everyMs: 100 },
    );
    const printed = await runCmdop(stack.home, ["read", run.executions[0]?.sessionId ?? "", "--from", "0"]);
    expect(printed.stdout).toContain(planted.scheduled);

    const dump = path.join(stack.home, "everything.export");
    expect((await runCmdop(stack.home, ["control", "export", "--out", dump])).code).toBe(0);
    const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).then((answer) => answer.text());
    const places: Readonly<Record<string, Buffer>> = {
      database: readFileSync(dump),
      // The database's own files as well: what was deleted or rolled back still lies there.
      files: Buffer.concat([
        ...filesBelow(path.join(stack.home, "control")),
        ...filesBelow(path.join(stack.home, "relay", "edge")),
      ]),
      logs: Buffer.from(stack.processes.logOf("control") + stack.processes.logOf("relay")),
      metrics: Buffer.from(metrics),
      "traffic of the relay": internal.seen(),
      "traffic of its API": api.seen(),
    };
    // Each place is the right one: it holds what it is to hold.
    for (const place of ["database", "traffic of the relay", "traffic of its API", "logs"]) {
      expect([place, places[place]?.includes(id)]).toEqual([place, true]);
    }
    expect(places.metrics?.includes("cmdop_control_edge_events_total")).toBe(true);
    const found = Object.entries(places).flatMap(([place, bytes]) =>
      Object.entries(planted)
        .filter(
          ([, text]) =>
            bytes.includes(text) || bytes.includes(Buffer.from(text).toString("base64").slice(0, 20)),
        )
        .map(([what]) => `${what} in the ${place}`),
    );
    expect(found).toEqual([]);
  } finally {
    await client.dispose();
    await internal.close();
    await api.close();
    await stack.close();
  }
});
