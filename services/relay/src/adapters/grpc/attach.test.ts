import { appendRevocation } from "@cmdop/authority";
import { type FailureCode, newSessionId } from "@cmdop/base";
import {
  type DeliveryMode,
  encodeFrame,
  InputRefusal,
  LeaseAction,
  limits,
  Role,
  RouteState,
} from "@cmdop/protocol";
import type { Channel } from "@cmdop/protocol/grpc";
import { type FakeAgent, FakeClock, FakeSession, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RawAttachment } from "../../testing/raw-attachment.ts";
import { type OperatorWish, RelayFixture } from "../../testing/relay-fixture.ts";

let fixture: RelayFixture;
let agent: FakeAgent;
let session: FakeSession;
let channel: Channel;

beforeEach(async () => {
  fixture = await RelayFixture.open();
  session = new FakeSession({ name: "main" });
  agent = await fixture.agent({ sessions: [session] });
  await waitFor(() => session.homes.size === 1);
  channel = await fixture.channel();
});

afterEach(async () => {
  await fixture.close();
});

const attach = async (
  wish: OperatorWish = {},
  frame: Parameters<typeof RawAttachment.attach>[2] = {},
): Promise<RawAttachment> => {
  const { token } = await fixture.ticket(session.sessionId, wish);
  return RawAttachment.attach(channel, token, { sessionId: session.sessionId, fromOffset: 0n, ...frame });
};

/** A second party of the same session sees the session unharmed. */
const assertUnharmed = async (bystander: RawAttachment): Promise<void> => {
  session.write("still alive");
  await waitFor(() => bystander.output.endsWith("still alive"), { what: "the bystander's output" });
};

describe("a ticket opens its session and nothing else", () => {
  const rows: readonly [string, () => Promise<string | undefined>, FailureCode][] = [
    ["no ticket", async () => undefined, "unauthenticated"],
    ["no token to speak of", async () => "abc", "unauthenticated"],
    ["an operator's token", async () => (await fixture.operatorToken()).token, "unauthenticated"],
    ["a machine's token", async () => (await fixture.machine()).token, "unauthenticated"],
    [
      "a ticket for another session",
      async () => (await fixture.ticket(newSessionId())).token,
      "permission_denied",
    ],
    [
      "a ticket of another fleet",
      async () => (await fixture.ticket(session.sessionId, { fleet: "elsewhere" })).token,
      "session_not_found",
    ],
    [
      "a ticket with another character at its end",
      async () => {
        const { token } = await fixture.ticket(session.sessionId);
        return `${token.slice(0, -1)}${token.endsWith("A") ? "Q" : "A"}`;
      },
      "unauthenticated",
    ],
  ];

  it.each(rows.filter(([, , code]) => code !== "session_not_found"))(
    "%s is refused",
    async (_name, tokenOf, code) => {
      const bystander = await attach();
      const attachment = new RawAttachment(channel, await tokenOf());
      attachment.send({ case: "attach", value: { sessionId: session.sessionId } });
      expect(await attachment.closed).toMatchObject({ code });
      expect(attachment.frames).toEqual([]);
      await assertUnharmed(bystander);
    },
  );

  it("a session that is not there, or not this fleet's, is waited for a moment and then not found", async () => {
    const clock = new FakeClock(Date.now());
    const relay = await RelayFixture.open({ clock, transport: { keepaliveIntervalMs: 1e9 } });
    try {
      const hosted = new FakeSession();
      await relay.agent({ sessions: [hosted] });
      clock.advance(60_000);
      const absent = newSessionId();
      const dialed = await relay.channel();
      const attachments = [
        new RawAttachment(dialed, (await relay.ticket(absent)).token),
        new RawAttachment(dialed, (await relay.ticket(hosted.sessionId, { fleet: "elsewhere" })).token),
      ];
      attachments[0]?.send({ case: "attach", value: { sessionId: absent } });
      attachments[1]?.send({ case: "attach", value: { sessionId: hosted.sessionId } });
      await waitFor(() => {
        clock.advance(1000);
        return attachments.every(({ call }) => call.signal.aborted);
      });
      expect(await Promise.all(attachments.map(({ closed }) => closed))).toEqual([
        expect.objectContaining({ code: "session_not_found" }),
        expect.objectContaining({ code: "session_not_found" }),
      ]);
    } finally {
      await relay.close();
    }
  });

  it("an expired ticket is refused; a live stream outlives its ticket, and ends at the limit that it sets", async () => {
    const clock = new FakeClock(Date.now());
    const relay = await RelayFixture.open({ clock, transport: { keepaliveIntervalMs: 1e9 } });
    try {
      const hosted = new FakeSession();
      const linked = await relay.agent({ sessions: [hosted] });
      await waitFor(() => hosted.homes.size === 1);
      const dialed = await relay.channel();
      const short = await relay.ticket(hosted.sessionId, { validMs: 60_000 });
      const limited = await relay.ticket(hosted.sessionId, { validMs: 60_000, limitMs: 120_000 });
      const frame = { sessionId: hosted.sessionId, fromOffset: 0n };
      const first = await RawAttachment.attach(dialed, short.token, frame);
      const second = await RawAttachment.attach(dialed, limited.token, frame);
      expect((await second.frame("attached")).endsAtMs).toBeGreaterThan(0n);
      clock.advance(61_000);
      linked.heartbeat();
      await expect(RawAttachment.attach(dialed, short.token, frame)).rejects.toMatchObject({
        code: "token_expired",
      });
      hosted.write("past expiry");
      await waitFor(() => first.output === "past expiry" && second.output === "past expiry");
      clock.advance(61_000);
      expect(await second.closed).toMatchObject({ code: "token_limit_reached" });
      hosted.write(", past limit");
      await waitFor(() => first.output === "past expiry, past limit");
    } finally {
      await relay.close();
    }
  });
});

