import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient, createControlClient } from "@cmdop/sdk";
import {
  FakeProvider,
  freePort,
  holdPort,
  isAlive,
  placePreparedDatabase,
  processesOf,
  waitFor,
} from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");

interface Running {
  readonly home: string;
  /** By their variables. */
  readonly ports: Readonly<Record<string, string>>;
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
  readonly pids: () => { supervisorPid: number; children: Record<string, number> };
}

const portVariables = [
  "CMDOP_CONTROL_PORT",
  "CMDOP_CONTROL_INTERNAL_PORT",
  "CMDOP_CONTROL_METRICS_PORT",
  "CMDOP_RELAY_PORT",
  "CMDOP_RELAY_METRICS_PORT",
  "CMDOP_ROUTER_PORT",
  "CMDOP_ROUTER_METRICS_PORT",
];

const homes: string[] = [];
const started: Running[] = [];

/** What `npm start` runs once everything is installed, with a home and ports of its own. */
const start = async (
  options: {
    readonly home?: string;
    readonly env?: Record<string, string>;
    readonly args?: readonly string[];
    /** The control plane makes its database too; else it finds one as it would have made it. */
    readonly isFromNothing?: boolean;
    /** The head of a group, as a command in a terminal is. */
    readonly isGroup?: boolean;
  } = {},
): Promise<Running> => {
  const home = options.home ?? mkdtempSync(path.join(tmpdir(), "cmdop-start-"));
  if (!options.home) homes.push(home);
  if (!options.isFromNothing) placePreparedDatabase(path.join(home, "control"));
  const ports = Object.fromEntries(
    await Promise.all(portVariables.map(async (variable) => [variable, String(await freePort())] as const)),
  );
  const args = ["--disable-warning=ExperimentalWarning", "scripts/start.ts", ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: {
      ...process.env,
      CMDOP_HOME: home,
      ...ports,
      CMDOP_MACHINE_NAME: "testbench",
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: options.isGroup ?? false,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const running: Running = {
    home,
    ports: { ...ports, ...options.env },
    child,
    output: () => text,
    // When all that it said is here.
    ended: once(child, "close").then(([code]) => code as number | null),
    pids: () => JSON.parse(readFileSync(path.join(home, "run", "supervisor.json"), "utf8")),
  };
  started.push(running);
  return running;
};

const untilReady = async (running: Running): Promise<void> => {
  try {
    const { child } = running;
    await waitFor(() => running.output().includes("Ready.") || child.exitCode !== null, {
      timeoutMs: 60_000,
    });
    expect(child.exitCode).toBe(null);
  } catch (cause) {
    throw new Error(`npm start is not ready; it said:\n${running.output()}`, { cause });
  }
};

const hostPidOf = (home: string): number =>
  (JSON.parse(readFileSync(path.join(home, "agent", "status.json"), "utf8")) as { host: { pid: number } })
    .host.pid;

/** What `npx cmdop` finds in the home. */
const clientOf = (home: string) => {
  const config = JSON.parse(readFileSync(path.join(home, "cli", "config.json"), "utf8")) as {
    relay: string;
    caPin: string;
    tokenFile: string;
  };
  return createClient({
    relay: config.relay,
    token: readFileSync(config.tokenFile, "utf8").trim(),
    ca: { pin: config.caPin },
  });
};

/** How `npx cmdop` reaches the control plane. */
const controlOf = (home: string) => {
  const { control, controlCaPin, tokenFile } = JSON.parse(
    readFileSync(path.join(home, "cli", "config.json"), "utf8"),
  ) as { control: string; controlCaPin: string; tokenFile: string };
  const token = readFileSync(tokenFile, "utf8").trim();
  return { token, options: { url: control, token, caPin: controlCaPin } };
};

const endAll = async (): Promise<void> => {
  for (const { child, ended } of started.splice(0)) {
    child.kill("SIGTERM");
    await ended;
  }
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
};

describe("npm start", () => {
  afterEach(endAll);

  it("says when it is ready and what to type next, and ^C ends every process", async () => {
    const running = await start({ isFromNothing: true, isGroup: true });
    await untilReady(running);
    expect(running.output()).toContain("npx cmdop new");
    const client = clientOf(running.home);
    expect(await client.run({ argv: ["sh", "-c", "echo out; exit 3"] })).toMatchObject({ code: 3 });
    await client.open({ argv: ["sleep", "600"] });
    await client.dispose();

    const { children } = running.pids();
    const processes = [...Object.values(children), hostPidOf(running.home)];
    expect(processes.filter(isAlive)).toEqual(processes);
    // A terminal sends ^C to the whole group.
    process.kill(-(running.child.pid ?? 0), "SIGINT");
    expect(await running.ended).toBe(0);
    expect(running.output()).toContain("Stopping: ");
    expect(running.output()).not.toContain("started again");
    await waitFor(() => !processes.some(isAlive), { timeoutMs: 15_000, what: "every process to end" });
  });

  it("names a port that is in use and the variable that changes it", async () => {
    const { port, release } = await holdPort();
    const running = await start({ env: { CMDOP_RELAY_PORT: String(port) } });
    expect(await running.ended).toBe(1);
    expect(running.output()).toContain(`Port ${port} is in use, and the relay needs it.`);
    expect(running.output()).toContain(`CMDOP_RELAY_PORT=${port + 100} npm start`);
    await release();
  });

  it("starts nothing when it is asked for help, or for what it does not know", async () => {
    // In an environment that would not do: help is what mends it.
    const env = { CMDOP_RELAY_PORT: "none" };
    const helped = await start({ args: ["--help"], env });
    expect(await helped.ended).toBe(0);
    expect(helped.output()).toMatch(/CMDOP_RELAY_PORT +63142 +relay\n/);
    const refused = await start({ args: ["--port", "1"], env });
    expect(await refused.ended).toBe(2);
    expect(refused.output()).toBe(
      'npm start takes no "--port": settings are variables. Type: npm start -- --help\n',
    );
  });

  it("names every variable that is wrong", async () => {
    const running = await start({ env: { CMDOP_RELAY_PORT: "none", CMDOP_RELAY_METRICS_PORT: "0" } });
    expect(await running.ended).toBe(1);
    expect(running.output()).toContain('CMDOP_RELAY_PORT is "none"');
    expect(running.output()).toContain('CMDOP_RELAY_METRICS_PORT is "0"');
  });

  it.each(["Starting control plane", "control plane  ready", "relay          ready"])(
    "leaves nothing running when a signal comes while it says: %s",
    async (line) => {
      const running = await start();
      await waitFor(() => running.output().includes(line), { timeoutMs: 60_000, what: line });
      running.child.kill("SIGTERM");
      expect(await running.ended).toBe(0);
      expect(processesOf(running.home, "main.ts")).toEqual([]);
    },
  );
});

/** One that runs: its tests are steps of one story, up to its end. */
describe("npm start, once it is ready", () => {
  // A relay that is told to end where nobody can move to another waits for that as long as it may.
  const env = { CMDOP_RELAY_DRAIN_MS: "1000", PLATFORM_KEY: "sk-of-the-platform" };
  let running: Running;
  let loser: Running;
  beforeAll(async () => {
    const one = await start({ env });
    const other = await start({ home: one.home, env });
    await Promise.race([one.ended, other.ended]);
    [loser, running] = one.child.exitCode === null ? [other, one] : [one, other];
    await untilReady(running);
  }, 120_000);
  afterAll(endAll, 60_000);

  it("is one of two that started at once in the same home: the other gave way, whatever its ports", async () => {
    expect(await loser.ended).toBe(1);
    expect(loser.output()).toContain("npm start is running here already");
  });

  it("refuses another one in the same home", async () => {
    const second = await start({ home: running.home });
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain("npm start is running here already");
  });

  it("left a CLI that is signed in as the owner, and an address that signs a browser in once", async () => {
    const control = createControlClient(controlOf(running.home).options);
    const { data } = await control.GET("/v1/fleets");
    expect(data?.items.map(({ slug, role }) => [slug, role])).toEqual([["default", "owner"]]);
    expect(running.output()).toMatch(/http:\/\/localhost:\d+\/sign-in#code=\S{20,}/);
  });

  it("asks no platform key where a provider refuses the keys that an account brought", async () => {
    const [platform, own] = await Promise.all([FakeProvider.open(), FakeProvider.open()]);
    writeFileSync(
      path.join(running.home, "router", "router.yaml"),
      `providers: { shop: { url: "${platform.url}", keys: [env:PLATFORM_KEY] } }
models: { lone: { provider: shop } }
allowed_ranges: [127.0.0.0/8]
`,
    );
    const { options, token } = controlOf(running.home);
    const brought = await createControlClient(options).POST("/v1/account/providers", {
      body: { name: "shop", kind: "openai", baseUrl: own.url, keys: ["sk-one", "sk-two", "sk-three"] },
    });
    expect(brought.response.status).toBe(201);
    const ask = async (model: string) => {
      const response = await fetch(
        `http://127.0.0.1:${running.ports.CMDOP_ROUTER_PORT}/v1/chat/completions`,
        {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
        },
      );
      return [response.status, /"code":"(\w+)"/.exec(await response.text())?.[1]];
    };
    await waitFor(async () => (await ask("lone"))[0] === 200, { what: "the route table to be taken up" });
    expect(platform.requests.at(-1)?.headers.authorization).toBe("Bearer sk-of-the-platform");
    platform.requests.splice(0);
    for (const status of [401, 402, 403]) own.failNext({ kind: "status", status });
    // Its own name hides the platform's provider; that one has the model, and a key that is good.
    expect(await ask("shop/lone")).toEqual([403, "provider_key_rejected"]);
    expect(own.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer sk-one",
      "Bearer sk-two",
      "Bearer sk-three",
    ]);
    expect(platform.requests).toEqual([]);
    await Promise.all([platform.close(), own.close()]);
  });

  it("starts whatever is killed again, says so, and the session lives on", async () => {
    const client = clientOf(running.home);
    const attachment = await client.start({
      argv: ["sh", "-c", "stty -echo; read line; echo got $line; read line"],
    });
    const titles = { control: "control plane", relay: "relay", router: "model router", agent: "agent" };
    for (const [part, title] of Object.entries(titles)) {
      const before = running.pids().children[part];
      if (before === undefined) throw new Error(`the ${title} does not run`);
      process.kill(before, "SIGKILL");
      await waitFor(
        () => running.output().includes(`The ${title} was ended by SIGKILL; it is started again in`),
        {
          timeoutMs: 10_000,
        },
      );
      await waitFor(() => ![undefined, before].includes(running.pids().children[part]), {
        timeoutMs: 20_000,
      });
    }
    await attachment.write("through\r", { maxAgeMs: Number.POSITIVE_INFINITY });
    let text = "";
    while (!text.includes("got through")) {
      const item = await attachment.read();
      if (item?.kind === "output") text += Buffer.from(item.bytes).toString();
    }
    await waitFor(
      () =>
        client.machines.list().then(
          ([machine]) => machine?.presence === "online",
          () => false,
        ),
      { timeoutMs: 30_000, everyMs: 100, what: "all of them to know one another again" },
    );
    await client.close(attachment.session.id);
    await client.dispose();
  });

  it("takes over what a killed one left behind", async () => {
    const { home } = running;
    const client = clientOf(home);
    const { session } = await client.open({ argv: ["sleep", "600"] });
    const chosen = { ...clientConfig(home), fleet: "default" };
    writeFileSync(path.join(home, "cli", "config.json"), JSON.stringify(chosen));
    process.kill(running.pids().supervisorPid, "SIGKILL");
    await running.ended;
    running = await start({ home, env: { ...env, CMDOP_RELAY_PORT: chosen.relay.split(":")[1] ?? "" } });
    await untilReady(running);
    expect(running.output()).toContain("of an earlier start still runs");
    // What `cmdop fleets use` chose stays chosen.
    expect(clientConfig(home)).toMatchObject({ fleet: "default" });
    expect((await client.sessions.list()).map(({ id }) => id)).toEqual([session.id]);
    await client.dispose();
  });

  it("leaves no session running when a signal comes while the agent is away", async () => {
    const { agent = 0 } = running.pids().children;
    expect(agent).toBeGreaterThan(0);
    process.kill(agent, "SIGKILL");
    await waitFor(() => running.output().includes("The agent was ended by SIGKILL"));
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
    expect(processesOf(running.home, "main.ts")).toEqual([]);
  });
});

const clientConfig = (home: string): { relay: string } =>
  JSON.parse(readFileSync(path.join(home, "cli", "config.json"), "utf8")) as { relay: string };
