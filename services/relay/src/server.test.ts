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

  it("forwards output as the bytes that came: what it would never write itself arrives as it stands", async () => {
    const session = new FakeSession();
    await fixture.agent({ sessions: [session] });
    await waitFor(() => session.homes.size > 0);
    const channel = await fixture.channel();
    const { token } = await fixture.ticket(session.sessionId);
    const wish = { sessionId: session.sessionId, fromOffset: 0n };
    const live = await RawAttachment.attach(channel, token, wish);
    // Output{channel: 1, a field of a later version, data: "abc", offset: 0 in two bytes}
    const message = Buffer.from([0x0a, 13, 0x18, 1, 0x7a, 1, 9, 0x12, 3, 97, 98, 99, 0x08, 0x80, 0]);
    session.sendMessage(message);
    await live.frame("output");
    const late = await RawAttachment.attach(channel, token, wish);
    await late.frame("output");
    for (const { messages } of [live, late]) expect(messages).toContainEqual(message);
  });
});
