// The channel: connecting, trust, what it makes of a server's answers, and how it notices the end.

import dns from "node:dns";
import {
  constants,
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import type { Failure } from "@cmdop/base";
import { createTestCertificates, FakeClock, leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { toFramed } from "../codec/framing.ts";
import { limits } from "../limits.ts";
import {
  type Channel,
  type ChannelOptions,
  createGrpcServer,
  type GrpcServer,
  type GrpcServerOptions,
  type Method,
  openChannel,
  type ServerTls,
} from "./index.ts";

const checkLeaks = leakCheck();
afterAll(() => checkLeaks());

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const portOf = (server: Server | Http2Server): number => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
};

const echo: Method = {
  handler: (call) =>
    call.handle({
      message: (_message, framed) => {
        call.sendFramed(framed);
      },
      end: () => call.finish(),
    }),
};

const serve = async (
  options: Partial<GrpcServerOptions> = {},
  tls?: ServerTls,
): Promise<{ server: GrpcServer; port: number }> => {
  const server = createGrpcServer({ methods: new Map([["/t/echo", echo]]), ...options });
  closers.push(() => server.close());
  const { port } = await server.listen({ host: "127.0.0.1", port: 0, ...(tls ? { tls } : {}) });
  return { server, port };
};

const open = async (port: number, options: Partial<ChannelOptions> = {}): Promise<Channel> => {
  const channel = await openChannel({ address: { host: "127.0.0.1", port }, tls: "plaintext", ...options });
  closers.push(() => channel.close());
  return channel;
};

const codeOf = async (attempt: Promise<unknown>): Promise<string> => {
  try {
    await attempt;
    return "accepted";
  } catch (error) {
    return (error as Failure).code;
  }
};

/** A server that answers each request with `respond`. */
const bareServer = async (
  respond: (stream: ServerHttp2Stream, session: ServerHttp2Session) => void,
): Promise<{ port: number; sessions: ServerHttp2Session[] }> => {
  const server = createHttp2Server();
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => {});
  });
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    respond(stream, stream.session as ServerHttp2Session);
  });
  closers.push(() => {
    for (const session of sessions) session.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: portOf(server), sessions };
};

/** Forwards bytes until told to forward nothing and to say nothing: a half-open connection. */
const blackHole = async (target: number): Promise<{ port: number; swallow: () => void }> => {
  let isSwallowing = false;
  const sockets = new Set<Socket>();
  const proxy = createTcpServer({ allowHalfOpen: true }, (inner) => {
    const outer = connectTcp({ host: "127.0.0.1", port: target, allowHalfOpen: true });
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {});
      from.on("data", (chunk) => {
        if (!isSwallowing) to.write(chunk);
      });
      from.on("end", () => {
        if (!isSwallowing) to.end();
      });
    }
  });
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => proxy.close(resolve));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    port: portOf(proxy),
    swallow: () => {
      isSwallowing = true;
    },
  };
};

/** An address where nobody answers: its listener's queue is full and nothing takes from it, so that a SYN is dropped. */
const openSilent = async (host: string, port: number): Promise<void> => {
  const listener = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const server = require("node:net").createServer();
     server.listen({ ...workerData, backlog: 1 }, () => {
       parentPort.postMessage("listening");
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true, workerData: { host, port } },
  );
  closers.push(() => listener.terminate());
  await new Promise((resolve) => listener.once("message", resolve));
  const queued = Array.from({ length: 4 }, () => connectTcp({ host, port }));
  for (const socket of queued) socket.on("error", () => {});
  closers.push(() => queued.forEach((socket) => void socket.destroy()));
  await waitFor(() => queued.filter((socket) => !socket.connecting).length >= 2);
};

