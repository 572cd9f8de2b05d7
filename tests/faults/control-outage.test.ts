// The control plane is away while sessions run. Of the first stack the tests are steps of one story: its control plane
// is stopped, killed, and stopped again with a strict fleet.
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Client, createClient, createControlClient, type Ticket } from "@cmdop/sdk";
import { ControlledStack, FaultProxy, TemporaryPostgres, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCmdopHere } from "../cli/run-cmdop.ts";
import { attachAndRead, LiveSession } from "./live-session.ts";

type Control = ReturnType<typeof createControlClient>;

/** The key of somebody in a strict fleet of its own. Relays that start later know the fleet. */
const addStrictFleet = async (control: Control): Promise<string> => {
  const fleet = "strict";
  await control.POST("/v1/fleets", { body: { name: "Strict", slug: fleet } });
  const params = { path: { fleet } };
  await control.PATCH("/v1/fleets/{fleet}", {
    params,
    headers: { "if-match": '"1"' },
    body: { outagePolicy: "strict" },
  });
  const made = await control.POST("/v1/fleets/{fleet}/keys", { params, body: { name: "strict" } });
  return made.data?.secret ?? "";
};

/** Resolves when the relay refuses them because it hears nothing of revocations, or takes them again. */
const untilStrict = (client: Client, outcome: "refused" | "taken"): Promise<boolean> =>
  waitFor(
    () =>
      client.machines.list().then(
        () => outcome === "taken",
        (error: { code?: string }) => outcome === "refused" && error.code === "authority_unavailable",
      ),
    { what: `a strict fleet's key ${outcome}`, timeoutMs: 20_000, everyMs: 500 },
  );

/** The sessions of these audit entries, in the order of their ids. */
const sessionsNoted = async (control: Control, fleet: string, action: string): Promise<readonly string[]> => {
  const { data } = await control.GET("/v1/fleets/{fleet}/audit", {
    params: { path: { fleet }, query: { action, limit: 200 } },
  });
  return (data?.items ?? []).map(({ target }) => target?.id ?? "").toSorted();
};

