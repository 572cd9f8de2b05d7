import { createControlClient, type EdgeEvent } from "@cmdop/edge";
import { FakeClock, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";

// One story over the real APIs, on a clock of its own: what a relay asks keeps its machines on the list.
const clock = new FakeClock(Date.now());
let fixture: ControlFixture;
let owner: TestAccount;
let fleetId: string;
let ids: readonly string[];
let relay: ReturnType<typeof createControlClient>;
let sent = 0;

beforeAll(async () => {
  fixture = await ControlFixture.open({ clock });
  owner = await fixture.addAccount("ada", "owner");
  const body = { name: "Main", slug: "main" };
  fleetId = (await fixture.ask("POST", "/v1/fleets", { token: owner.token, body })).body.id;
  ids = await fixture.addMachines(fleetId, ["one", "two"]);
  const { body: edge } = await fixture.ask("POST", "/v1/edges", {
    token: owner.token,
    body: { name: "relay", kind: "relay" },
  });
  const url = `https://127.0.0.1:${fixture.control.internalPort}`;
  relay = createControlClient({ url, token: edge.secret, caPin: fixture.control.caPin });
}, 120_000);
afterAll(async () => {
  await relay?.close();
  await fixture?.close();
});

const tell = async (...events: EdgeEvent[]): Promise<void> => {
  const receipt = await relay.sendEvents({
    edge: "edg_0000000000000000000000",
    stream: "0000000000000000000000",
    first: sent + 1,
    events,
  });
  sent += events.length;
  expect(receipt).toEqual({ acked: sent, refused: [] });
};
const online = (machineId: string): EdgeEvent => ({
  kind: "machine",
  change: "online",
  atMs: clock.wallMs(),
  fleet: fleetId,
  machineId,
  name: "x",
  reason: "",
  facts: null,
});
const started = (): EdgeEvent => ({ kind: "edge", change: "started", atMs: clock.wallMs() });

const presence = async (): Promise<readonly string[]> => {
  const { body } = await fixture.ask("GET", "/v1/fleets/main/machines", { token: owner.token });
  return body.items.map((machine: { presence: string }) => machine.presence);
};

/** Time goes on in steps; each lets the control plane do its work. `isHeard`: the relay asks every 30 s, as it does. */
const pass = async (ms: number, isHeard: boolean): Promise<void> => {
  for (let doneMs = 0; doneMs < ms; doneMs += 5_000) {
    if (isHeard && doneMs % 30_000 === 0) await relay.fleets(undefined);
    clock.advance(5_000);
    await presence();
  }
};

it("stay while their relay is heard of, however long they say nothing", async () => {
  await tell(started(), ...ids.map(online));
  expect(await presence()).toEqual(["online", "online"]);
  await pass(240_000, true);
  expect(await presence()).toEqual(["online", "online"]);
});

it("are offline 90 seconds after their relay was heard of last, and online again when it names them", async () => {
  await relay.fleets(undefined);
  await pass(80_000, false);
  expect(await presence()).toEqual(["online", "online"]);
  await pass(40_000, false);
  await waitFor(async () => (await presence()).join() === "offline,offline", { what: "the sweep" });
  await tell(...ids.map(online));
  expect(await presence()).toEqual(["online", "online"]);
});

it("are offline when their relay started anew and does not name them within 90 seconds", async () => {
  clock.advance(1_000);
  await tell(started());
  clock.advance(1_000);
  await tell(online(ids[1] ?? ""));
  await pass(80_000, true);
  expect(await presence()).toEqual(["online", "online"]);
  await pass(40_000, true);
  await waitFor(async () => (await presence()).join() === "offline,online", { what: "the sweep" });
});

it("are not judged by a control plane that was itself away", async () => {
  // As a process that was stopped for ten minutes: nobody could be heard.
  clock.advance(600_000);
  await pass(60_000, false);
  expect(await presence()).toEqual(["offline", "online"]);
  await pass(60_000, true);
  expect(await presence()).toEqual(["offline", "online"]);
});
