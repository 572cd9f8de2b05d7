import { OperatorService, SessionKind } from "@cmdop/protocol";
import { toMetadata, unaryCall } from "@cmdop/protocol/grpc";
import { FakeSession, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RawAttachment } from "./testing/raw-attachment.ts";
import { RelayFixture } from "./testing/relay-fixture.ts";

let fixture: RelayFixture;

beforeEach(async () => {
  fixture = await RelayFixture.open();
});

afterEach(async () => {
  await fixture.close();
});

describe("a session from open to end", () => {
  it("is opened on the machine, attached to, written to and read from", async () => {
    const agent = await fixture.agent();
    const channel = await fixture.channel();
    const { token } = await fixture.operatorToken();
    const metadata = toMetadata({ authorization: `Bearer ${token}` });
    const opened = await unaryCall(
      channel,
      OperatorService.method.openSession,
      { spec: { kind: SessionKind.TERMINAL, cols: 100, rows: 30, name: "first" } },
      { metadata },
    );
    const sessionId = opened.session?.sessionId ?? "";
    const session = agent.session(sessionId);
    session.onInput = (input) => session.write(`echo:${input.data}`);
    const attachment = await RawAttachment.attach(channel, opened.ticket?.token ?? "", { sessionId });
    session.write("hello ");
    attachment.input("ls\r");
    await waitFor(() => attachment.output.endsWith("echo:ls\r"));
    expect(session.inputs).toEqual([{ operator: "alice", actor: 1, number: 1, data: "ls\r", paste: false }]);
    session.end({ code: 3 });
    expect(await attachment.frame("exit")).toMatchObject({ code: 3, finalOffset: BigInt(session.offset) });
  });

  it("reaches every attachment with the same bytes", async () => {
    const session = new FakeSession({ name: "shared" });
    await fixture.agent({ sessions: [session] });
    await waitFor(() => session.homes.size > 0);
    const channel = await fixture.channel();
    const { token } = await fixture.ticket(session.sessionId);
    const attachments = await Promise.all(
      Array.from({ length: 10 }, () =>
        RawAttachment.attach(channel, token, { sessionId: session.sessionId, fromOffset: 0n }),
      ),
    );
    for (let line = 0; line < 500; line += 1) session.write(`line ${line}\n`);
    const expected = session.truth.toString();
    await waitFor(() => attachments.every((attachment) => attachment.output.length >= expected.length));
    expect(attachments.map((attachment) => attachment.output === expected)).toEqual(
      attachments.map(() => true),
    );
  });
});