describe("the control plane stopped and killed while a session runs", () => {
  let stack: ControlledStack;
  let client: Client;
  let strict: Client;
  let live: LiveSession;
  let ticket: Ticket;
  let unseenKey: string;
  let revokedKey: string;
  /** As the strict fleet's key was made and seen, in a fleet that is not. */
  let usual: Client;
  let silent: string;
  let openedByApi: string;
  const clients: Client[] = [];

  const open = (token?: string): Client => {
    // Who made the strict fleet is in both, and says which. A key is in one.
    const as = token === undefined ? { fleet: stack.fleet } : { token };
    const opened = createClient({ ...stack.clientOptions, ...as });
    clients.push(opened);
    return opened;
  };
  const control = () => createControlClient(stack.controlOptions);
  const inFleet = () => ({ params: { path: { fleet: stack.fleet } } });
  const catalogue = async () =>
    (await control().GET("/v1/fleets/{fleet}/sessions", inFleet())).data?.items ?? [];

  /** A key that the relay let in, and then heard the end of. */
  const seenAndRevoked = async (): Promise<string> => {
    const made = await control().POST("/v1/fleets/{fleet}/keys", { ...inFleet(), body: { name: "revoked" } });
    const { id = "", secret = "" } = { id: made.data?.id, secret: made.data?.secret };
    expect((await open(secret).machines.list()).length).toBe(1);
    await control().DELETE("/v1/fleets/{fleet}/keys/{key}", {
      params: { path: { fleet: stack.fleet, key: id } },
    });
    await waitFor(
      () =>
        open(secret)
          .machines.list()
          .then(
            () => false,
            (error: { code?: string }) => error.code === "token_revoked",
          ),
      { what: "the revocation at the relay", everyMs: 100 },
    );
    return secret;
  };

  beforeAll(async () => {
    stack = await ControlledStack.start({ parts: [] });
    strict = open(await addStrictFleet(control()));
    await stack.startRelay();
    stack.processes.spawn("agent");
    await stack.processes.untilLinked();
    client = open();
    live = await LiveSession.start(client);
    silent = (await client.open({ argv: ["sleep", "600"] })).session.id;
    await waitFor(async () => (await catalogue()).length === 2, {
      what: "the catalogue",
      timeoutMs: 10_000,
      everyMs: 100,
    });
    const issued = await control().POST("/v1/sessions/{session}/tickets", {
      params: { path: { session: live.id } },
      body: { role: "operator", validSeconds: 600 },
    });
    ticket = {
      token: issued.data?.secret ?? "",
      sessionId: live.id,
      role: "operator",
      expiresAtMs: Date.parse(issued.data?.expiresAt ?? ""),
    };
    const made = await control().POST("/v1/fleets/{fleet}/keys", { ...inFleet(), body: { name: "unseen" } });
    unseenKey = made.data?.secret ?? "";
    const { data } = await control().POST("/v1/fleets/{fleet}/keys", {
      ...inFleet(),
      body: { name: "usual" },
    });
    usual = open(data?.secret ?? "");
    revokedKey = await seenAndRevoked();
    await untilStrict(strict, "taken");
    await usual.machines.list();
    await live.untilFlowing();
  }, 120_000);

  afterAll(async () => {
    for (const opened of clients) await opened.dispose();
    await stack?.close();
  }, 60_000);

  it("stopped, so that it takes connections and answers nothing: who was seen lately attaches, and who opened a session by the API", async () => {
    const { data: opened } = await control().POST("/v1/sessions", {
      body: { fleet: stack.fleet, kind: "command", shell: "while :; do seq 500; sleep 0.1; done" },
    });
    await stack.processes.signal("control", "SIGSTOP");
    for (let round = 0; round < 3; round += 1) await live.untilFlowing();
    expect(await attachAndRead(client, live.id)).toBeGreaterThan(5_000);
    // Nothing but the answer is needed: from there on the relay is asked alone.
    const { relays = [], relayCaPin, sessionId = "", secret = "", expiresAt = "" } = opened ?? {};
    const guest = createClient({ relay: relays, token: secret, ca: { pin: relayCaPin ?? "" } });
    clients.push(guest);
    expect(
      await attachAndRead(guest, {
        token: secret,
        sessionId,
        role: "operator",
        expiresAtMs: Date.parse(expiresAt),
      }),
    ).toBeGreaterThan(5_000);
    const beganMs = performance.now();
    const machines = await runCmdopHere(stack.home, ["machines", "--fleet", stack.fleet]);
    // Three seconds for the control plane, and the time of a program's start on a busy machine.
    expect(performance.now() - beganMs).toBeLessThan(10_000);
    expect([machines.code, machines.stdout.split("\t").slice(0, 2)]).toEqual([0, ["testbench", "online"]]);
    expect(machines.stderr).toBe(
      "The control plane does not answer: these are the machines that the relay knows.\n",
    );
    await stack.processes.signal("control", "SIGCONT");
    await client.close(sessionId);
    openedByApi = sessionId;
    await live.untilFlowing();
    expect(live.refused).toEqual([]);
  });

  it("killed: a live session does not notice", async () => {
    await untilStrict(strict, "taken");
    await stack.processes.signal("control", "SIGKILL");
    await live.untilFlowing();
    await live.untilFlowing();
  });

  it("a strict fleet's key that was just taken is refused, and beside it one of a fleet that is not strict is taken", async () => {
    await untilStrict(strict, "refused");
    expect((await usual.machines.list()).map(({ name }) => name)).toEqual(["testbench"]);
    expect(await attachAndRead(usual, live.id)).toBeGreaterThan(5_000);
    await untilStrict(strict, "refused");
  });

  it("who was seen lately attaches, and opens sessions, as best_effort allows", async () => {
    expect(await attachAndRead(open(), live.id)).toBeGreaterThan(5_000);
    const ran = await client.run({ argv: ["sh", "-c", "exit 5"] });
    expect(ran.code).toBe(5);
  });

  it("who holds a signed ticket attaches", async () => {
    expect(await attachAndRead(open(), ticket)).toBeGreaterThan(5_000);
  });

  it("a key that was never seen is refused, and the refusal says why", async () => {
    await expect(open(unseenKey).sessions.list()).rejects.toMatchObject({ code: "authority_unavailable" });
  });

  it("a relay killed and started inside the outage goes on from its disk: link, session, tickets", async () => {
    await stack.processes.signal("relay", "SIGKILL");
    await stack.startRelay();
    await live.untilFlowing();
    expect(await attachAndRead(open(), ticket)).toBeGreaterThan(5_000);
  });

  it("the relay started inside the outage knows whom it knew: by the login, not by what is unknown or revoked", async () => {
    expect((await open().machines.list()).map(({ name }) => name)).toEqual(["testbench"]);
    expect(await attachAndRead(open(), live.id)).toBeGreaterThan(5_000);
    await expect(open(unseenKey).sessions.list()).rejects.toMatchObject({ code: "authority_unavailable" });
    await expect(open(revokedKey).sessions.list()).rejects.toMatchObject({ code: "token_revoked" });
    expect((await usual.machines.list()).map(({ name }) => name)).toEqual(["testbench"]);
    await untilStrict(strict, "refused");
  });

  it("cmdop machines tells of those that the relay knows, and says so", async () => {
    const list = (...options: string[]) =>
      runCmdopHere(stack.home, ["machines", "--fleet", stack.fleet, ...options]);
    const { code, stdout, stderr } = await list("--presence", "online");
    expect([code, stdout.split("\t").slice(0, 2)]).toEqual([0, ["testbench", "online"]]);
    expect(stderr).toContain("The control plane does not answer");
    expect((await list("--presence", "offline")).stdout).toBe("");
    const tagged = await list("--tag", "web");
    expect([tagged.code === 0, tagged.stdout]).toEqual([false, ""]);
  });

  it("when the control plane is back, catalogue and log are complete, and nothing was lost", async () => {
    await stack.startControl();
    await live.end();
    await waitFor(
      async () => {
        const states = (await catalogue()).map(({ state }) => state).sort();
        return states.join() === "ended,ended,ended,live";
      },
      { what: "the whole catalogue", timeoutMs: 30_000, everyMs: 100 },
    );
    const sessions = await catalogue();
    const inside = sessions.find(({ exitCode }) => exitCode === 5);
    expect(inside).toMatchObject({ state: "ended", program: "sh", openedBy: "tester" });
    expect(sessions.find(({ id }) => id === silent)?.state).toBe("live");
    expect(inside?.recording).toMatchObject({
      state: "kept",
      from: 0,
      to: inside?.outputBytes,
      goneAt: null,
    });
    const keptMs = Date.parse(inside?.recording?.until ?? "") - Date.parse(inside?.endedAt ?? "");
    expect(keptMs).toBe(7 * 24 * 3_600_000);
    await client.close(inside?.id ?? "", { forget: true });
    await waitFor(
      async () => (await catalogue()).find(({ id }) => id === inside?.id)?.recording?.state === "gone",
      { what: "the recording to be gone", timeoutMs: 10_000, everyMs: 100 },
    );
    const noted = (action: string) => sessionsNoted(control(), stack.fleet, action);
    expect(await noted("session.open")).toEqual(sessions.map(({ id }) => id).toSorted());
    expect(await noted("session.end")).toEqual([live.id, inside?.id ?? "", openedByApi].toSorted());
    await untilStrict(strict, "taken");
  });

  it("a strict fleet attaches nobody while revocations cannot be heard; who is attached stays", async () => {
    const { data: fleet } = await control().GET("/v1/fleets/{fleet}", inFleet());
    await control().PATCH("/v1/fleets/{fleet}", {
      ...inFleet(),
      headers: { "if-match": `"${fleet?.version}"` },
      body: { outagePolicy: "strict" },
    });
    // A relay asks for the fleets when it starts.
    await stack.processes.signal("relay", "SIGKILL");
    await stack.startRelay();
    const fleets = path.join(stack.home, "relay", "edge", "fleets.json");
    await waitFor(() => readFileSync(fleets, "utf8").includes('"strict"'), {
      what: "the policy at the relay",
    });
    await waitFor(async () => (await client.machines.list()).length === 1, {
      what: "the machine at the new relay",
      timeoutMs: 20_000,
      everyMs: 100,
    });
    const attached = await LiveSession.start(client);
    await attached.untilFlowing();
    await stack.processes.signal("control", "SIGSTOP");
    await waitFor(
      () =>
        open()
          .attach(attached.id)
          .then(
            async (another) => {
              await another.detach();
              return false;
            },
            (error: { code?: string }) => error.code === "authority_unavailable",
          ),
      { what: "the refusal", timeoutMs: 15_000, everyMs: 500 },
    );
    await attached.untilFlowing();
    expect(attached.refused).toEqual([]);
    await stack.processes.signal("control", "SIGCONT");
    await waitFor(
      () =>
        attachAndRead(open(), attached.id).then(
          () => true,
          () => false,
        ),
      { what: "an attachment again", timeoutMs: 20_000, everyMs: 500 },
    );
    await attached.end();
  });
});