describe("a revocation ends live streams within a second, and opens nothing more", () => {
  const parent = "tok_parent";
  const rows: readonly [string, (ticketId: string) => string][] = [
    ["the ticket", (ticketId) => ticketId],
    ["the token that it was issued with", () => parent],
    ["its operator's name", () => "sub:carol"],
  ];

  it.each(rows)("of %s", async (_name, targetOf) => {
    const bystander = await attach({ operator: "dave" });
    const frame = { sessionId: session.sessionId, fromOffset: 0n };
    const ticket = await fixture.ticket(session.sessionId, { operator: "carol", parentId: parent });
    const attachment = await RawAttachment.attach(channel, ticket.token, frame);
    const atMs = performance.now();
    await appendRevocation(fixture.home.paths.revocations, {
      target: targetOf(ticket.id),
      atMs: Date.now(),
    });
    expect(await attachment.closed).toMatchObject({ code: "token_revoked" });
    expect(performance.now() - atMs).toBeLessThan(1000);
    await expect(RawAttachment.attach(channel, ticket.token, frame)).rejects.toMatchObject({
      code: "token_revoked",
    });
    await assertUnharmed(bystander);
  });

  it("of a machine: its link; its sessions are waited for", async () => {
    const operator = await attach();
    const atMs = performance.now();
    await appendRevocation(fixture.home.paths.revocations, { target: agent.machineId, atMs: Date.now() });
    expect(await agent.closed).toMatchObject({ code: "token_revoked" });
    expect(performance.now() - atMs).toBeLessThan(1000);
    await operator.frame("status", ({ state }) => state !== RouteState.LIVE);
  });
});

describe("roles hold at the relay", () => {
  it("an observer watches: input, signals, closing, the lease and its size reach nobody", async () => {
    const operator = await attach();
    const observer = await attach({ operator: "eve", role: "observer" });
    observer.send({ case: "viewport", value: { cols: 10, rows: 5 } });
    observer.send({ case: "signal", value: { name: "SIGKILL" } });
    observer.send({ case: "close", value: {} });
    observer.send({ case: "leaseRequest", value: { action: LeaseAction.TAKE, stream: observer.stream } });
    observer.input("rm -rf /\r");
    expect(await observer.frame("inputAck")).toMatchObject({ refusal: InputRefusal.OBSERVER, refused: 1n });
    operator.input("echo\r");
    await operator.frame("inputAck");
    expect(session.inputs.map(({ operator: name, data }) => [name, data])).toEqual([["alice", "echo\r"]]);
    expect([session.signals, session.hasEnded, session.lease.holder, session.resizes]).toEqual([
      [],
      false,
      "",
      [],
    ]);
    await assertUnharmed(observer);
  });

  it("an operator may ask to watch only, an observer may not ask for more", async () => {
    const watcher = await attach({}, { role: Role.OBSERVER });
    watcher.input("x");
    expect(await watcher.frame("inputAck")).toMatchObject({ refusal: InputRefusal.OBSERVER });
    const observer = await attach({ operator: "eve", role: "observer" }, { role: Role.OPERATOR });
    expect(await observer.frame("attached")).toMatchObject({ role: Role.OBSERVER });
    observer.input("x");
    expect(await observer.frame("inputAck")).toMatchObject({ refusal: InputRefusal.OBSERVER });
    expect(session.inputs).toEqual([]);
  });

  it("who sent it is written by the relay, whatever the client wrote there", async () => {
    const attachment = await attach({ operator: "mallory", actor: "ai" });
    attachment.send({
      case: "input",
      value: { operator: "alice", actor: 1, stream: attachment.stream, number: 1n, data: Buffer.from("hi") },
    });
    await waitFor(() => session.inputs.length === 1);
    expect(session.inputs).toEqual([{ operator: "mallory", actor: 2, number: 1, data: "hi", paste: false }]);
    attachment.send({
      case: "leaseRequest",
      value: { operator: "alice", action: LeaseAction.TAKE, stream: attachment.stream },
    });
    await attachment.frame("lease", ({ epoch }) => epoch === 1n);
    expect(session.lease).toMatchObject({ holder: "mallory", actor: 2 });
  });
});

