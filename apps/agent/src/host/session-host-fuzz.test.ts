import { connect } from "node:net";
import { encodeFrame, type FrameBody, SessionKind } from "@cmdop/protocol";
import { waitFor } from "@cmdop/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HostFixture, openHostFixture } from "./testing/host-fixture.ts";

let fixture: HostFixture;
beforeAll(async () => {
  fixture = await openHostFixture();
});
afterAll(() => fixture.close());

const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const uint32 = fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const text = fc.oneof(fc.constantFrom("", "ann", "\x1b[2J\u202e"), fc.string({ maxLength: 400 }));
const bytes = fc.uint8Array({ maxLength: 100 });
const actor = fc.integer({ min: 0, max: 4 });
const sender = { operator: text, stream: bytes, actor };

const body = fc.oneof(
  fc
    .record({
      ...sender,
      number: uint64,
      previous: uint64,
      epoch: uint64,
      data: bytes,
      paste: fc.boolean(),
      eof: fc.boolean(),
    })
    // ^D would end the program that the test needs.
    .map((value) => ({
      case: "input",
      value: { ...value, eof: false, data: value.data.map((byte) => (byte < 32 ? 97 : byte)) },
    })),
  fc.record(sender).map((value) => ({ case: "inputSync", value })),
  fc
    .record({ ...sender, action: fc.integer({ min: 0, max: 3 }) })
    .map((value) => ({ case: "leaseRequest", value })),
  uint64.map((offset) => ({ case: "ack", value: { offset } })),
  fc.record({ requestId: uint64, from: uint64, to: uint64 }).map((value) => ({ case: "logRequest", value })),
  uint64.map((requestId) => ({ case: "snapshotRequest", value: { requestId } })),
  fc
    .record({ cols: uint32, rows: uint32, offset: uint64, operator: text })
    .map((value) => ({ case: "resize", value })),
  fc
    .record({ name: fc.oneof(text, fc.constantFrom("SIGCONT", "SIGWINCH")), operator: text })
    .map((value) => ({ case: "signal", value })),
  fc
    .record({
      attachments: fc.array(fc.record({ ...sender, role: fc.nat(3) }), { maxLength: 5 }),
      truncated: fc.boolean(),
    })
    .map((value) => ({ case: "presence", value })),
  fc.record({ offset: uint64, data: bytes }).map((value) => ({ case: "output", value })),
  fc
    .constantFrom("hello", "exit", "gap", "snapshot", "attach", "lease", "status", "move")
    .map((name) => ({ case: name, value: {} })),
) as fc.Arbitrary<FrameBody>;

describe("what comes over a home", () => {
  it("never takes the host along, and never disturbs another session", async () => {
    const other = await fixture.terminal("cat");
    await other.peer.hello();
    const spec = {
      kind: SessionKind.TERMINAL,
      argv: ["/bin/sh", "-c", "trap : INT HUP QUIT; stty -isig; while :; do cat; done"],
    };
    const id = await fixture.open(spec);
    let round = 0;
    const part = fc.oneof(
      { weight: 6, arbitrary: body.map((each) => encodeFrame(each)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
      {
        weight: 1,
        arbitrary: fc
          .uint8Array({ maxLength: 60 })
          .map((noise) => Uint8Array.of(0, 0, 0, 0, noise.length, ...noise)),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 25 }), async (parts) => {
        const peer = await fixture.peer(id, 7);
        await peer.hello();
        for (const each of parts) peer.raw(each);
        // Noise may have begun a message that never ends: then there is nothing to wait for.
        peer.send({ case: "snapshotRequest", value: { requestId: 424_242n } });
        const isAnswered = () => peer.all("snapshot").some(({ requestId }) => requestId === 424_242n);
        await waitFor(() => peer.isClosed || isAnswered(), { timeoutMs: 300 }).catch(() => {});
        await peer.close();
        round += 1;
        const number = other.peer.type(`round ${round}\r`);
        expect(await other.peer.answer(number)).toMatchObject({ refusal: 0 });
        await other.peer.printed(`round ${round}\r\nround ${round}`);
      }),
      { numRuns: 60 },
    );
    expect(fixture.host.liveCount).toBe(2);
  }, 60_000);

  it("on a control connection that is not a request ends that connection alone", async () => {
    const answers: string[] = [];
    for (const first of [
      "",
      "GET / HTTP/1.1\r\n\r\n",
      "cmdop-host 1\n",
      "cmdop-host 1 home ses_x\n",
      "cmdop-host 0 control\n",
      "x".repeat(400),
      "cmdop-host 1 home ses_0000000000000000000000\n",
    ]) {
      const socket = connect(fixture.socketPath);
      let answer = "";
      socket.on("data", (chunk) => (answer += chunk)).on("error", () => {});
      socket.end(first);
      await waitFor(() => socket.destroyed);
      answers.push(answer.split(" ").slice(0, 4).join(" "));
    }
    expect(answers).toEqual([
      "",
      "cmdop-host 1 error malformed_message",
      "cmdop-host 1 error unimplemented",
      "cmdop-host 1 error unimplemented",
      "cmdop-host 1 error malformed_message",
      "cmdop-host 1 error malformed_message",
      "cmdop-host 1 error session_not_found",
    ]);
    const control = connect(fixture.socketPath);
    control.on("error", () => {});
    control.write("cmdop-host 1 control\n");
    control.write(Buffer.from([9, 9, 9, 9, 9]));
    control.resume();
    await waitFor(() => control.destroyed);
    expect((await fixture.control.list()).length).toBeGreaterThan(0);
  });
});
