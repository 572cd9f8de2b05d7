import { type FailureCode, newSessionId } from "@cmdop/base";
import { AgentService, encodeFrame, type FrameBody, SessionKind } from "@cmdop/protocol";
import { type ClientCall, fromCallStatus, pathOf, toMetadata } from "@cmdop/protocol/grpc";
import { type FakeAgent, FakeSession, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RelayFixture } from "../../testing/relay-fixture.ts";

let fixture: RelayFixture;
let agent: FakeAgent;
let session: FakeSession;
let homeToken: string;
const sessionId = newSessionId();

beforeEach(async () => {
  fixture = await RelayFixture.open();
  session = new FakeSession({ sessionId });
  // Homes are opened by hand here.
  agent = await fixture.agent({ sessions: [session], knobs: { opensHomes: false } });
  await waitFor(() => agent.received.some(({ case: name }) => name === "home"));
  const order = agent.received.find((body) => body.case === "home");
  homeToken = order?.case === "home" ? order.value.homeToken : "";
});

afterEach(async () => {
  await fixture.close();
});

const open = async (token: string | undefined, id: string = sessionId): Promise<ClientCall> => {
  const channel = await fixture.channel();
  const call = channel.open(pathOf(AgentService.method.home), {
    metadata: toMetadata({
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      "cmdop-session": id,
    }),
  });
  call.handle({ message: () => undefined });
  return call;
};

const codeOf = async (call: ClientCall): Promise<FailureCode> => fromCallStatus(await call.status).code;

const hello = (change: Record<string, unknown> = {}): FrameBody => ({
  case: "hello",
  value: {
    sessionId,
    version: 1,
    kind: SessionKind.TERMINAL,
    cols: 80,
    rows: 24,
    ...change,
  },
});

describe("a home opens with the token of its order", () => {
  const rows: readonly [string, () => Promise<string | undefined>, (() => string) | undefined][] = [
    ["no token", async () => undefined, undefined],
    ["another token", async () => "A".repeat(43), undefined],
    ["the machine's token", async () => (await fixture.machine()).token, undefined],
    ["the token of the order, for another session", async () => homeToken, () => newSessionId()],
    ["the token of the order, for no session", async () => homeToken, () => "x"],
  ];

  it.each(rows)("not with %s", async (_name, tokenOf, sessionOf) => {
    const call = await open(await tokenOf(), sessionOf?.());
    call.sendFramed(encodeFrame(hello()));
    expect(["unauthenticated", "permission_denied", "session_not_found"]).toContain(await codeOf(call));
    expect(fixture.relay.stats().homes).toBe(0);
  });

  it("with it, once it said hello", async () => {
    const call = await open(homeToken);
    call.sendFramed(encodeFrame(hello()));
    await waitFor(() => fixture.relay.stats().homes === 1);
  });
});

describe("a bad frame ends its home alone", () => {
  const rows: readonly [string, readonly (FrameBody | Uint8Array)[], FailureCode][] = [
    ["output before hello", [{ case: "output", value: { data: Buffer.from("x") } }], "unexpected_message"],
    ["malformed protobuf", [hello(), Buffer.from([0x0a, 0xff])], "malformed_message"],
    ["hello twice", [hello(), hello()], "unexpected_message"],
    ["a frame of attachments", [hello(), { case: "viewport", value: {} }], "unexpected_message"],
    ["a hello of no kind", [hello({ kind: 0 })], "invalid_argument"],
    ["a hello with an absurd offset", [hello({ offset: 1n << 62n })], "invalid_argument"],
    [
      "an output of more than a frame carries",
      [hello(), { case: "output", value: { data: Buffer.alloc(65_537) } }],
      "message_too_large",
    ],
    [
      "a gap that runs backwards",
      [hello(), { case: "gap", value: { from: 9n, to: 1n } }],
      "invalid_argument",
    ],
    [
      "a log chunk that holds an input",
      [
        hello(),
        {
          case: "logChunk",
          value: { requestId: 1n, frame: encodeFrame({ case: "input", value: {} }).subarray(5) },
        },
      ],
      "unexpected_message",
    ],
  ];

  it.each(rows)("%s", async (_name, frames, code) => {
    const call = await open(homeToken);
    for (const frame of frames) {
      if (frame instanceof Uint8Array) call.send(frame);
      else call.sendFramed(encodeFrame(frame));
    }
    expect(await codeOf(call)).toBe(code);
    agent.heartbeat();
    expect(fixture.relay.stats().links).toBe(1);
  });
});