describe("a bad frame ends its stream alone, with a code that says what was wrong", () => {
  const big = 1n << 62n;
  const stream = new Uint8Array(16);
  const rows: readonly [string, (attachment: RawAttachment) => void, FailureCode][] = [
    ["malformed protobuf", ({ call }) => call.send(Buffer.from([0x0a, 0xff])), "malformed_message"],
    [
      "random bytes",
      ({ call }) => call.send(Buffer.from("\u0007\u00ff\u0001not a frame")),
      "malformed_message",
    ],
    ["a compressed message", ({ call }) => call.sendFramed(Buffer.from([1, 0, 0, 0, 1, 0])), "unimplemented"],
    ["unknown flags", ({ call }) => call.sendFramed(Buffer.from([9, 0, 0, 0, 1, 0])), "malformed_message"],
    [
      "a message announced larger than the limit",
      ({ call }) => call.sendFramed(Buffer.from([0, 0xff, 0xff, 0xff, 0xff])),
      "message_too_large",
    ],
    [
      "a truncated message",
      ({ call }) => {
        call.sendFramed(Buffer.from([0, 0, 0, 0, 10, 1]));
        call.end();
      },
      "truncated_message",
    ],
    [
      "two bodies in one frame",
      ({ call }) =>
        call.send(
          Buffer.concat([
            encodeFrame({ case: "ack", value: {} }),
            encodeFrame({ case: "ack", value: {} }).subarray(5),
          ]).subarray(5),
        ),
      "malformed_message",
    ],
    [
      "a second attach",
      (a) => a.send({ case: "attach", value: { sessionId: session.sessionId } }),
      "unexpected_message",
    ],
    ["output", (a) => a.send({ case: "output", value: { data: Buffer.from("x") } }), "unexpected_message"],
    ["an exit", (a) => a.send({ case: "exit", value: { code: 0 } }), "unexpected_message"],
    ["a presence", (a) => a.send({ case: "presence", value: {} }), "unexpected_message"],
    ["an absurd offset", (a) => a.send({ case: "ack", value: { offset: big } }), "invalid_argument"],
    [
      "an absurd size",
      (a) => a.send({ case: "viewport", value: { cols: 100_000, rows: 24 } }),
      "invalid_argument",
    ],
    [
      "a size of -1",
      (a) => a.send({ case: "viewport", value: { cols: 0xffff_ffff, rows: 24 } }),
      "invalid_argument",
    ],
    ["half a size", (a) => a.send({ case: "viewport", value: { cols: 80, rows: 0 } }), "invalid_argument"],
    [
      "an input without a stream",
      (a) => a.send({ case: "input", value: { number: 1n } }),
      "invalid_argument",
    ],
    [
      "an input numbered 0",
      (a) => a.send({ case: "input", value: { stream, number: 0n } }),
      "invalid_argument",
    ],
    [
      "an input numbered 2^62",
      (a) => a.send({ case: "input", value: { stream, number: big } }),
      "invalid_argument",
    ],
    [
      "an input after itself",
      (a) => a.send({ case: "input", value: { stream, number: 1n, previous: 1n } }),
      "invalid_argument",
    ],
    [
      "an input larger than a frame",
      (a) =>
        a.send({
          case: "input",
          value: { stream, number: 1n, data: Buffer.alloc(limits.frameDataBytesMax + 1) },
        }),
      "message_too_large",
    ],
    [
      "a paste larger than a paste",
      (a) =>
        a.send({
          case: "input",
          value: { stream, number: 1n, paste: true, data: Buffer.alloc(limits.pasteBytesMax + 1) },
        }),
      "message_too_large",
    ],
    [
      "a stream of 3 bytes",
      (a) => a.send({ case: "inputSync", value: { stream: new Uint8Array(3) } }),
      "invalid_argument",
    ],
    [
      "a signal that is none",
      (a) => a.send({ case: "signal", value: { name: "KILL; rm" } }),
      "invalid_argument",
    ],
    [
      "a lease request for nothing",
      (a) => a.send({ case: "leaseRequest", value: { stream } }),
      "invalid_argument",
    ],
    [
      "a grace of a month",
      (a) => a.send({ case: "close", value: { graceMs: 2_592_000_000 } }),
      "invalid_argument",
    ],
    [
      "text that is not UTF-8",
      ({ call }) => call.send(Buffer.from([0x62, 3, 0x0a, 1, 0xff])),
      "malformed_message",
    ],
  ];

  it.each(rows)("%s", async (_name, send, code) => {
    const bystander = await attach({ operator: "bystander" });
    const attachment = await attach();
    send(attachment);
    expect(await attachment.closed).toMatchObject({ code });
    await assertUnharmed(bystander);
    expect(fixture.relay.stats()).toMatchObject({ links: 1, homes: 1, attachments: 1 });
  });

  const firsts: readonly [string, (attachment: RawAttachment) => void, FailureCode][] = [
    ["an ack", (a) => a.send({ case: "ack", value: {} }), "unexpected_message"],
    ["nothing known", ({ call }) => call.send(Buffer.alloc(0)), "unexpected_message"],
    ["an attach to no id", (a) => a.send({ case: "attach", value: { sessionId: "x" } }), "permission_denied"],
    [
      "an attach from 2^62",
      (a) => a.send({ case: "attach", value: { sessionId: session.sessionId, fromOffset: big } }),
      "invalid_argument",
    ],
    [
      "an attach of an unknown role",
      (a) => a.send({ case: "attach", value: { sessionId: session.sessionId, role: 77 as Role } }),
      "invalid_argument",
    ],
    [
      "an attach in an unknown mode",
      (a) => a.send({ case: "attach", value: { sessionId: session.sessionId, mode: 77 as DeliveryMode } }),
      "invalid_argument",
    ],
    [
      "an attach beyond the head by far",
      (a) => a.send({ case: "attach", value: { sessionId: session.sessionId, fromOffset: 1_000_000_000n } }),
      "offset_in_future",
    ],
  ];

  it.each(firsts)("%s as the first frame", async (_name, send, code) => {
    const { token } = await fixture.ticket(session.sessionId);
    const attachment = new RawAttachment(channel, token);
    send(attachment);
    expect(await attachment.closed).toMatchObject({ code });
    await assertUnharmed(await attach());
  });

  it("and a frame of a later version is left out", async () => {
    const attachment = await attach();
    attachment.call.send(Buffer.from([0xfa, 0x3e, 0]));
    await assertUnharmed(attachment);
  });
});

