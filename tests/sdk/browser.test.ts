import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { createClient, type OutputItem } from "@cmdop/sdk";
import { attachFromBrowser } from "@cmdop/sdk/browser";
import { type FakeAgent, FaultProxy, leakCheck, waitFor as until } from "@cmdop/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { RelayFixture } from "../../services/relay/src/testing/relay-fixture.ts";

const noLeaks = leakCheck();
afterAll(noLeaks);

// The standard WebSocket of Node in place of a page's: no headers, no pings, no certificate of its own.
describe("an attachment over a WebSocket", () => {
  const usual = getCACertificates("default");
  let fixture: RelayFixture;
  let agent: FakeAgent;

  const relay = (): string => `127.0.0.1:${fixture.relay.port}`;

  const open = async () => {
    const { token } = await fixture.operatorToken();
    const client = createClient({ relay: relay(), token, ca: { pin: fixture.home.pin } });
    fixture.add(() => client.dispose());
    const { session } = await client.open({});
    return { client, session: agent.session(session.id), id: session.id };
  };

  beforeEach(async () => {
    fixture = await RelayFixture.open();
    setDefaultCACertificates([...usual, fixture.ca]);
    agent = await fixture.agent();
  });
  afterEach(async () => {
    setDefaultCACertificates(usual);
    await fixture.close();
  });

  it("reads, writes and ends as over gRPC", async () => {
    const { client, session, id } = await open();
    const attachment = await attachFromBrowser({
      relay: relay(),
      session: id,
      mode: "lossless",
      getTicket: () => client.ticket(id, "operator"),
    });
    session.onInput = (input) => session.write(`<${input.data}>`);
    await attachment.write("hi");
    session.end({ code: 2 });
    const items: OutputItem[] = [];
    for await (const item of attachment.output()) items.push(item);
    const bytes = items.flatMap((item) => (item.kind === "output" ? [...item.bytes] : []));
    expect(Buffer.from(bytes).toString()).toBe("<hi>");
    expect(await attachment.exited).toMatchObject({ code: 2 });
  });

  it("takes all of a flood through its credit", async () => {
    const { client, session, id } = await open();
    const attachment = await attachFromBrowser({
      relay: relay(),
      session: id,
      mode: "lossless",
      creditBytes: 100_000,
      getTicket: () => client.ticket(id, "observer"),
    });
    for (let at = 0; at < 40; at += 1) session.write(Buffer.alloc(50_000, 65 + (at % 26)));
    session.end();
    const parts: Uint8Array[] = [];
    for await (const item of attachment.output()) if (item.kind === "output") parts.push(item.bytes);
    expect(Buffer.compare(Buffer.concat(parts), session.truth)).toBe(0);
  });

  it("comes back by itself with the ticket that it has", async () => {
    const { client, session, id } = await open();
    const proxy = await FaultProxy.open(relay());
    fixture.add(() => proxy.close());
    let tickets = 0;
    const events: string[] = [];
    const attachment = await attachFromBrowser({
      relay: proxy.address,
      session: id,
      mode: "lossless",
      onEvent: (event) => events.push(event.type),
      getTicket: () => {
        tickets += 1;
        return client.ticket(id, "operator");
      },
    });
    await attachment.write("a");
    proxy.reset();
    await until(() => events.includes("reconnecting"));
    session.write("x");
    await attachment.write("b");
    await until(() => attachment.receivedOffset === 1);
    expect(session.inputText).toBe("ab");
    expect(tickets).toBe(1);
    await attachment.detach();
  });

  it("says the failure of a ticket that is not valid", async () => {
    const { client, id } = await open();
    const other = await client.open({});
    await expect(
      attachFromBrowser({
        relay: relay(),
        session: id,
        getTicket: () => client.ticket(other.session.id, "operator"),
      }),
    ).rejects.toMatchObject({ code: "permission_denied" });
    await expect(
      attachFromBrowser({
        relay: relay(),
        session: id,
        getTicket: async () => ({
          token: "x",
          sessionId: id,
          role: "operator",
          expiresAtMs: Date.now() + 60_000,
        }),
      }),
    ).rejects.toMatchObject({ code: "unauthenticated" });
  });
});