describe("connecting", () => {
  it("nobody there is `unavailable`, silence is `timed_out`, another protocol `unavailable`", async () => {
    const silent = createTcpServer();
    const page = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    const accepted: Socket[] = [];
    silent.on("connection", (socket) => accepted.push(socket));
    for (const server of [silent, page]) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      closers.push(() => new Promise((resolve) => server.close(resolve)));
    }
    closers.push(() => accepted.forEach((socket) => void socket.destroy()));
    const free = createTcpServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const freePort = portOf(free);
    await new Promise((resolve) => free.close(resolve));
    expect(
      await Promise.all([
        codeOf(open(freePort)),
        codeOf(open(portOf(silent), { connectTimeoutMs: 50 })),
        codeOf(open(portOf(page))),
        codeOf(open(portOf(page), { tls: { pinnedCa: "sha256:x" } })),
        codeOf(open(freePort, { tls: { ca: "x", pinnedCa: "sha256:x" } })),
        codeOf(open(portOf(silent), { signal: AbortSignal.abort() })),
      ]),
    ).toEqual(["unavailable", "timed_out", "unavailable", "unavailable", "not_configured", "cancelled"]);
  });

  it.each(["refused", "silent"] as const)(
    "of a name with two addresses the second is dialed when the first is %s",
    async (first) => {
      const certificates = await createTestCertificates({ names: ["relay.test"] });
      const { port } = await serve({}, certificates);
      if (first === "silent") await openSilent("127.0.0.2", port);
      const lookup = vi.spyOn(dns, "lookup").mockImplementation(((
        _name: string,
        _options: unknown,
        found: (error: null, addresses: { address: string; family: number }[]) => void,
      ) =>
        found(
          null,
          ["127.0.0.2", "127.0.0.1"].map((address) => ({ address, family: 4 })),
        )) as never);
      closers.push(() => lookup.mockRestore());
      const startedMs = performance.now();
      // Who refuses takes none of the time that it has.
      const firstMs = first === "silent" ? 300 : 60_000;
      const channel = await open(port, {
        address: { host: "relay.test", port },
        tls: { ca: certificates.ca },
        addressTimeoutMs: firstMs,
      });
      expect((await channel.unary("/t/echo", Buffer.from("over the second"))).message.toString()).toBe(
        "over the second",
      );
      expect(performance.now() - startedMs).toBeGreaterThan(first === "silent" ? firstMs - 10 : 0);
      expect(lookup).toHaveBeenCalledTimes(1);
    },
  );

  it.each(["ca", "pinnedCa"] as const)(
    "trust by %s: the right one alone, for the right name, in its time",
    async (by) => {
      const good = await createTestCertificates();
      const other = await createTestCertificates();
      const named = await createTestCertificates({ names: ["relay.test"] });
      const hourMs = 3_600_000;
      const expired = await createTestCertificates({ notAfter: new Date(Date.now() - hourMs) });
      const future = await createTestCertificates({ notBefore: new Date(Date.now() + hourMs) });
      const trust = (made: typeof good): { ca: string } | { pinnedCa: string } =>
        by === "ca" ? { ca: made.ca } : { pinnedCa: made.caPin };
      const attempt = async (
        served: typeof good,
        trusted: typeof good,
        servername?: string,
      ): Promise<string> => {
        const { port } = await serve({}, served);
        const tls = { ...trust(trusted), ...(servername === undefined ? {} : { servername }) };
        return codeOf(open(port, { tls }));
      };
      expect({
        good: await attempt(good, good),
        other: await attempt(good, other),
        wrongName: await attempt(named, named),
        rightName: await attempt(named, named, "relay.test"),
        expired: await attempt(expired, expired),
        future: await attempt(future, future),
      }).toEqual({
        good: "accepted",
        other: "untrusted_relay",
        wrongName: "untrusted_relay",
        rightName: "accepted",
        expired: "untrusted_relay",
        future: "untrusted_relay",
      });
    },
  );

  it("a pinned authority is not believed by its presence alone", async () => {
    const good = await createTestCertificates();
    const forged = await createTestCertificates();
    // The right authority stands in the chain, but did not sign the leaf.
    const { port } = await serve({}, { key: forged.key, cert: `${forged.leaf}\n${good.ca}` });
    const bare = await serve({}, { key: good.key, cert: good.leaf });
    const pinned = { pinnedCa: good.caPin };
    expect(
      await Promise.all([codeOf(open(port, { tls: pinned })), codeOf(open(bare.port, { tls: pinned }))]),
    ).toEqual(["untrusted_relay", "untrusted_relay"]);
  });

  it("the server reads back the windows that were set", async () => {
    const { port, sessions } = await bareServer(() => {});
    await open(port);
    await waitFor(() => sessions[0]?.state.remoteWindowSize === limits.connectionWindowBytes);
    expect(sessions[0]?.remoteSettings.initialWindowSize).toBe(limits.streamWindowBytes);
  });
});