// What follows has stacks of its own and waits for time to pass: beside one another.
describe.concurrent("the control plane answering after five seconds", () => {
  it("nothing that is known waits for it, also at a relay started meanwhile; what is unknown is refused in time", async () => {
    const stack = await ControlledStack.start({ parts: [] });
    const slow = await FaultProxy.open(new URL(stack.internalUrl).host);
    // Who made the strict fleet is in both.
    const client = createClient({ ...stack.clientOptions, fleet: stack.fleet });
    const control = createControlClient(stack.controlOptions);
    const params = { path: { fleet: stack.fleet } };
    const strict = createClient({ ...stack.clientOptions, token: await addStrictFleet(control) });
    const startRelay = async (): Promise<void> => {
      stack.processes.spawn("relay", { CMDOP_CONTROL_URL: `https://${slow.address}` });
      await stack.processes.untilRelayReady(stack.relay);
    };
    try {
      await startRelay();
      stack.processes.spawn("agent");
      await waitFor(
        () =>
          client.machines.list().then(
            ([machine]) => machine?.presence === "online",
            () => false,
          ),
        { what: "the machine at the relay", timeoutMs: 30_000, everyMs: 200 },
      );
      await untilStrict(strict, "taken");
      const live = await LiveSession.start(client);
      await live.untilFlowing();
      const { data } = await control.POST("/v1/fleets/{fleet}/keys", {
        params,
        body: { name: "unseen" },
      });
      slow.delay(5_000);
      for (let round = 0; round < 3; round += 1) await live.untilFlowing();
      expect(await attachAndRead(client, live.id)).toBeGreaterThan(5_000);
      expect((await client.run({ argv: ["true"] })).code).toBe(0);
      const stranger = createClient({ ...stack.clientOptions, token: data?.secret ?? "" });
      await expect(stranger.sessions.list()).rejects.toMatchObject({ code: "authority_unavailable" });
      await untilStrict(strict, "refused");
      await stack.processes.signal("relay", "SIGKILL");
      await startRelay();
      await live.untilFlowing();
      expect(await attachAndRead(client, live.id)).toBeGreaterThan(5_000);
      await expect(stranger.sessions.list()).rejects.toMatchObject({ code: "authority_unavailable" });
      slow.delay(0);
      await untilStrict(strict, "taken");
      await waitFor(
        () =>
          stranger.sessions.list().then(
            () => true,
            () => false,
          ),
        { what: "the key, now that the control plane answers", timeoutMs: 20_000, everyMs: 500 },
      );
      await stranger.dispose();
      await live.end();
      const ended = async () =>
        (await control.GET("/v1/fleets/{fleet}/sessions", { params })).data?.items
          .filter(({ state }) => state === "ended")
          .map(({ id }) => id)
          .toSorted() ?? [];
      await waitFor(async () => (await ended()).length === 2, {
        what: "the whole catalogue",
        timeoutMs: 30_000,
        everyMs: 100,
      });
      expect(await sessionsNoted(control, stack.fleet, "session.open")).toEqual(await ended());
      expect(await sessionsNoted(control, stack.fleet, "session.end")).toEqual(await ended());
    } finally {
      await strict.dispose();
      await client.dispose();
      await slow.close();
      await stack.close();
    }
  });
});

