import { Failure } from "@cmdop/base";
import {
  type Attachment,
  type AttachmentEvent,
  type Client,
  createClient,
  type OutputItem,
  waitFor,
} from "@cmdop/sdk";
import { type FakeAgent, FaultProxy, leakCheck, waitFor as until } from "@cmdop/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { RelayFixture } from "../../services/relay/src/testing/relay-fixture.ts";

const noLeaks = leakCheck();
afterAll(noLeaks);

const text = (items: readonly OutputItem[]): string =>
  items.map((item) => (item.kind === "output" ? Buffer.from(item.bytes).toString() : "")).join("");

describe("the client against a real relay", () => {
  let fixture: RelayFixture;
  let agent: FakeAgent;
  let client: Client;

  const connect = async (relay = `127.0.0.1:${fixture.relay.port}`): Promise<Client> => {
    const { token } = await fixture.operatorToken();
    const opened = createClient({ relay, token, ca: { pin: fixture.home.pin } });
    fixture.add(() => opened.dispose());
    return opened;
  };

  beforeEach(async () => {
    fixture = await RelayFixture.open();
    agent = await fixture.agent();
    client = await connect();
  });
  afterEach(() => fixture.close());

  it("lists machines and sessions", async () => {
    const [machine] = await client.machines.list();
    expect(machine).toMatchObject({
      name: "build-1",
      presence: "online",
      facts: { hostname: "fake.example.org" },
    });
    const { session } = await client.open({ name: "web", argv: ["sh"] });
    expect(await client.sessions.list()).toMatchObject([{ id: session.id, name: "web", state: "live" }]);
    expect(await client.sessions.get("web")).toMatchObject({ id: session.id });
  });

  it("starts, reads, writes and ends", async () => {
    const attachment = await client.start({ name: "web" }, { mode: "lossless" });
    const session = agent.session(attachment.session.id);
    session.onInput = (input) => session.write(`<${input.data}>`);
    await attachment.write("hi");
    session.end({ code: 7 });
    const items: OutputItem[] = [];
    for await (const item of attachment.output()) items.push(item);
    expect(text(items)).toBe("<hi>");
    expect(items.at(-1)).toMatchObject({ kind: "exit", exit: { code: 7, finalOffset: 4 } });
    expect(await attachment.exited).toMatchObject({ code: 7, reason: "exited" });
    expect(await attachment.closed).toBeUndefined();
  });

  it("continues at the exact byte after the connection was reset in the middle of a frame", async () => {
    const proxy = await FaultProxy.open(`127.0.0.1:${fixture.relay.port}`);
    fixture.add(() => proxy.close());
    const far = await connect(proxy.address);
    const events: AttachmentEvent[] = [];
    const attachment = await far.start({}, { mode: "lossless", onEvent: (event) => events.push(event) });
    const session = agent.session(attachment.session.id);
    session.onInput = () => {};
    const received: Uint8Array[] = [];
    const reading = (async () => {
      for await (const item of attachment.output()) {
        expect(item.kind).not.toBe("gap");
        if (item.kind === "output") received.push(item.bytes.slice());
      }
    })();
    for (let round = 0; round < 20; round += 1) {
      proxy.resetAfter(10_000 + 1_700 * round);
      for (let line = 0; line < 2_000; line += 1)
        session.write(`round ${round} line ${line} ${"x".repeat(20)}\n`);
      await attachment.write(`${round};`);
      await until(() => attachment.receivedOffset === session.offset, { what: `round ${round}` });
    }
    session.end();
    await reading;
    expect(Buffer.compare(Buffer.concat(received), session.truth)).toBe(0);
    expect(session.inputText).toBe(Array.from({ length: 20 }, (_, round) => `${round};`).join(""));
    expect(events.filter((event) => event.type === "reconnected").length).toBeGreaterThan(3);
  });

  it("keeps a slow terminal reader to its credit and then gives it gap and snapshot", async () => {
    const attachment = await client.start({}, { creditBytes: 65_536 });
    const session = agent.session(attachment.session.id);
    session.write("first");
    // Its size comes first.
    expect(await attachment.read()).toMatchObject({ kind: "resize", offset: 0 });
    expect(await attachment.read()).toMatchObject({ kind: "output", offset: 0 });
    for (let at = 0; at < 64; at += 1) session.write(Buffer.alloc(65_536, 65 + (at % 26)));
    session.write("last");
    await until(() => agent.session(attachment.session.id).offset > 4_000_000);
    const kinds: string[] = [];
    let next = 5;
    while (next < session.offset || kinds.at(-1) === "gap") {
      const item = await attachment.read();
      if (!item) break;
      kinds.push(item.kind);
      if (item.kind === "output") {
        expect(item.offset).toBe(next);
        next += item.bytes.length;
      } else if (item.kind === "gap") {
        expect(item).toMatchObject({ from: next, reason: "slow" });
        next = item.to;
      } else if (item.kind === "snapshot") expect(item.offset).toBe(next);
    }
    expect(kinds).toContain("gap");
    expect(kinds).toContain("snapshot");
    await attachment.detach();
  });

  it("waits for text that is cut by chunks and by colour, and leaves the rest to the next reader", async () => {
    const attachment = await client.start({});
    const session = agent.session(attachment.session.id);
    session.write("pass\x1b[1mwo");
    session.write("rd:\x1b[0m ünï next");
    expect(await waitFor(attachment, { pattern: ["nope", /password:/] })).toMatchObject({
      reason: "pattern",
      index: 1,
      text: "password:",
    });
    const rest = await attachment.read();
    expect(rest?.kind === "output" && Buffer.from(rest.bytes).toString()).toBe("\x1b[0m ünï next");
    expect(await waitFor(attachment, { idleMs: 30 })).toMatchObject({ reason: "idle" });
    expect(await waitFor(attachment, { pattern: "x", timeoutMs: 20 })).toMatchObject({ reason: "timeout" });
    session.end({ code: 1 });
    expect(await waitFor(attachment, { exit: true })).toMatchObject({ reason: "exit", exit: { code: 1 } });
  });

  it("says who else is there and moves the lease", async () => {
    const ann = await client.start({});
    const bobToken = await fixture.operatorToken({ operator: "bob" });
    const bobClient = createClient({
      relay: `127.0.0.1:${fixture.relay.port}`,
      token: bobToken.token,
      ca: { pem: fixture.ca },
    });
    fixture.add(() => bobClient.dispose());
    const bob = await bobClient.attach(ann.session.id);
    await until(() => ann.participants.length === 2, { what: "presence" });
    expect(ann.participants.map((one) => [one.operator, one.isSelf])).toEqual([
      ["alice", true],
      ["bob", false],
    ]);
    expect(await ann.takeLease()).toMatchObject({ holder: "alice", isMine: true });
    await until(() => bob.lease.holder === "alice", { what: "the lease at bob" });
    await expect(bob.write("x")).rejects.toMatchObject({ code: "lease_held" });
    expect(await ann.handBack()).toMatchObject({ holder: "" });
    await until(() => bob.lease.holder === "", { what: "the lease handed back" });
    await bob.write("y");
    expect(agent.session(ann.session.id).inputText).toBe("y");
  });

  it("says which of two that have one name holds the lease, whoever looks", async () => {
    const first = await client.start({});
    const second = await client.attach(first.session.id);
    const watcher = await client.attach(first.session.id, { role: "observer" });
    const idOf = ({ participants }: Attachment): string | undefined =>
      participants.find((one) => one.isSelf)?.attachmentId;
    const holders = (): readonly string[] =>
      watcher.participants.filter((one) => one.hasLease).map((one) => one.attachmentId);
    const all = [first, second, watcher];
    await until(() => all.every((each) => each.participants.length === 3), { what: "presence at all" });
    expect(holders()).toEqual([]);
    await second.takeLease();
    await until(() => watcher.lease.holder !== "", { what: "the lease at the watcher" });
    expect(holders()).toEqual([idOf(second)]);
    await first.takeLease();
    await until(() => holders()[0] !== idOf(second), { what: "the lease taken over" });
    expect(holders()).toEqual([idOf(first)]);
    expect(first.participants.map((one) => [one.isSelf, one.hasLease])).toEqual([
      [true, true],
      [false, false],
      [false, false],
    ]);
  });

  it("refuses an observer's input and an unknown session with their failures", async () => {
    const owner = await client.start({});
    const watcher = await client.attach(owner.session.id, { role: "observer" });
    expect(watcher.role).toBe("observer");
    await expect(watcher.write("x")).rejects.toMatchObject({ code: "permission_denied" });
    await expect(client.attach("nothing-like-it")).rejects.toMatchObject({ code: "session_not_found" });
    await expect(client.attach("nothing-like-it")).rejects.toBeInstanceOf(Failure);
  });

  it("runs a command and collects its output", async () => {
    const running = client.run({ argv: ["wc"], input: "abc" });
    const session = await until(() => [...agent.sessions.values()][0]);
    await until(() => session.inputText === "abc");
    session.write("out", 2);
    session.write("err", 3);
    session.end({ code: 3 });
    expect(await running).toMatchObject({ code: 3, stdout: "out", stderr: "err", truncated: false });
  });

  it("detaches when the loop is left, and the session lives on", async () => {
    const attachment = await client.start({});
    agent.session(attachment.session.id).write("x");
    for await (const item of attachment.output()) {
      if (item.kind === "output") break;
    }
    expect(await attachment.closed).toBeUndefined();
    expect(await client.sessions.get(attachment.session.id)).toMatchObject({ state: "live" });
  });

  it("refuses a relay that does not have the pinned key, without trying for ever", async () => {
    const wrong = createClient({
      relay: `127.0.0.1:${fixture.relay.port}`,
      token: "x",
      ca: { pin: `sha256:${"A".repeat(43)}` },
    });
    fixture.add(() => wrong.dispose());
    await expect(wrong.machines.list()).rejects.toMatchObject({ code: "untrusted_relay" });
  });
});
