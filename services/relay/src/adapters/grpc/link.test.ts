import { appendRevocation, createPrivateKey25519, rawPublicKey, signLinkProof } from "@cmdop/authority";
import type { FailureCode } from "@cmdop/base";
import { AgentService, OperatorService, type Register } from "@cmdop/protocol";
import { fromCallStatus, pathOf, toMetadata, unaryCall } from "@cmdop/protocol/grpc";
import { type FakeAgent, FakeClock, FakeSession, type RegisterInit, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RelayFixture } from "../../testing/relay-fixture.ts";

/** A register message's fields without those that mark a message. */
type RegisterFields = Pick<Register, "publicKey" | "signature">;

let fixture: RelayFixture;

beforeEach(async () => {
  fixture = await RelayFixture.open();
});

afterEach(async () => {
  await fixture.close();
});

const machinesOf = async (relay: RelayFixture): Promise<unknown[]> => {
  const channel = await relay.channel();
  const { token } = await relay.operatorToken();
  const { machines } = await unaryCall(
    channel,
    OperatorService.method.listMachines,
    {},
    { metadata: toMetadata({ authorization: `Bearer ${token}` }) },
  );
  return machines.map(({ name, presence, facts }) => [name, presence, facts?.hostname]);
};

describe("a machine is registered", () => {
  it("with its facts, once it proved its key", async () => {
    const agent = await fixture.agent({ name: "build-1" });
    expect(await machinesOf(fixture)).toEqual([["build-1", 1, "fake.example.org"]]);
    agent.goodbye();
    await waitFor(
      async () => JSON.stringify(await machinesOf(fixture)) === '[["build-1",3,"fake.example.org"]]',
    );
  });

  it("with escape sequences taken out of what it says of itself", async () => {
    const session = new FakeSession({
      name: "a\u001b]0;evil\u0007b",
      title: "\u001b[2Jtitle",
      cwd: "/x\u202ey",
    });
    await fixture.agent({ facts: { hostname: "h\u001b[31most" }, sessions: [session] });
    expect(await machinesOf(fixture)).toEqual([["build-1", 1, "h[31most"]]);
    const channel = await fixture.channel();
    const { token } = await fixture.operatorToken();
    const { sessions } = await unaryCall(
      channel,
      OperatorService.method.listSessions,
      {},
      { metadata: toMetadata({ authorization: `Bearer ${token}` }) },
    );
    expect(sessions.map(({ name, title, cwd }) => [name, title, cwd])).toEqual([
      ["a]0;evilb", "[2Jtitle", "/xy"],
    ]);
  });

  it("and seen offline after 90 s without a heartbeat, waiting before", async () => {
    const clock = new FakeClock(Date.now());
    const relay = await RelayFixture.open({ clock, transport: { keepaliveIntervalMs: 1e9 } });
    try {
      const agent = await relay.agent();
      clock.advance(80_000);
      agent.heartbeat();
      await waitFor(() => relay.relay.stats().links === 1);
      // The heartbeat has been read once a later message was answered.
      await machinesOf(relay);
      clock.advance(80_000);
      expect(await machinesOf(relay)).toEqual([["build-1", 1, "fake.example.org"]]);
      clock.advance(11_000);
      expect(await machinesOf(relay)).toEqual([["build-1", 3, "fake.example.org"]]);
      expect(await agent.closed).toMatchObject({ code: "timed_out" });
    } finally {
      await relay.close();
    }
  });
});

describe("a second link of the same machine", () => {
  it("supersedes the first, which is told so, and serves the sessions", async () => {
    const machine = await fixture.machine();
    const first = await fixture.agent({ ...machine, sessions: [new FakeSession()] });
    const session = new FakeSession();
    const second = await fixture.agent({ ...machine, sessions: [session] });
    expect(await first.closed).toMatchObject({ code: "superseded" });
    await waitFor(() => session.homes.size === 1);
    expect(first.received.at(-1)).toMatchObject({ case: "fault", value: { code: "superseded" } });
    expect(fixture.relay.stats().links).toBe(1);
    second.heartbeat();
    expect(await machinesOf(fixture)).toEqual([["build-1", 1, "fake.example.org"]]);
  });
});