describe.skipIf(!TemporaryPostgres.isInstalled())("the database alone away", { concurrent: true }, () => {
  it("sessions flow, whom the relay knows attaches, also to one started inside, and what was noted meanwhile arrives", async () => {
    const postgres = await TemporaryPostgres.start();
    const stack = await ControlledStack.start({
      databaseUrl: postgres.tcpUrl(await postgres.createDatabase()),
      parts: [],
    });
    // Who made the strict fleet is in both.
    const client = createClient({ ...stack.clientOptions, fleet: stack.fleet });
    const control = createControlClient(stack.controlOptions);
    const strict = createClient({ ...stack.clientOptions, token: await addStrictFleet(control) });
    try {
      await stack.startRelay();
      stack.processes.spawn("agent");
      await stack.processes.untilLinked();
      await untilStrict(strict, "taken");
      const live = await LiveSession.start(client);
      await live.untilFlowing();
      const inFleet = { params: { path: { fleet: stack.fleet } } };
      const { data: unseen } = await control.POST("/v1/fleets/{fleet}/keys", {
        ...inFleet,
        body: { name: "unseen" },
      });
      const controlPid = stack.processes.pidOf("control");
      await postgres.kill();
      await expect(control.GET("/v1/fleets")).rejects.toMatchObject({ code: "storage_unavailable" });
      await live.untilFlowing();
      expect(await attachAndRead(client, live.id)).toBeGreaterThan(5_000);
      expect((await client.run({ argv: ["sh", "-c", "exit 5"] })).code).toBe(5);
      const stranger = createClient({ ...stack.clientOptions, token: unseen?.secret ?? "" });
      await expect(stranger.sessions.list()).rejects.toMatchObject({ code: "authority_unavailable" });
      await stranger.dispose();
      // The control plane lives and cannot hear what is revoked: it does not say that it does.
      await untilStrict(strict, "refused");
      await stack.processes.signal("relay", "SIGKILL");
      await stack.startRelay();
      await live.untilFlowing();
      expect(await attachAndRead(client, live.id)).toBeGreaterThan(5_000);
      await postgres.resume();
      await waitFor(
        () =>
          control.GET("/v1/fleets").then(
            () => true,
            () => false,
          ),
        { what: "the API", timeoutMs: 20_000, everyMs: 200 },
      );
      expect(stack.processes.pidOf("control")).toBe(controlPid);
      expect((await client.run({ argv: ["true"] })).code).toBe(0);
      await live.end();
      const ended = async () =>
        (await control.GET("/v1/fleets/{fleet}/sessions", inFleet)).data?.items.filter(
          ({ state }) => state === "ended",
        ) ?? [];
      await waitFor(async () => (await ended()).length === 3, {
        what: "the whole catalogue",
        timeoutMs: 30_000,
        everyMs: 100,
      });
      const sessions = await ended();
      expect(sessions.map(({ exitCode }) => exitCode)).toContain(5);
      const ids = sessions.map(({ id }) => id).toSorted();
      expect(await sessionsNoted(control, stack.fleet, "session.open")).toEqual(ids);
      expect(await sessionsNoted(control, stack.fleet, "session.end")).toEqual(ids);
      await untilStrict(strict, "taken");
    } catch (error) {
      console.error(stack.processes.logOf("control").split("\n").slice(-8).join("\n"));
      throw error;
    } finally {
      await strict.dispose();
      await client.dispose();
      await stack.close();
      await postgres.close();
    }
  });
});