describe("what a server answers", () => {
  const headers = { ":status": 200, "content-type": "application/grpc" };

  it.each([
    ["HTTP 401", { ":status": 401 }, "unauthenticated"],
    ["HTTP 403", { ":status": 403 }, "permission_denied"],
    ["HTTP 404", { ":status": 404 }, "unimplemented"],
    ["HTTP 429", { ":status": 429 }, "unavailable"],
    ["HTTP 502", { ":status": 502 }, "unavailable"],
    ["HTTP 500", { ":status": 500 }, "internal"],
    ["a page", { ":status": 200, "content-type": "text/html" }, "internal"],
    ["headers and nothing else", headers, "truncated_message"],
    ["a status alone", { ...headers, "grpc-status": "7" }, "permission_denied"],
    ["OK without an answer", { ...headers, "grpc-status": "0" }, "truncated_message"],
    ["a status that is none", { ...headers, "grpc-status": "99" }, "internal"],
    ["an exact code", { ...headers, "grpc-status": "9", "cmdop-code": "session_ended" }, "session_ended"],
    [
      "an unknown exact code",
      { ...headers, "grpc-status": "9", "cmdop-code": "__proto__" },
      "unexpected_message",
    ],
    ["data loss", { ...headers, "grpc-status": "15" }, "log_corrupt"],
  ])("%s", async (_what, answer, expected) => {
    const { port } = await bareServer((stream) => stream.respond(answer, { endStream: true }));
    const channel = await open(port);
    expect(await codeOf(channel.unary("/t/x", Buffer.alloc(0)))).toBe(expected);
  });

  it.each([
    [constants.NGHTTP2_CANCEL, "cancelled"],
    [constants.NGHTTP2_REFUSED_STREAM, "unavailable"],
    [constants.NGHTTP2_ENHANCE_YOUR_CALM, "rate_limited"],
    [constants.NGHTTP2_INADEQUATE_SECURITY, "permission_denied"],
    [constants.NGHTTP2_INTERNAL_ERROR, "internal"],
    [constants.NGHTTP2_PROTOCOL_ERROR, "internal"],
  ])("reset %i is %s", async (reset, expected) => {
    const { port } = await bareServer((stream) => stream.close(reset));
    const channel = await open(port);
    expect(await codeOf(channel.unary("/t/x", Buffer.alloc(0)))).toBe(expected);
  });

  it("the text and the wait of a failure, without control sequences", async () => {
    const { port } = await bareServer((stream) =>
      stream.respond(
        {
          ...headers,
          "grpc-status": "8",
          "grpc-message": "slow%1B[2J down %E2%9C%93",
          "cmdop-retry-after-ms": "750",
        },
        { endStream: true },
      ),
    );
    const channel = await open(port);
    const failure = await channel.unary("/t/x", Buffer.alloc(0)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "rate_limited", retryAfterMs: 750 });
    expect((failure as Failure).message).toMatch(/^slow.*down ✓$/);
    expect((failure as Failure).message).not.toContain("\u001b");
  });

  it("a message too large, truncated or compressed ends the call alone", async () => {
    const bodies = [
      Buffer.from([0, 0, 1, 0, 0]),
      Buffer.from([0, 0, 0, 0, 5, 1]),
      Buffer.from([1, 0, 0, 0, 1, 1]),
    ];
    const { port } = await bareServer((stream) => {
      stream.respond(headers, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      const index = Number(stream.sentHeaders?.["x-index"] ?? bodies.length - remaining--);
      stream.end(bodies[index]);
    });
    let remaining = bodies.length;
    const channel = await open(port, { messageBytesMax: 1_000 });
    const codes: string[] = [];
    for (const _body of bodies) codes.push(await codeOf(channel.unary("/t/x", Buffer.alloc(0))));
    expect([codes, channel.isOpen]).toEqual([
      ["message_too_large", "truncated_message", "unimplemented"],
      true,
    ]);
  });

  it("metadata that cannot be sent is refused before it is", async () => {
    const { port } = await serve();
    const channel = await open(port);
    const entries: [string, (string | Uint8Array)[]][] = [
      ["grpc-status", ["0"]],
      ["te", ["x"]],
      ["Bad", ["x"]],
      ["x y", ["x"]],
      ["x-text", ["line\nbreak"]],
      ["x-bin", ["text"]],
      ["x-text", [Uint8Array.of(1)]],
    ];
    const codes = await Promise.all(
      entries.map((entry) =>
        codeOf(channel.unary("/t/echo", Buffer.alloc(0), { metadata: new Map([entry]) })),
      ),
    );
    expect(codes).toEqual(entries.map(() => "invalid_argument"));
  });

  it("while paused nothing is handed on, and the end waits for what is held", async () => {
    const { port } = await bareServer((stream) => {
      stream.respond(headers, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.concat([1, 2, 3].map((number) => toFramed(Buffer.of(number)))));
    });
    const channel = await open(port);
    const call = channel.open("/t/x");
    const seen: (number | string)[] = [];
    call.handle({
      message: (message) => {
        seen.push(message[0] ?? -1);
        call.pause();
      },
      end: () => seen.push("end"),
      close: ({ code }) => seen.push(code),
    });
    for (const count of [1, 2, 3]) {
      await waitFor(() => seen.length === count);
      await codeOf(channel.unary("/t/x", Buffer.alloc(0)));
      expect(seen.length).toBe(count);
      call.resume();
    }
    await call.status;
    expect(seen).toEqual([1, 2, 3, "end", "OK"]);
  });
});

