import { create } from "@bufbuild/protobuf";
import { Failure, latestWallMs, newAttachmentId, newSessionId } from "@cmdop/base";
import {
  decodeFrame,
  encodeFrame,
  type FrameBody,
  FrameSchema,
  fromFramed,
  HostedSessionSchema,
  SessionKind,
} from "@cmdop/protocol";
import { testSeed } from "@cmdop/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CoreFrame } from "../core/frames.ts";
import type { SessionInfo } from "../core/parties.ts";
import { parseAttach, parseAttachmentFrame } from "./attachment-frames.ts";
import { createFrameCodec } from "./frame-codec.ts";
import { parseHomeFrame } from "./home-frames.ts";
import { fromHostedSession } from "./parties.ts";

const counted: string[] = [];
const codec = createFrameCodec({
  inputRefused: (refusal) => counted.push(`refused ${refusal}`),
  gap: (reason) => counted.push(`gap ${reason}`),
});
const stream = "00112233445566778899aabbccddeeff";
const streamBytes = new Uint8Array(Buffer.from(stream, "hex"));

const session: SessionInfo = {
  sessionId: newSessionId(),
  kind: "command",
  name: "n",
  title: "t",
  argv: ["a", "b"],
  cwd: "/",
  cols: 80,
  rows: 24,
  resizePolicy: "smallest",
  createdAtMs: 1,
  openedBy: "alice",
  logStart: 2,
  offset: 3,
  exit: { code: 0, signal: "", finalOffset: 3, reason: "exited", atMs: 4 },
  waitForReader: false,
  machineId: "mch_x",
  machineName: "build-1",
  state: "ended",
  attachments: 5,
  activeAtMs: 6.5,
};

describe("every frame of the core is one of the wire", () => {
  const frames: readonly [CoreFrame, Record<string, unknown>][] = [
    [
      {
        kind: "attached",
        attachmentId: newAttachmentId(),
        operator: "alice",
        role: "observer",
        actor: "ai",
        session,
        lease: { holder: "bob", stream, actor: "human", epoch: 7 },
        creditBytes: 8,
        endsAtMs: 9.4,
        relayId: "rel",
      },
      { operator: "alice", role: 2, actor: 2, creditBytes: 8, endsAtMs: 9n, relayId: "rel" },
    ],
    [
      { kind: "lease", lease: { holder: "", stream: "", actor: undefined, epoch: 3 } },
      { holder: "", actor: 0, epoch: 3n },
    ],
    [{ kind: "presence", attachments: [], truncated: true }, { truncated: true }],
    [
      { kind: "status", state: "waiting", atMs: 1.5 },
      { state: 2, atMs: 2n },
    ],
    [
      { kind: "gap", from: 1, to: 2 ** 50, reason: "slow" },
      { from: 1n, to: 2n ** 50n, reason: 1 },
    ],
    [
      { kind: "resize", offset: 5, operator: "a", cols: 1, rows: 2 },
      { offset: 5n, operator: "a", cols: 1, rows: 2 },
    ],
    [
      {
        kind: "exit",
        exit: { code: undefined, signal: "SIGHUP", finalOffset: 1, reason: "closed", atMs: 2, logUntilMs: 3 },
      },
      { code: undefined, signal: "SIGHUP", finalOffset: 1n, reason: 4, atMs: 2n, logUntilMs: 3n },
    ],
    [
      { kind: "inputAck", operator: "a", stream, number: 1, refusal: "busy", refused: 2, epoch: 3 },
      { operator: "a", stream: Buffer.from(stream, "hex"), number: 1n, refusal: 5, refused: 2n, epoch: 3n },
    ],
    [
      { kind: "fault", code: "internal", text: "x", retryAfterMs: 1.2 },
      { code: "internal", text: "x", retryAfterMs: 1 },
    ],
    [
      { kind: "move", relays: ["a:1"], withinMs: 2 },
      { relays: ["a:1"], withinMs: 2 },
    ],
    [{ kind: "ack", offset: 2 ** 52 }, { offset: 2n ** 52n }],
    [{ kind: "snapshotRequest", requestId: 1 }, { requestId: 1n }],
    [
      { kind: "logRequest", requestId: 1, from: 2, to: 3 },
      { requestId: 1n, from: 2n, to: 3n },
    ],
  ];

  it.each(frames)("$kind", (frame, expected) => {
    const { body } = decodeFrame(fromFramed(codec.encode(frame)));
    const value = Object.fromEntries(Object.keys(expected).map((key) => [key, Object(body.value)[key]]));
    expect([body.case, value]).toEqual([frame.kind, expected]);
  });

  it("and what has a reason is counted by it", () => {
    counted.length = 0;
    for (const [frame] of frames) codec.encode(frame);
    expect(counted).toEqual(["gap slow", "refused busy"]);
  });
});