describe("limits have names", () => {
  it("more attachments than a session may have, and more attaches than an operator may make", async () => {
    // No time passes: the rate does not depend on how fast this machine attaches.
    const relay = await RelayFixture.open({
      clock: new FakeClock(Date.now()),
      transport: { keepaliveIntervalMs: 1e9 },
      config: { attachmentsPerSession: 3 },
    });
    try {
      const hosted = new FakeSession();
      await relay.agent({ sessions: [hosted] });
      await waitFor(() => hosted.homes.size === 1);
      const dialed = await relay.channel();
      const { token } = await relay.ticket(hosted.sessionId);
      const frame = { sessionId: hosted.sessionId, fromOffset: 0n };
      for (let count = 0; count < 3; count += 1) await RawAttachment.attach(dialed, token, frame);
      await expect(RawAttachment.attach(dialed, token, frame)).rejects.toMatchObject({
        code: "too_many_attachments",
      });
      const codes = new Set<string>();
      for (let count = 0; count < 1000 && !codes.has("rate_limited"); count += 1) {
        await RawAttachment.attach(dialed, token, frame).catch((error: { code: string }) =>
          codes.add(error.code),
        );
      }
      expect(codes).toEqual(new Set(["too_many_attachments", "rate_limited"]));
    } finally {
      await relay.close();
    }
  });
});

describe("while a home is away", () => {
  it("the attachment waits, and goes on where it stopped when the home is back", async () => {
    const attachment = await attach();
    session.write("before");
    await waitFor(() => attachment.output === "before");
    agent.dropHomes();
    await attachment.frame("status", ({ state }) => state === RouteState.WAITING);
    session.write(" away");
    await attachment.frame("status", ({ state }) => state === RouteState.WAITING);
    await waitFor(() => session.homes.size === 1, { timeoutMs: 15_000 });
    session.write(" back");
    await waitFor(() => attachment.output === "before away back", { timeoutMs: 15_000 });
  });
});