describe("the end of a connection", () => {
  it("running calls end with connection_lost, new ones too, and `closed` says why", async () => {
    const { port, sessions } = await bareServer((stream) =>
      stream.respond({ ":status": 200, "content-type": "application/grpc" }),
    );
    const channel = await open(port);
    const call = channel.open("/t/x");
    await call.headers;
    sessions[0]?.destroy();
    expect((await call.status).metadata.get("cmdop-code")).toEqual(["connection_lost"]);
    expect(await channel.closed).toMatchObject({ code: "connection_lost" });
    expect(await codeOf(channel.unary("/t/x", Buffer.alloc(0)))).toBe("connection_lost");
    expect([channel.isOpen, channel.calls, call.signal.aborted]).toEqual([false, 0, true]);
  });

  it("GOAWAY: running calls go on, new ones are told `draining`", async () => {
    const { server, port } = await serve();
    const channel = await open(port);
    const call = channel.open("/t/echo");
    const received: string[] = [];
    call.handle({ message: (message) => received.push(message.toString()) });
    call.send(Buffer.from("before"));
    await waitFor(() => received.length === 1);
    const drained = server.drain();
    await channel.draining;
    expect(channel.isDraining).toBe(true);
    expect(await codeOf(channel.unary("/t/echo", Buffer.alloc(0)))).toBe("draining");
    call.send(Buffer.from("after"));
    await waitFor(() => received.length === 2);
    call.end();
    expect((await call.status).code).toBe("OK");
    await drained;
  });

  it("close lets calls end within the grace, then cancels them; `closed` is then no failure", async () => {
    const { port } = await serve();
    const channel = await open(port);
    const ending = channel.open("/t/echo");
    ending.handle({ message: () => ending.end() });
    const hanging = channel.open("/t/echo");
    hanging.handle({ message: () => {} });
    ending.send(Buffer.from("x"));
    await channel.close(200);
    expect([(await ending.status).code, (await hanging.status).code, await channel.closed]).toEqual([
      "OK",
      "CANCELLED",
      undefined,
    ]);
  });
});

describe("half-open connections", () => {
  /** Lets real I/O happen between two looks of a fake clock. */
  const turn = async (channel: Channel | undefined, clock: FakeClock): Promise<void> => {
    clock.advance(limits.keepaliveSweepMs);
    if (channel?.isOpen) await codeOf(channel.unary("/t/none", Buffer.alloc(0)));
    else await new Promise((resolve) => setImmediate(resolve));
  };

  it("the client notices within 20 s that the server is gone", async () => {
    const { port } = await serve();
    const hole = await blackHole(port);
    const clock = new FakeClock();
    const channel = await open(hole.port, { clock });
    const call = channel.open("/t/echo");
    call.handle({ message: () => {} });
    await codeOf(channel.unary("/t/none", Buffer.alloc(0)));
    hole.swallow();
    const startMs = clock.nowMs();
    while (channel.isOpen && clock.nowMs() < 60_000) {
      clock.advance(limits.keepaliveSweepMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(clock.nowMs() - startMs).toBeLessThanOrEqual(20_000);
    expect((await call.status).metadata.get("cmdop-code")).toEqual(["connection_lost"]);
    expect(await channel.closed).toMatchObject({ code: "connection_lost" });
  });

  it("the server notices within 20 s that the client is gone", async () => {
    const clock = new FakeClock();
    const closedBy: string[] = [];
    const statuses: string[] = [];
    const hold: Method = {
      handler: (call) => call.handle({ message: () => {}, close: ({ code }) => statuses.push(code) }),
    };
    const { server, port } = await serve({
      clock,
      methods: new Map([["/t/hold", hold]]),
      events: { connectionClosed: (_peer, why) => closedBy.push(why) },
    });
    const hole = await blackHole(port);
    const channel = await open(hole.port);
    channel.open("/t/hold");
    await waitFor(() => server.calls === 1);
    await codeOf(channel.unary("/t/none", Buffer.alloc(0)));
    hole.swallow();
    const startMs = clock.nowMs();
    while (server.connections > 0 && clock.nowMs() < 60_000) {
      clock.advance(limits.keepaliveSweepMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(clock.nowMs() - startMs).toBeLessThanOrEqual(20_000);
    expect([closedBy, statuses]).toEqual([["keepalive"], ["UNAVAILABLE"]]);
  });

  it("an idle connection whose peer answers pings lives on, and both sides may ping", async () => {
    const clock = new FakeClock();
    const hold: Method = { handler: (call) => call.handle({ message: () => {} }) };
    const { server, port } = await serve({ clock, methods: new Map([["/t/hold", hold]]) });
    const channel = await open(port, { clock });
    channel.open("/t/hold");
    await waitFor(() => server.calls === 1);
    for (let second = 0; second < 120; second += 1) {
      clock.advance(limits.keepaliveSweepMs);
      // Time enough for a ping and its answer over loopback.
      for (let each = 0; each < 10; each += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect([channel.isOpen, server.connections, server.calls]).toEqual([true, 1, 1]);
    await turn(channel, clock);
  });
});