describe("a stamp", () => {
  const bodies: readonly FrameBody[] = [
    {
      case: "input",
      value: { operator: "mallory", actor: 1, number: 5n, stream: streamBytes, data: Buffer.from("x") },
    },
    { case: "leaseRequest", value: { operator: "mallory", actor: 1, action: 1, stream: streamBytes } },
    { case: "inputSync", value: { operator: "mallory", stream: streamBytes } },
    { case: "signal", value: { operator: "mallory", name: "SIGINT" } },
    { case: "close", value: { operator: "mallory", graceMs: 5 } },
  ];

  it.each(bodies)("overwrites who sent a $case, and nothing else", (body) => {
    const stamped = decodeFrame(fromFramed(codec.stamp(encodeFrame(body), "alice", "program")));
    const before = decodeFrame(fromFramed(encodeFrame(body)));
    const hasActor = body.case === "input" || body.case === "leaseRequest";
    expect(stamped.body).toEqual({
      case: body.case,
      value: { ...before.body.value, operator: "alice", ...(hasActor ? { actor: 3 } : {}) },
    });
  });

  it("replaces a second operator too, that was hidden behind the first", () => {
    // Two values of one field: a decoder takes the last.
    const input = Buffer.concat([fromFramed(encodeFrame({ case: "signal", value: { name: "SIGINT" } }))]);
    const hidden = Buffer.from([0x12, 3, 0x65, 0x76, 0x65]);
    const length = (input[1] ?? 0) + hidden.length;
    const message = Buffer.concat([input.subarray(0, 1), Buffer.from([length]), input.subarray(2), hidden]);
    const framed = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
    const text = Buffer.from(codec.stamp(framed, "alice", "human")).toString("latin1");
    expect([text.includes("alice"), text.includes("eve")]).toEqual([true, false]);
  });
});

describe("whatever bytes come from outside", () => {
  const onlyFailures = (parse: () => unknown): void => {
    try {
      parse();
    } catch (error) {
      if (!(error instanceof Failure) || error.code === "internal") throw error;
    }
  };
  const names = FrameSchema.fields.map(({ number }) => number);
  const arbitrary = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    // A body of a known kind with anything inside.
    fc.tuple(fc.constantFrom(...names), fc.uint8Array({ maxLength: 100 })).map(([field, inside]) => {
      const tag = (field << 3) | 2;
      const head = tag < 128 ? [tag] : [(tag & 0x7f) | 0x80, tag >>> 7];
      return Uint8Array.from([...head, inside.length, ...inside]);
    }),
  );
  const seed = testSeed();

  it(`a parser answers with a frame or a public failure (seed ${seed})`, () => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        const framed = () => Buffer.concat([Buffer.alloc(5), message]);
        onlyFailures(() => parseAttach(message));
        onlyFailures(() => parseAttachmentFrame(message, framed));
        onlyFailures(() => parseHomeFrame(message, framed(), () => undefined));
      }),
      { numRuns: 5000, seed },
    );
  });
});

it("a machine whose clock is absurd has sessions of a time that can be told", () => {
  const atMs = 9_007_199_254_740_991n;
  const { createdAtMs, exit } = fromHostedSession(
    create(HostedSessionSchema, {
      sessionId: newSessionId(),
      kind: SessionKind.TERMINAL,
      createdAtMs: atMs,
      exit: { atMs, logUntilMs: atMs },
    }),
  );
  expect([createdAtMs, exit?.atMs, exit?.logUntilMs]).toEqual([latestWallMs, latestWallMs, latestWallMs]);
  expect(new Date(createdAtMs).toISOString()).toBe("9999-12-31T23:59:59.999Z");
});
