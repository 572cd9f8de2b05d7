import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createPrivateKey25519,
  machineFingerprint,
  machineLeft,
  mintOpaqueToken,
  rawPublicKey,
} from "@cmdop/authority";
import { type FailureCode, newMachineId } from "@cmdop/base";
import { FakeControl } from "@cmdop/edge/testing";
import { OperatorService, SessionKind } from "@cmdop/protocol";
import { type Channel, type Metadata, toMetadata, unaryCall } from "@cmdop/protocol/grpc";
import { createServiceLog } from "@cmdop/service";
import { FakeAgent, FakeSession, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "./config.ts";
import { openRelay as openRelayProcess } from "./server.ts";
import { RelayFixture } from "./testing/relay-fixture.ts";

const { method } = OperatorService;
let control: FakeControl;
let fixture: RelayFixture;
let channel: Channel;
let machineId: string;

const openRelay = async (): Promise<void> => {
  fixture = await RelayFixture.open({
    prepare: async (dir) => {
      const { url, certificates } = control;
      await writeFile(join(dir, "control.json"), JSON.stringify({ url, caPin: certificates.caPin }));
      await writeFile(join(dir, "edge.token"), `${control.edgeToken}\n`, { mode: 0o600 });
    },
  });
};

beforeEach(async () => {
  control = await FakeControl.open();
  await openRelay();
  channel = await fixture.channel();
  machineId = newMachineId();
});
afterEach(async () => {
  await fixture.close();
  await control.close();
});

const linkAgent = async (): Promise<FakeAgent> => {
  const key = createPrivateKey25519();
  const keyFingerprint = machineFingerprint(rawPublicKey(key));
  const token = await control.mintMachine({ machineId, keyFingerprint });
  const link = (): Promise<FakeAgent> =>
    FakeAgent.link({
      address: fixture.address,
      tls: fixture.tls,
      key,
      token,
      sessions: [new FakeSession({ name: "main" })],
    });
  // Until the relay has the control plane's keys.
  const agent = await waitFor(async () => link().catch(() => undefined), { what: "the link" });
  fixture.add(() => agent.close());
  return agent;
};

const as = (token: string, fleet?: string): { metadata: Metadata } => ({
  metadata: toMetadata({
    authorization: `Bearer ${token}`,
    ...(fleet === undefined ? {} : { "x-cmdop-fleet": fleet }),
  }),
});

const codeOf = async (attempt: Promise<unknown>): Promise<FailureCode | "done"> => {
  try {
    await attempt;
    return "done";
  } catch (error) {
    return (error as { code: FailureCode }).code;
  }
};

const open = (token: string, fleet?: string) =>
  unaryCall(
    channel,
    method.openSession,
    { machine: machineId, spec: { kind: SessionKind.TERMINAL, argv: ["vi", "secret-argument"] } },
    as(token, fleet),
  );

describe("a relay with a control plane", () => {
  it("takes its machines and operators, in the fleet that they name, and tells what happened", async () => {
    await linkAgent();
    const { token, id } = control.issue("cli");
    const { session } = await open(token, "main");
    expect(await codeOf(open(token, "other"))).toBe("permission_denied");
    await waitFor(
      () => control.events.some((event) => event.kind === "session" && event.change === "opened"),
      { what: "the catalogue" },
    );
    const opened = control.events.find((event) => event.kind === "session" && event.change === "opened");
    expect(opened).toMatchObject({
      fleet: "flt_main",
      sessionId: session?.sessionId,
      machineId,
      session: { program: "vi", state: "live" },
      by: { name: "ann", accountId: "acc_ann", tokenId: id },
    });
    expect(control.events[0]).toMatchObject({ kind: "edge", change: "started" });
    const online = control.events.find((event) => event.kind === "machine");
    expect(online).toMatchObject({ change: "online", machineId, fleet: "flt_main" });
    const versions = control.events.flatMap((event) => (event.kind === "session" ? [event.version] : []));
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
    expect(JSON.stringify(control.events)).not.toContain("secret-argument");
  });

  it("a machine that may be observed only is seen, and nothing is opened or ticketed for writing there", async () => {
    await linkAgent();
    const { token } = control.issue("cli", {
      relay: { role: "operator", actor: "human", machines: [], observedMachines: [machineId] },
    });
    const listed = await unaryCall(channel, method.listSessions, {}, as(token));
    expect(listed.sessions.map(({ name }) => name)).toEqual(["main"]);
    expect(await codeOf(open(token))).toBe("permission_denied");
    expect(await codeOf(unaryCall(channel, method.closeSession, { session: "main" }, as(token)))).toBe(
      "permission_denied",
    );
    const { ticket } = await unaryCall(channel, method.issueTicket, { session: "main" }, as(token));
    const writing = unaryCall(channel, method.issueTicket, { session: "main", role: 1 }, as(token));
    expect(ticket?.role).toBe(2);
    expect(await codeOf(writing)).toBe("permission_denied");
  });

  it("a revocation of a machine ends its link", async () => {
    await linkAgent();
    expect(fixture.relay.stats().links).toBe(1);
    control.revoke([machineId]);
    await waitFor(() => fixture.relay.stats().links === 0, { what: "the link to end", timeoutMs: 1000 });
  });

  it("a machine that was removed is no candidate any more, at once", async () => {
    const { token } = control.issue("cli");
    const names = async () =>
      (await unaryCall(channel, method.listMachines, {}, as(token))).machines.map(({ machineId: id }) => id);
    const agent = await linkAgent();
    control.revoke([machineId]);
    await waitFor(() => fixture.relay.stats().links === 0, { what: "the link to end" });
    // Renamed, shut out: it is still one of the fleet.
    expect(await names()).toEqual([machineId]);
    await agent.close();
    control.revoke([machineId, machineLeft("flt_other", machineId)]);
    control.revoke([machineId, machineLeft("flt_main", machineId)]);
    await waitFor(async () => (await names()).length === 0, { what: "the relay to forget it" });
  });

  it("names a flood of unknown tokens, asks about few of them, and still takes who is known", async () => {
    const { token } = control.issue("cli");
    await linkAgent();
    expect(await codeOf(open(token))).toBe("done");
    const asked = control.calls.introspect;
    const codes = new Set<string>();
    for (let round = 0; round < 60; round += 1) codes.add(await codeOf(open(mintOpaqueToken("cli").token)));
    expect([...codes]).toEqual(["unauthenticated", "too_many_unknown_tokens"]);
    expect(control.calls.introspect - asked).toBeLessThan(60);
    expect(await codeOf(open(token))).toBe("done");
  });

  it("refusals reach the control plane, gathered", async () => {
    const { token } = control.issue("jon");
    for (let round = 0; round < 5; round += 1) await codeOf(open(token));
    await fixture.relay.close();
    await openRelayAgain();
    await waitFor(() => control.events.some(({ kind }) => kind === "denial"), { what: "the denial" });
    expect(control.events.filter(({ kind }) => kind === "denial")).toMatchObject([
      { what: "openSession", code: "unauthenticated", count: 5, peer: "127.0.0.1" },
    ]);
  });
});

/** Another relay on the same home: it delivers what the first could not. */
const openRelayAgain = async (): Promise<void> => {
  const parsed = parseConfig({}, fixture.dir);
  if (parsed.kind !== "config") throw new Error(parsed.problems.join());
  const relay = await openRelayProcess({
    config: { ...parsed.config, dir: fixture.dir, port: 0, metricsPort: undefined },
    log: createServiceLog("relay", "silent", { write: () => undefined }),
  });
  fixture.add(() => relay.close());
};