describe("a link is refused", () => {
  const codeOf = async (attempt: Promise<FakeAgent>): Promise<FailureCode | "linked"> => {
    try {
      await attempt;
      return "linked";
    } catch (error) {
      return (error as { code: FailureCode }).code;
    }
  };

  const tokens: readonly [string, () => Promise<string>, FailureCode][] = [
    ["with no token to speak of", async () => "x", "unauthenticated"],
    ["with an operator's token", async () => (await fixture.operatorToken()).token, "unauthenticated"],
    [
      "with a token signed by another key",
      async () => {
        const other = await RelayFixture.open();
        const { token } = await other.machine();
        await other.close();
        return token;
      },
      "unauthenticated",
    ],
  ];

  it.each(tokens)("%s", async (_name, tokenOf, code) => {
    const { key } = await fixture.machine();
    expect(await codeOf(fixture.agent({ token: await tokenOf(), key }))).toBe(code);
  });

  const stranger = createPrivateKey25519();
  type Change = (register: RegisterFields, relayId: string, nonce: Uint8Array) => RegisterInit;
  const registers: readonly [string, Change, FailureCode][] = [
    ["without a proof", (register) => ({ ...register, signature: new Uint8Array(0) }), "identity_unproven"],
    [
      "with the proof of a key that the token does not name",
      (register, relayId, nonce) => ({
        ...register,
        publicKey: rawPublicKey(stranger),
        signature: signLinkProof(stranger, relayId, nonce),
      }),
      "identity_unproven",
    ],
    [
      "with its own public key and another's proof",
      (register, relayId, nonce) => ({ ...register, signature: signLinkProof(stranger, relayId, nonce) }),
      "identity_unproven",
    ],
    [
      "with a session id that is none",
      (register) => ({ ...register, sessions: [{ sessionId: "../etc", kind: 1 }] }),
      "invalid_argument",
    ],
    [
      "with a session of no kind",
      (register) => ({ ...register, sessions: [{ ...new FakeSession().hosted(), kind: 0 }] }),
      "invalid_argument",
    ],
    [
      "with an absurd offset",
      (register) => ({ ...register, sessions: [{ ...new FakeSession().hosted(), offset: 1n << 63n }] }),
      "invalid_argument",
    ],
  ];

  it.each(registers)("%s", async (_name, change, code) => {
    const attempt = fixture.agent({
      register: (register, { relayId, nonce }) => change(register as RegisterFields, relayId, nonce),
    });
    expect(await codeOf(attempt)).toBe(code);
    expect(fixture.relay.stats().links).toBe(0);
  });

  it("with a register message recorded from another link: the nonce is used once", async () => {
    const machine = await fixture.machine();
    let recorded: RegisterInit | undefined;
    const first = await fixture.agent({
      ...machine,
      register: (register) => {
        recorded = register;
        return register;
      },
    });
    const replay = fixture.agent({ ...machine, register: (register) => recorded ?? register });
    expect(await codeOf(replay)).toBe("identity_unproven");
    // The link that stands is not disturbed.
    first.heartbeat();
    expect(await machinesOf(fixture)).toEqual([["build-1", 1, "fake.example.org"]]);
  });

  it("when it was revoked", async () => {
    const machine = await fixture.machine();
    const first = await fixture.agent(machine);
    const revoked = { target: machine.machineId, atMs: Date.now() };
    await appendRevocation(fixture.home.paths.revocations, revoked);
    expect(await first.closed).toMatchObject({ code: "token_revoked" });
    expect(await codeOf(fixture.agent(machine))).toBe("token_revoked");
  });

  it("when it has expired", async () => {
    const clock = new FakeClock(Date.now());
    const relay = await RelayFixture.open({ clock, transport: { keepaliveIntervalMs: 1e9 } });
    try {
      const machine = await relay.machine({ validMs: 60_000 });
      clock.advance(61_000);
      expect(await codeOf(relay.agent(machine))).toBe("token_expired");
    } finally {
      await relay.close();
    }
  });

  it("when it says nothing for 10 s", async () => {
    const clock = new FakeClock(Date.now());
    const relay = await RelayFixture.open({ clock, transport: { keepaliveIntervalMs: 1e9 } });
    try {
      const { token } = await relay.machine();
      const channel = await relay.channel();
      const call = channel.open(pathOf(AgentService.method.link), {
        metadata: toMetadata({ authorization: `Bearer ${token}` }),
      });
      let messages = 0;
      call.handle({
        message: () => {
          messages += 1;
        },
      });
      await waitFor(() => messages === 1);
      clock.advance(10_001);
      expect(fromCallStatus(await call.status)).toMatchObject({ code: "timed_out" });
    } finally {
      await relay.close();
    }
  });
});

describe("on a link that stands, a bad message ends that link alone", () => {
  const rows: readonly [string, (agent: FakeAgent) => void, FailureCode][] = [
    ["malformed protobuf", (agent) => agent.sendRaw(Buffer.from([0xff, 0xff, 0xff])), "malformed_message"],
    ["a second register", (agent) => agent.send({ case: "register", value: {} }), "unexpected_message"],
    [
      "text that is not UTF-8",
      (agent) => agent.sendRaw(Buffer.from([0x1a, 3, 0x0a, 1, 0xff])),
      "malformed_message",
    ],
    [
      "an order id beyond 2^53",
      (agent) => agent.send({ case: "orderResult", value: { orderId: (1n << 64n) - 1n } }),
      "invalid_argument",
    ],
    [
      "an oversized message",
      (agent) => agent.sendRaw(Buffer.alloc(4 * 1024 * 1024 + 1)),
      "message_too_large",
    ],
  ];

  it.each(rows)("%s", async (_name, send, code) => {
    const bystander = await fixture.agent({ name: "bystander" });
    const agent = await fixture.agent({ name: "bad" });
    send(agent);
    expect(await agent.closed).toMatchObject({ code });
    await waitFor(() => fixture.relay.stats().links === 1);
    bystander.heartbeat();
    expect(await machinesOf(fixture)).toContainEqual(["bystander", 1, "fake.example.org"]);
  });

  it("and an unknown message is left out", async () => {
    const agent = await fixture.agent();
    agent.sendRaw(Buffer.from([0xfa, 0x3e, 0]));
    agent.heartbeat();
    expect(await machinesOf(fixture)).toEqual([["build-1", 1, "fake.example.org"]]);
    expect(fixture.relay.stats().links).toBe(1);
  });
});
