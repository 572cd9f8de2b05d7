import { AgentService, OperatorService } from "@cmdop/protocol";
import { toMetadata, unaryCall } from "@cmdop/protocol/grpc";
import { FakeClock, FakeSession, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RawAttachment } from "./testing/raw-attachment.ts";
import { RelayFixture } from "./testing/relay-fixture.ts";

let fixture: RelayFixture;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock(Date.now());
  fixture = await RelayFixture.open({
    clock,
    transport: { keepaliveIntervalMs: 1e9 },
    config: { moveTo: ["relay-2.example.org:63142"] },
  });
});

afterEach(async () => {
  await fixture.close();
});

const metric = async (path: string): Promise<[number, string]> => {
  const response = await fetch(`http://127.0.0.1:${fixture.relay.metricsPort}${path}`);
  return [response.status, await response.text()];
};

describe("a relay that drains", () => {
  it("tells all to move, serves what runs, takes nothing new, and ends when they have gone", async () => {
    const session = new FakeSession();
    const agent = await fixture.agent({ sessions: [session] });
    await waitFor(() => session.homes.size === 1);
    const channel = await fixture.channel();
    const { token } = await fixture.ticket(session.sessionId);
    const frame = { sessionId: session.sessionId, fromOffset: 0n };
    const attachment = await RawAttachment.attach(channel, token, frame);
    expect(await metric("/readyz")).toEqual([200, "ready\n"]);

    let isOver = false;
    const drained = fixture.relay.drain().then(() => {
      isOver = true;
    });
    const move = { relays: ["relay-2.example.org:63142"], withinMs: 10_000 };
    expect(await attachment.frame("move")).toMatchObject(move);
    await waitFor(() => agent.received.some((body) => body.case === "move"));
    expect(await metric("/readyz")).toEqual([503, "draining\n"]);
    expect(await metric("/healthz")).toEqual([200, "ok\n"]);

    session.write("still served");
    await waitFor(() => attachment.output === "still served");
    await expect(RawAttachment.attach(channel, token, frame)).rejects.toMatchObject({ code: "draining" });
    await expect(fixture.channel()).rejects.toMatchObject({ code: "unavailable" });

    attachment.detach();
    await agent.close();
    await waitFor(() => {
      clock.advance(50);
      return isOver;
    });
    await drained;
  });

  it("ends what does not go within its time", async () => {
    const session = new FakeSession();
    const agent = await fixture.agent({ sessions: [session] });
    await waitFor(() => session.homes.size === 1);
    const { token } = await fixture.ticket(session.sessionId);
    const attachment = await RawAttachment.attach(await fixture.channel(), token, {
      sessionId: session.sessionId,
      fromOffset: 0n,
    });
    let isOver = false;
    const drained = fixture.relay.drain().then(() => {
      isOver = true;
    });
    await attachment.frame("move");
    clock.advance(9_900);
    session.write("late");
    await waitFor(() => attachment.output === "late");
    expect(isOver).toBe(false);
    await waitFor(() => {
      clock.advance(50);
      return isOver;
    });
    await drained;
    expect(await attachment.closed).toMatchObject({ code: "draining" });
    expect(await agent.closed).toMatchObject({ code: "draining" });
  });
});

describe("the metrics", () => {
  it("count what happens, in labels of closed sets, and hold no name, id or byte of a session", async () => {
    const session = new FakeSession({ name: "secretname" });
    await fixture.agent({ name: "secretmachine", sessions: [session] });
    await waitFor(() => session.homes.size === 1);
    const channel = await fixture.channel();
    const { token } = await fixture.ticket(session.sessionId, { operator: "secretperson", role: "observer" });
    const attachment = await RawAttachment.attach(channel, token, { sessionId: session.sessionId });
    session.write("secretoutput");
    attachment.input("secretinput");
    await attachment.frame("inputAck");
    await waitFor(() => attachment.output.includes("secretoutput") || attachment.all("snapshot").length > 0);
    await unaryCall(channel, OperatorService.method.listSessions, {}).catch(() => undefined);
    const bad = new RawAttachment(channel, "bad-token");
    await bad.closed;
    const [status, text] = await metric("/metrics");
    expect(status).toBe(200);
    expect(text).toContain("cmdop_relay_links 1\n");
    expect(text).toContain("cmdop_relay_attachments 1\n");
    expect(text).toMatch(/^cmdop_relay_certificate_expires_seconds 34[23]\d{5}/m);
    expect(text).toContain("cmdop_relay_live_sessions 1\n");
    expect(text).toContain('cmdop_relay_inputs_refused_total{reason="observer"} 1\n');
    expect(text).toContain('cmdop_relay_faults_total{code="unauthenticated"} 2\n');
    expect(text).toMatch(/cmdop_relay_output_bytes_total 12\n/);
    expect(text).toMatch(/cmdop_relay_process_nodejs_eventloop_lag_p99_seconds /);
    expect(text).not.toMatch(/secret|ses_|mch_|att_/);
    expect(JSON.stringify(fixture.lines)).not.toMatch(/secretoutput|secretinput|bad-token|eyJ/);
  });

  it("are read, beside health pages, and nothing else is there", async () => {
    expect((await metric("/"))[0]).toBe(404);
    const response = await fetch(`http://127.0.0.1:${fixture.relay.metricsPort}/metrics`, { method: "POST" });
    expect(response.status).toBe(405);
  });
});

describe("standard tools", () => {
  it("find the services by reflection and health", async () => {
    const channel = await fixture.channel();
    const health = await channel.unary("/grpc.health.v1.Health/Check", new Uint8Array(0));
    expect(Buffer.from(health.message)).toEqual(Buffer.from([8, 1]));
    const reflection = channel.open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    const answer = new Promise<string>((resolve) => {
      reflection.handle({ message: (message) => resolve(message.toString("latin1")) });
    });
    // list_services = "*"
    reflection.send(Buffer.from([0x3a, 1, 0x2a]));
    const text = await answer;
    const names = [AgentService.typeName, OperatorService.typeName, "grpc.health.v1.Health"];
    expect(names.filter((name) => !text.includes(name))).toEqual([]);
    reflection.cancel();
  });

  it("are told what is not there", async () => {
    const channel = await fixture.channel();
    const metadata = toMetadata({ authorization: "Bearer x" });
    await expect(
      channel.unary("/cmdop.live.v1.OperatorService/Nothing", new Uint8Array(0), { metadata }),
    ).rejects.toMatchObject({
      code: "unimplemented",
    });
  });
});
