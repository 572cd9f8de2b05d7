import type { MessageInitShape } from "@bufbuild/protobuf";
import { type FailureCode, newSessionId } from "@cmdop/base";
import { OperatorService, Role, SessionKind, type SessionSpecSchema } from "@cmdop/protocol";
import { type Channel, type Metadata, toMetadata, unaryCall } from "@cmdop/protocol/grpc";
import { type FakeAgent, FakeSession, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OperatorWish, RelayFixture } from "../../testing/relay-fixture.ts";

const { method } = OperatorService;
let fixture: RelayFixture;
let agent: FakeAgent;
let session: FakeSession;
let channel: Channel;

beforeEach(async () => {
  // Just started, it waits so long for a machine that it does not know.
  fixture = await RelayFixture.open({ limits: { arrivalMs: 500 } });
  session = new FakeSession({ name: "main" });
  agent = await fixture.agent({ name: "build-1", sessions: [session] });
  await fixture.agent({
    name: "secret-1",
    fleet: "elsewhere",
    sessions: [new FakeSession({ name: "theirs" })],
  });
  channel = await fixture.channel();
});

afterEach(async () => {
  await fixture.close();
});

const as = async (wish: OperatorWish = {}): Promise<{ metadata: Metadata }> => ({
  metadata: toMetadata({ authorization: `Bearer ${(await fixture.operatorToken(wish)).token}` }),
});

const codeOf = async (attempt: Promise<unknown>): Promise<FailureCode | "done"> => {
  try {
    await attempt;
    return "done";
  } catch (error) {
    return (error as { code: FailureCode }).code;
  }
};

const open = (
  options: { metadata: Metadata },
  spec: MessageInitShape<typeof SessionSpecSchema> = {},
  machine = "",
) =>
  unaryCall(channel, method.openSession, { machine, spec: { kind: SessionKind.TERMINAL, ...spec } }, options);

describe("an operator sees its fleet and the machines of its token", () => {
  const rows: readonly [string, OperatorWish, readonly string[], readonly string[]][] = [
    ["all of the fleet", {}, ["build-1"], ["main"]],
    ["another fleet", { fleet: "elsewhere" }, ["secret-1"], ["theirs"]],
    ["no fleet of theirs", { fleet: "nowhere" }, [], []],
    ["a machine by name", { machines: ["build-1"] }, ["build-1"], ["main"]],
    ["another machine", { machines: ["build-2"] }, [], []],
    ["no machine", { machines: [] }, [], []],
    ["as an observer", { role: "observer" }, ["build-1"], ["main"]],
  ];

  it.each(rows)("%s", async (_name, wish, machines, sessions) => {
    const options = await as(wish);
    const listed = await unaryCall(channel, method.listMachines, {}, options);
    expect(listed.machines.map(({ name }) => name)).toEqual(machines);
    const found = await unaryCall(channel, method.listSessions, {}, options);
    expect(found.sessions.map(({ name }) => name)).toEqual(sessions);
  });
});

describe("without an operator token", () => {
  const calls: readonly [string, (options: { metadata?: Metadata }) => Promise<unknown>][] = [
    ["openSession", (options) => unaryCall(channel, method.openSession, {}, options)],
    ["closeSession", (options) => unaryCall(channel, method.closeSession, {}, options)],
    ["listSessions", (options) => unaryCall(channel, method.listSessions, {}, options)],
    ["listMachines", (options) => unaryCall(channel, method.listMachines, {}, options)],
    ["issueTicket", (options) => unaryCall(channel, method.issueTicket, {}, options)],
  ];

  it.each(calls)("%s is refused", async (_name, call) => {
    expect(await codeOf(call({}))).toBe("unauthenticated");
    const { token } = await fixture.ticket(session.sessionId);
    expect(await codeOf(call({ metadata: toMetadata({ authorization: `Bearer ${token}` }) }))).toBe(
      "unauthenticated",
    );
    expect(await codeOf(call({ metadata: toMetadata({ authorization: token }) }))).toBe("unauthenticated");
  });
});

