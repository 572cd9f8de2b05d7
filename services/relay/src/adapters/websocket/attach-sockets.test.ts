import { get } from "node:https";
import { appendRevocation } from "@cmdop/authority";
import { type FailureCode, newSessionId } from "@cmdop/base";
import { decodeFrame, encodeFrame, type Frame, type FrameBody, fromFramed, limits } from "@cmdop/protocol";
import { FakeClock, FakeSession, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { RelayFixture, type RelayFixtureOptions } from "../../testing/relay-fixture.ts";

const origin = "https://console.example.org";
let fixture: RelayFixture;
let session: FakeSession;

const start = async (options: RelayFixtureOptions = {}): Promise<void> => {
  fixture = await RelayFixture.open({ ...options, config: { origins: [origin], ...options.config } });
  session = new FakeSession();
  await fixture.agent({ sessions: [session] });
  await waitFor(() => session.homes.size === 1);
};

beforeEach(() => start());

afterEach(async () => {
  await fixture.close();
});

interface Closed {
  readonly code: number;
  readonly reason: string;
}

class Page {
  readonly frames: Frame["body"][] = [];
  readonly webSocket: WebSocket;
  /** Resolves when it is over: with the HTTP status when it was never upgraded. */
  readonly closed: Promise<Closed>;
  acknowledges = true;

  constructor(headers: Record<string, string> = { origin }, path = "/v1/attach", autoPong = true) {
    this.webSocket = new WebSocket(`wss://localhost:${fixture.relay.port}${path}`, {
      ca: fixture.ca,
      headers,
      perMessageDeflate: true,
      autoPong,
    });
    fixture.add(() => this.webSocket.terminate());
    this.closed = new Promise((resolve) => {
      this.webSocket.on("unexpected-response", (_request, response) => {
        response.resume();
        resolve({ code: response.statusCode ?? 0, reason: "" });
      });
      this.webSocket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.webSocket.on("error", () => undefined);
    this.webSocket.on("message", (data: Buffer) => this.#receive(data));
  }

  async opened(): Promise<this> {
    await new Promise((resolve) => this.webSocket.once("open", resolve));
    return this;
  }

  send(body: FrameBody): void {
    this.webSocket.send(fromFramed(encodeFrame(body)));
  }

  attach(token: string, sessionId = session.sessionId): void {
    this.send({ case: "attach", value: { sessionId, token, fromOffset: 0n, stream: new Uint8Array(16) } });
  }

  get output(): string {
    const chunks = this.frames.flatMap((body) => (body.case === "output" ? [body.value.data] : []));
    return Buffer.concat(chunks).toString();
  }

  get fault(): string | undefined {
    return this.frames.flatMap((body) => (body.case === "fault" ? [body.value.code] : []))[0];
  }

  #receive(data: Buffer): void {
    const { body } = decodeFrame(data);
    this.frames.push(body);
    if (body.case === "output" && this.acknowledges) {
      this.send({ case: "ack", value: { offset: body.value.offset + BigInt(body.value.data.length) } });
    }
  }
}

const ticket = async (wish = {}): Promise<string> => (await fixture.ticket(session.sessionId, wish)).token;

describe("a browser's attachment", () => {
  it("gets the same frames, writes, and needs no header but its origin", async () => {
    const page = await new Page().opened();
    page.attach(await ticket());
    await waitFor(() => page.frames.some(({ case: name }) => name === "attached"));
    session.write("to the browser");
    await waitFor(() => page.output === "to the browser");
    page.send({
      case: "input",
      value: { stream: new Uint8Array(16), number: 1n, data: Buffer.from("from the browser") },
    });
    await waitFor(() => session.inputText === "from the browser");
    page.webSocket.close();
    await waitFor(() => fixture.relay.stats().attachments === 0);
  });

  it("is not compressed", async () => {
    const page = await new Page().opened();
    expect(page.webSocket.extensions).toBe("");
  });

  it("that reads nothing holds nobody, and costs a bounded amount", async () => {
    const slow = await new Page().opened();
    slow.acknowledges = false;
    slow.attach(await ticket());
    const quick = await new Page().opened();
    quick.attach(await ticket());
    await waitFor(() => fixture.relay.stats().attachments === 2);
    const block = "x".repeat(64 * 1024);
    for (let count = 0; count < 40; count += 1) {
      session.write(block);
      await waitFor(() => quick.output.length === (count + 1) * block.length);
    }
    expect(slow.output.length).toBeLessThanOrEqual(limits.creditBytesDefault + block.length);
  });
});

describe("sockets of one address", () => {
  it("are bounded in number as long as no good ticket came, and said so", async () => {
    await fixture.close();
    await start({ config: { proxies: [], unauthenticatedConnections: 2 } });
    const token = await ticket();
    for (let count = 1; count <= 3; count += 1) {
      (await new Page().opened()).attach(token);
      await waitFor(() => fixture.relay.stats().attachments === count);
    }
    const silent = await new Page().opened();
    await new Page().opened();
    expect(await new Page().closed).toMatchObject({ code: 1006 });
    const refused = { event: "edge.refused", what: "connection", code: "too_many_connections" };
    expect(fixture.lines).toContainEqual(expect.objectContaining(refused));
    silent.attach("forged");
    expect(await silent.closed).toMatchObject({ code: 4401 });
    await waitFor(async () => {
      const page = new Page();
      const isOpen = new Promise((resolve) => page.webSocket.once("open", () => resolve(true)));
      return Promise.race([isOpen, page.closed.then(() => false)]);
    });
  });
});

describe("a browser that does not answer pings", () => {
  it("stays while it says something else, as behind a slow connection, and is given up when it does not", async () => {
    await fixture.close();
    const clock = new FakeClock(Date.now());
    await start({ clock, transport: { keepaliveIntervalMs: 1e9 } });
    const page = await new Page({ origin }, "/v1/attach", false).opened();
    page.attach(await ticket());
    let typed = "";
    for (let number = 1n; number <= 4n; number += 1n) {
      const input = { stream: new Uint8Array(16), number, previous: number - 1n, data: Buffer.from("x") };
      page.send({ case: "input", value: input });
      typed += "x";
      await waitFor(() => session.inputText === typed);
      clock.advance(limits.keepaliveIntervalMs);
    }
    session.write("still here");
    await waitFor(() => page.output === "still here");
    page.acknowledges = false;
    clock.advance(limits.keepaliveIntervalMs);
    clock.advance(limits.keepaliveIntervalMs);
    expect(await page.closed).toMatchObject({ code: 1006 });
  });
});

describe("origins", () => {
  const rows: readonly [string, Record<string, string>, number | "open"][] = [
    ["on the list", { origin }, "open"],
    ["none, as of what is no browser", {}, "open"],
    ["another", { origin: "https://evil.example.org" }, 403],
    ["the same host in the clear", { origin: "http://console.example.org" }, 403],
    ["the same host on another port", { origin: "https://console.example.org:8443" }, 403],
    ["a host that begins like it", { origin: "https://console.example.org.evil.org" }, 403],
    ["a host that ends like it", { origin: "https://evilconsole.example.org" }, 403],
    ["with a path", { origin: `${origin}/` }, 403],
    ["null", { origin: "null" }, 403],
    ["empty", { origin: "" }, 403],
    ["two", { origin: `${origin}, https://evil.example.org` }, 403],
    ["the relay itself", { origin: "https://localhost" }, 403],
  ];

  it.each(rows)("%s", async (_name, headers, expected) => {
    const page = new Page(headers);
    const outcome = await Promise.race([
      page.opened().then(() => "open"),
      page.closed.then(({ code }) => code),
    ]);
    expect(outcome).toBe(expected);
  });

  it("none is allowed when the list is empty, whatever the token", async () => {
    await fixture.close();
    await start({ config: { origins: [] } });
    expect(await new Page().closed).toMatchObject({ code: 403 });
  });

  it("do not stand in for a token", async () => {
    const page = await new Page({}).opened();
    page.attach("");
    expect(await page.closed).toEqual({ code: 4401, reason: "unauthenticated" });
  });
});

describe("what is refused ends that socket alone, with a fault and a close code", () => {
  const rows: readonly [string, (page: Page) => Promise<void>, FailureCode, number][] = [
    ["no token", async (page) => page.attach(""), "unauthenticated", 4401],
    [
      "an operator's token",
      async (page) => page.attach((await fixture.operatorToken()).token),
      "unauthenticated",
      4401,
    ],
    [
      "a ticket for another session",
      async (page) => page.attach((await fixture.ticket(newSessionId())).token),
      "permission_denied",
      4403,
    ],
    [
      "another frame first",
      async (page) => page.send({ case: "ack", value: {} }),
      "unexpected_message",
      4400,
    ],
    [
      "malformed protobuf",
      async (page) => page.webSocket.send(Buffer.from([0x0a, 0xff])),
      "malformed_message",
      4400,
    ],
    ["text", async (page) => page.webSocket.send("hello"), "malformed_message", 4400],
    [
      "malformed protobuf once attached",
      async (page) => {
        page.attach(await ticket());
        await waitFor(() => page.frames.length > 0);
        page.webSocket.send(Buffer.from([0x0a, 0xff]));
      },
      "malformed_message",
      4400,
    ],
    [
      "a second attach",
      async (page) => {
        page.attach(await ticket());
        page.attach(await ticket());
      },
      "unexpected_message",
      4400,
    ],
  ];

  it.each(rows)("%s", async (_name, act, code, closeCode) => {
    const bystander = await new Page().opened();
    bystander.attach(await ticket());
    await waitFor(() => fixture.relay.stats().attachments === 1);
    const page = await new Page().opened();
    await act(page);
    expect(await page.closed).toEqual({ code: closeCode, reason: code });
    expect(page.fault).toBe(code);
    session.write("alive");
    await waitFor(() => bystander.output === "alive");
    expect(fixture.relay.stats().attachments).toBe(1);
  });

  it("more than 16 KiB before the token", async () => {
    const page = await new Page().opened();
    page.webSocket.send(Buffer.alloc(limits.unauthenticatedBytesMax + 1));
    expect(await page.closed).toMatchObject({ code: expect.any(Number) });
    await waitFor(() => fixture.lines.some(({ code }) => code === "unauthenticated_budget"));
    expect(fixture.relay.stats().attachments).toBe(0);
  });

  it("a message beyond the limit", async () => {
    const page = await new Page().opened();
    page.attach(await ticket());
    await waitFor(() => page.frames.length > 0);
    page.webSocket.send(Buffer.alloc(limits.messageBytesMax + 1));
    expect((await page.closed).code).not.toBe(1000);
    await waitFor(() => fixture.relay.stats().attachments === 0);
  });

  it.each(["/v1/attach?token=secret", "/", "/v1/attach/"])("the path %s", async (path) => {
    expect(await new Page({ origin }, path).closed).toMatchObject({ code: 404 });
    expect(JSON.stringify(fixture.lines)).not.toContain("secret");
  });

  it("silence for 5 s", async () => {
    await fixture.close();
    const clock = new FakeClock(Date.now());
    await start({ clock, transport: { keepaliveIntervalMs: 1e9 } });
    const page = await new Page().opened();
    // The upgrade is answered before the relay's own socket exists.
    await waitFor(() => {
      clock.advance(1000);
      return page.webSocket.readyState !== WebSocket.OPEN;
    });
    expect(await page.closed).toEqual({ code: 4504, reason: "timed_out" });
  });

  it("a revocation, within a second", async () => {
    const minted = await fixture.ticket(session.sessionId);
    const page = await new Page().opened();
    page.attach(minted.token);
    await waitFor(() => page.frames.length > 0);
    const atMs = performance.now();
    await appendRevocation(fixture.home.paths.revocations, { target: minted.id, atMs: Date.now() });
    expect(await page.closed).toEqual({ code: 4401, reason: "token_revoked" });
    expect(performance.now() - atMs).toBeLessThan(1000);
  });
});

describe("pages on the same port", () => {
  const fetchPage = (path: string, method = "GET"): Promise<[number, string]> =>
    new Promise((resolve, reject) => {
      const request = get(
        {
          host: "127.0.0.1",
          servername: "localhost",
          port: fixture.relay.port,
          path,
          method,
          ca: fixture.ca,
          agent: false,
        },
        (response) => {
          let text = "";
          response.on("data", (data: Buffer) => {
            text += data.toString();
          });
          response.on("end", () => resolve([response.statusCode ?? 0, text]));
        },
      );
      request.on("error", reject);
    });

  it.each([
    ["/healthz", "GET", 200, "ok\n"],
    ["/readyz", "GET", 200, "ready\n"],
    ["/readyz", "HEAD", 200, ""],
    ["/healthz", "DELETE", 405, "method not allowed\n"],
    ["/metrics", "GET", 404, "not found\n"],
    ["/v1/attach", "GET", 426, "a WebSocket is expected here\n"],
  ])("%s by %s", async (path, method, status, text) => {
    expect(await fetchPage(path, method)).toEqual([status, text]);
  });
});