describe("opening a session", () => {
  it("gives its facts and a ticket no wider than the token", async () => {
    const opened = await open(await as({ limitMs: 60_000 }), {
      name: "work",
      cols: 120,
      rows: 40,
      argv: ["/bin/zsh"],
    });
    expect(opened.session).toMatchObject({
      name: "work",
      cols: 120,
      rows: 40,
      machineName: "build-1",
      openedBy: "alice",
    });
    expect(opened.ticket).toMatchObject({ sessionId: opened.session?.sessionId, role: Role.OPERATOR });
    expect([...agent.sessions.keys()]).toContain(opened.session?.sessionId);
  });

  const rows: readonly [
    string,
    OperatorWish,
    MessageInitShape<typeof SessionSpecSchema>,
    string,
    FailureCode,
  ][] = [
    ["as an observer", { role: "observer" }, {}, "", "permission_denied"],
    ["on a machine of another fleet", {}, {}, "secret-1", "machine_not_found"],
    ["on no machine", {}, {}, "nothing", "machine_not_found"],
    ["of no kind", {}, { kind: 0 }, "", "invalid_argument"],
    ["of an unknown kind", {}, { kind: 99 as SessionKind }, "", "invalid_argument"],
    ["with a name that controls terminals", {}, { name: "a\u001b[2J" }, "", "invalid_argument"],
    ["with a name that reorders text", {}, { name: "a\u202eb" }, "", "invalid_argument"],
    ["with a name without end", {}, { name: "x".repeat(129) }, "", "invalid_argument"],
    ["with a NUL in an argument", {}, { argv: ["a\0b"] }, "", "invalid_argument"],
    ["with a variable that is none", {}, { env: { "A=B": "x" } }, "", "invalid_argument"],
    ["with a command of nothing", {}, { kind: SessionKind.COMMAND }, "", "invalid_argument"],
    ["with an absurd size", {}, { cols: 100_000, rows: 2 }, "", "invalid_argument"],
    ["with an absurd timeout", {}, { timeoutMs: 1n << 63n }, "", "invalid_argument"],
  ];

  it.each(rows)("%s is refused", async (_name, wish, spec, machine, code) => {
    const before = agent.sessions.size;
    expect(await codeOf(open(await as(wish), spec, machine))).toBe(code);
    expect(agent.sessions.size).toBe(before);
  });

  it("that the machine refuses gives the machine's code", async () => {
    agent.knobs.refusesToOpen = "spawn_failed";
    expect(await codeOf(open(await as()))).toBe("spawn_failed");
  });

  it("twice with one key gives one session", async () => {
    const options = await as();
    const request = { spec: { kind: SessionKind.TERMINAL }, idempotencyKey: "key-1" };
    const first = await unaryCall(channel, method.openSession, request, options);
    const second = await unaryCall(channel, method.openSession, request, options);
    expect(second.session?.sessionId).toBe(first.session?.sessionId);
  });
});

describe("tickets", () => {
  it("are issued by name, prefix and id, for the role asked for", async () => {
    const options = await as();
    for (const query of ["main", "ma", session.sessionId]) {
      const issued = await unaryCall(
        channel,
        method.issueTicket,
        { session: query, role: Role.OBSERVER },
        options,
      );
      expect([query, issued.ticket]).toEqual([
        query,
        expect.objectContaining({ sessionId: session.sessionId, role: Role.OBSERVER }),
      ]);
    }
  });

  const rows: readonly [string, OperatorWish, string, Role, FailureCode][] = [
    ["a role above the token's", { role: "observer" }, "main", Role.OPERATOR, "permission_denied"],
    ["a session of another fleet", {}, "theirs", Role.OBSERVER, "session_not_found"],
    ["no session", {}, newSessionId(), Role.OBSERVER, "session_not_found"],
    [
      "a machine that the token does not name",
      { machines: ["other"] },
      "main",
      Role.OBSERVER,
      "session_not_found",
    ],
    ["an unknown role", {}, "main", 9 as Role, "invalid_argument"],
  ];

  it.each(rows)("not for %s", async (_name, wish, query, role, code) => {
    expect(
      await codeOf(unaryCall(channel, method.issueTicket, { session: query, role }, await as(wish))),
    ).toBe(code);
  });
});

describe("closing a session", () => {
  it("ends it on the machine", async () => {
    await unaryCall(channel, method.closeSession, { session: "main" }, await as());
    await waitFor(() => session.hasEnded);
  });

  it("is not an observer's to do", async () => {
    expect(
      await codeOf(
        unaryCall(channel, method.closeSession, { session: "main" }, await as({ role: "observer" })),
      ),
    ).toBe("permission_denied");
    expect(session.hasEnded).toBe(false);
  });
});
