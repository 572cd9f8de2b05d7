// The server against a bare HTTP/2 client, which can do what a well-behaved gRPC client would not.

import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { Failure } from "@cmdop/base";
import { createTestCertificates, FakeClock, leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { toFramed } from "../codec/framing.ts";
import { limits } from "../limits.ts";
import {
  createGrpcServer,
  type GrpcServer,
  type GrpcServerOptions,
  type Method,
  type ServerCall,
} from "./index.ts";

const checkLeaks = leakCheck();
afterAll(() => checkLeaks());

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Everything that was sent before has been seen by the server, and its answers by us. */
const settle = (session: ClientHttp2Session): Promise<void> =>
  new Promise((resolve) => session.ping(() => session.ping(() => resolve())));

const echo: Method = {
  handler: (call) =>
    call.handle({
      message: (_message, framed) => {
        call.sendFramed(framed);
      },
      end: () => call.finish(),
    }),
};

interface Started {
  readonly server: GrpcServer;
  readonly session: ClientHttp2Session;
  readonly port: number;
  /** What the server reported of each call: "path code". */
  readonly ended: string[];
}

const start = async (
  methods: Readonly<Record<string, Method>>,
  options: Partial<GrpcServerOptions> = {},
): Promise<Started> => {
  const ended: string[] = [];
  const server = createGrpcServer({
    methods: new Map(Object.entries(methods)),
    events: { callEnded: (path, code) => ended.push(`${path} ${code}`) },
    ...options,
  });
  closers.push(() => server.close());
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  closers.push(() => session.destroy());
  await new Promise((resolve) => session.once("remoteSettings", resolve));
  return { server, session, port, ended };
};

interface Answer {
  readonly headers: IncomingHttpHeaders | undefined;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly body: Buffer;
  readonly reset: number;
}

const grpcHeaders = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };

const exchange = (
  session: ClientHttp2Session,
  headers: Record<string, string | string[]>,
  body: readonly Uint8Array[] = [],
  isEnded = true,
): Promise<Answer> =>
  new Promise((resolve) => {
    const stream = session.request(headers);
    let answered: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders | undefined;
    const chunks: Buffer[] = [];
    stream.on("response", (given) => {
      answered = given;
    });
    stream.on("trailers", (given) => {
      trailers = given;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => {});
    stream.on("close", () =>
      resolve({ headers: answered, trailers, body: Buffer.concat(chunks), reset: stream.rstCode ?? 0 }),
    );
    for (const part of body) stream.write(part);
    if (isEnded) stream.end();
  });

const statusOf = ({ headers, trailers }: Answer): [unknown, unknown] => [
  trailers?.["grpc-status"] ?? headers?.["grpc-status"],
  trailers?.["cmdop-code"] ?? headers?.["cmdop-code"],
];

describe("requests that are not well-formed", () => {
  it.each([
    ["another content type", { "content-type": "application/json" }, 415],
    ["gRPC-Web", { "content-type": "application/grpc-web" }, 415],
    ["JSON messages", { "content-type": "application/grpc+json" }, 415],
    ["GET", { ":method": "GET", "content-type": "application/grpc" }, 405],
    ["a page", { ":method": "GET", "content-type": "" }, 404],
  ])("%s is answered by HTTP alone", async (_what, headers, expected) => {
    const { session } = await start({ "/t/echo": echo });
    const answer = await exchange(session, { ...grpcHeaders, ":path": "/t/echo", ...headers });
    expect(answer.headers?.[":status"]).toBe(expected);
  });

  it.each([
    ["a malformed timeout", { "grpc-timeout": "5 parsecs" }, "3", "invalid_argument"],
    ["a timeout of nine digits", { "grpc-timeout": "123456789n" }, "3", "invalid_argument"],
    ["metadata that is not base64", { "x-bin": "§§" }, "3", "invalid_argument"],
    ["an unknown method", { ":path": "/t/none" }, "12", "unimplemented"],
  ])("%s is a status and leaves the connection alone", async (_what, headers, status, code) => {
    const { session } = await start({ "/t/echo": echo });
    const bad = await exchange(session, { ...grpcHeaders, ":path": "/t/echo", ...headers });
    expect(statusOf(bad)).toEqual([status, code]);
    const good = await exchange(session, { ...grpcHeaders, ":path": "/t/echo" }, [
      toFramed(Buffer.from("x")),
    ]);
    expect([statusOf(good)[0], good.body.subarray(5).toString()]).toEqual(["0", "x"]);
  });

  it("no te: trailers is a status", async () => {
    const { session } = await start({ "/t/echo": echo });
    const { te: _te, ...headers } = grpcHeaders;
    expect(statusOf(await exchange(session, { ...headers, ":path": "/t/echo" }))).toEqual([
      "3",
      "invalid_argument",
    ]);
  });

  it.each([
    ["truncated", [[0, 0, 0, 0, 9, 1]], true, "13", "truncated_message"],
    ["truncated in its prefix", [[0, 0]], true, "13", "truncated_message"],
    ["larger than the limit", [[0, 0, 64, 0, 1]], false, "8", "message_too_large"],
    ["compressed", [[1, 0, 0, 0, 1, 1]], false, "12", "unimplemented"],
    ["with unknown flags", [[9, 0, 0, 0, 1, 1]], false, "3", "malformed_message"],
  ])("a message %s ends its call alone", async (_what, body, isEnded, status, code) => {
    const { session } = await start({ "/t/echo": echo });
    const beside = session.request({ ...grpcHeaders, ":path": "/t/echo" });
    beside.on("data", () => {});
    const bad = await exchange(
      session,
      { ...grpcHeaders, ":path": "/t/echo" },
      body.map((bytes) => Uint8Array.from(bytes)),
      isEnded,
    );
    expect(statusOf(bad)).toEqual([status, code]);
    const echoed = new Promise<Buffer>((resolve) => beside.once("data", resolve));
    beside.write(toFramed(Buffer.from("beside")));
    expect((await echoed).subarray(5).toString()).toBe("beside");
  });

  it("metadata over the limit is refused and the connection goes on", async () => {
    const { session } = await start({ "/t/echo": echo });
    const large = await exchange(session, {
      ...grpcHeaders,
      ":path": "/t/echo",
      "x-large": "a".repeat(17_000),
    });
    expect([large.headers, large.reset]).toEqual([undefined, expect.any(Number)]);
    expect(large.reset).not.toBe(0);
    expect(statusOf(await exchange(session, { ...grpcHeaders, ":path": "/t/echo" }))[0]).toBe("0");
  });

  it("what a handler throws in an event is not shown and disturbs no other call", async () => {
    const causes: unknown[] = [];
    const { session } = await start(
      {
        "/t/bug": {
          handler: (call) =>
            call.handle({
              message: () => {
                throw new Error("a password");
              },
            }),
        },
        "/t/echo": echo,
      },
      { events: { internalError: (cause) => causes.push(cause) } },
    );
    const bug = await exchange(
      session,
      { ...grpcHeaders, ":path": "/t/bug" },
      [toFramed(Buffer.from("x"))],
      false,
    );
    expect([bug.trailers ?? bug.headers]).toMatchObject([
      { "grpc-status": "13", "grpc-message": "Something went wrong inside." },
    ]);
    expect(causes).toEqual([new Error("a password")]);
    expect(statusOf(await exchange(session, { ...grpcHeaders, ":path": "/t/echo" }))[0]).toBe("0");
  });
});

describe("windows and limits", () => {
  it("the peer reads back the windows that were set", async () => {
    const { session } = await start({ "/t/echo": echo });
    await waitFor(() => session.state.remoteWindowSize === limits.connectionWindowBytes);
    expect({
      stream: session.remoteSettings.initialWindowSize,
      connection: session.state.remoteWindowSize,
      calls: session.remoteSettings.maxConcurrentStreams,
      metadata: session.remoteSettings.maxHeaderListSize,
    }).toEqual({
      stream: limits.streamWindowBytes,
      connection: limits.connectionWindowBytes,
      calls: limits.callsPerConnectionMax,
      metadata: limits.metadataBytesMax,
    });
  });

  it("a guarded server opens its windows when a call was authenticated", async () => {
    const admit: Method = {
      unauthenticatedBytesMax: 100,
      handler: (call) => {
        call.handle({
          message: (message) => {
            if (message.length === 1) call.authenticated();
            call.send(Buffer.alloc(2));
          },
          end: () => call.finish(),
        });
      },
    };
    const { session } = await start({ "/t/admit": admit });
    expect([session.remoteSettings.initialWindowSize, session.remoteSettings.maxConcurrentStreams]).toEqual([
      limits.unauthenticatedWindowBytes,
      16,
    ]);
    const headers = { ...grpcHeaders, ":path": "/t/admit" };
    const many = await exchange(
      session,
      headers,
      [toFramed(Buffer.alloc(90)), toFramed(Buffer.alloc(90))],
      false,
    );
    const large = await exchange(session, headers, [toFramed(Buffer.alloc(101))], false);
    expect([statusOf(many), statusOf(large)]).toEqual([
      ["8", "unauthenticated_budget"],
      ["8", "unauthenticated_budget"],
    ]);
    const admitted = await exchange(session, headers, [
      toFramed(Buffer.alloc(1)),
      toFramed(Buffer.alloc(5_000)),
    ]);
    expect(statusOf(admitted)[0]).toBe("0");
    // What was sent before was taken from it.
    await waitFor(() => (session.state.remoteWindowSize ?? 0) > limits.connectionWindowBytes - 10_000);
    expect([session.remoteSettings.initialWindowSize, session.remoteSettings.maxConcurrentStreams]).toEqual([
      limits.streamWindowBytes,
      limits.callsPerConnectionMax,
    ]);
  });

  it("more calls than a connection may have wait for a free place", async () => {
    const open: ServerCall[] = [];
    const hold: Method = {
      handler: (call) => {
        open.push(call);
        call.handle({ message: () => {} });
      },
    };
    const { session } = await start({ "/t/hold": hold }, { callsPerConnectionMax: 2 });
    const answers = [1, 2, 3].map(() => exchange(session, { ...grpcHeaders, ":path": "/t/hold" }));
    await waitFor(() => open.length === 2);
    await settle(session);
    expect(open.length).toBe(2);
    open[0]?.finish();
    await waitFor(() => open.length === 3);
    for (const call of open) call.finish();
    expect((await Promise.all(answers)).map((answer) => statusOf(answer)[0])).toEqual(["0", "0", "0"]);
  });

  it("a paused call holds back its peer by one window, and no other call", async () => {
    let slow: ServerCall | undefined;
    const hold: Method = {
      handler: (call) => {
        slow = call;
        call.handle({ message: () => {} });
        call.pause();
      },
    };
    const { session } = await start({ "/t/hold": hold, "/t/echo": echo }, { streamWindowBytes: 100_000 });
    const stream = session.request({ ...grpcHeaders, ":path": "/t/hold" });
    stream.write(toFramed(Buffer.alloc(1_000_000)));
    await waitFor(
      () =>
        stream.state.localWindowSize !== undefined &&
        session.state.outboundQueueSize !== undefined &&
        stream.writableLength > 0,
    );
    await settle(session);
    expect(stream.writableLength).toBeGreaterThan(0);
    const beside = await exchange(session, { ...grpcHeaders, ":path": "/t/echo" }, [
      toFramed(Buffer.alloc(50_000)),
    ]);
    expect(beside.body.length).toBe(50_005);
    slow?.resume();
    await waitFor(() => stream.writableLength === 0);
    stream.close(constants.NGHTTP2_CANCEL);
  });

  it("send says when to stop, bufferedBytes counts what was not taken, and drain follows", async () => {
    const seen: { accepted: number; buffered: number; drained: number } = {
      accepted: 0,
      buffered: 0,
      drained: 0,
    };
    const flood: Method = {
      handler: (call) => {
        call.handle({
          message: () => {},
          drain: () => {
            seen.drained = call.bufferedBytes;
            call.finish();
          },
        });
        while (call.sendFramed(toFramed(Buffer.alloc(10_000)))) seen.accepted += 1;
        seen.buffered = call.bufferedBytes;
      },
    };
    const { session } = await start({ "/t/flood": flood }, { sendBufferBytes: 300_000 });
    const answer = await exchange(session, { ...grpcHeaders, ":path": "/t/flood" }, [], false);
    expect(seen).toMatchObject({ accepted: 29, buffered: 30 * 10_005 });
    expect(seen.drained).toBeLessThanOrEqual(75_000);
    expect([answer.body.length, statusOf(answer)[0]]).toEqual([30 * 10_005, "0"]);
  });
});

describe("time", () => {
  it("a deadline ends the call at the server, also when the client does not keep it", async () => {
    const clock = new FakeClock();
    const hold: Method = { handler: (call) => call.handle({ message: () => {} }) };
    const { session, server, ended } = await start({ "/t/hold": hold }, { clock });
    const answer = exchange(session, { ...grpcHeaders, ":path": "/t/hold", "grpc-timeout": "2S" }, [], false);
    await waitFor(() => server.calls === 1);
    clock.advance(1_999);
    expect(server.calls).toBe(1);
    clock.advance(1);
    expect(statusOf(await answer)).toEqual(["4", "timed_out"]);
    await waitFor(() => server.calls === 0);
    expect(ended).toEqual(["/t/hold DEADLINE_EXCEEDED"]);
  });

  it("a connection without a call, and one that was left idle, are closed", async () => {
    const clock = new FakeClock();
    const { session, server } = await start({ "/t/echo": echo }, { clock, keepaliveIntervalMs: 1e9 });
    await waitFor(() => server.connections === 1);
    clock.advance(limits.handshakeTimeoutMs - 1_000);
    await exchange(session, { ...grpcHeaders, ":path": "/t/echo" });
    clock.advance(limits.idleConnectionMs - 1_000);
    expect(server.connections).toBe(1);
    clock.advance(1_000);
    await waitFor(() => session.destroyed);
    const { session: silent } = await start({ "/t/echo": echo }, { clock, keepaliveIntervalMs: 1e9 });
    clock.advance(limits.handshakeTimeoutMs + 1_000);
    await waitFor(() => silent.destroyed);
  });

  it("a call that does not authenticate in time is ended", async () => {
    const clock = new FakeClock();
    const admit: Method = {
      unauthenticatedBytesMax: 100,
      handler: (call) => call.handle({ message: () => {} }),
    };
    const { session, server } = await start({ "/t/admit": admit }, { clock, keepaliveIntervalMs: 1e9 });
    const answer = exchange(session, { ...grpcHeaders, ":path": "/t/admit" }, [], false);
    await waitFor(() => server.calls === 1);
    clock.advance(limits.handshakeTimeoutMs + 1_000);
    expect(statusOf(await answer)[0]).toBe("16");
  });

  it("a call whose peer does not read is given up after its end", async () => {
    const clock = new FakeClock();
    const flood: Method = {
      handler: (call) => {
        call.sendFramed(toFramed(Buffer.alloc(200_000)));
        call.finish();
      },
    };
    const { session, server, ended } = await start(
      { "/t/flood": flood },
      { clock, keepaliveIntervalMs: 1e9 },
    );
    const stream = session.request({ ...grpcHeaders, ":path": "/t/flood" });
    stream.on("error", () => {});
    await waitFor(() => server.calls === 1);
    await settle(session);
    clock.advance(31_000);
    await waitFor(() => server.calls === 0);
    expect(ended).toEqual(["/t/flood RESOURCE_EXHAUSTED"]);
  });
});

describe("the end of a call", () => {
  it("a reset by the client is CANCELLED, a lost connection UNAVAILABLE, and both abort the signal", async () => {
    const seen: string[] = [];
    const hold: Method = {
      handler: (call) => {
        const { signal } = call;
        call.handle({ message: () => {}, close: ({ code }) => seen.push(`${code} ${signal.aborted}`) });
      },
    };
    const { session, server } = await start({ "/t/hold": hold });
    const stream = session.request({ ...grpcHeaders, ":path": "/t/hold" });
    stream.on("error", () => {});
    await waitFor(() => server.calls === 1);
    stream.close(constants.NGHTTP2_CANCEL);
    await waitFor(() => seen.length === 1);
    session.request({ ...grpcHeaders, ":path": "/t/hold" }).on("error", () => {});
    await waitFor(() => server.calls === 1);
    session.destroy();
    await waitFor(() => seen.length === 2);
    expect(seen).toEqual(["CANCELLED true", "UNAVAILABLE true"]);
  });

  it("tells its owner even when it ended while the handler was still deciding", async () => {
    let decide = (): void => {};
    const decided = new Promise<void>((resolve) => {
      decide = resolve;
    });
    const seen: string[] = [];
    const slow: Method = {
      handler: async (call) => {
        await decided;
        call.handle({ message: () => {}, close: ({ code }) => seen.push(code) });
      },
    };
    const { session, server } = await start({ "/t/slow": slow });
    const stream = session.request({ ...grpcHeaders, ":path": "/t/slow" });
    stream.on("error", () => {});
    await waitFor(() => server.calls === 1);
    stream.close(constants.NGHTTP2_CANCEL);
    await waitFor(() => server.calls === 0);
    decide();
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual(["CANCELLED"]);
  });

  it("messages sent before the end arrive before it, and a client that still sends is told to stop", async () => {
    const early: Method = {
      handler: (call) => {
        for (let number = 0; number < 100; number += 1) call.send(Buffer.alloc(5_000, number));
        call.fail(new Failure("session_ended", "Es ist vorbei ✓"));
        call.send(Buffer.from("too late"));
      },
    };
    const { session } = await start({ "/t/early": early });
    const answer = await exchange(
      session,
      { ...grpcHeaders, ":path": "/t/early" },
      [toFramed(Buffer.alloc(9))],
      false,
    );
    expect([answer.body.length, answer.trailers?.["grpc-message"], ...statusOf(answer)]).toEqual([
      100 * 5_005,
      "Es ist vorbei %E2%9C%93",
      "9",
      "session_ended",
    ]);
  });

  it("a raw call hands on bytes as they come and sends parts of messages", async () => {
    const pump: Method = {
      handler: (call) =>
        call.handleRaw({
          bytes: (chunk) => {
            call.sendFramed(chunk);
          },
          end: () => call.finish(),
        }),
    };
    const { session } = await start({ "/t/pump": pump });
    const sent = [Buffer.from([0, 0]), Buffer.from([0, 0, 3, 1]), Buffer.from([2, 3, 0])];
    const answer = await exchange(session, { ...grpcHeaders, ":path": "/t/pump" }, sent);
    expect([answer.body.equals(Buffer.concat(sent)), statusOf(answer)[0]]).toEqual([true, "0"]);
  });
});

describe("drain and close", () => {
  it("drain lets running calls end, refuses new connections, and resolves when the last is over", async () => {
    const { session, server, port } = await start({ "/t/echo": echo });
    const stream = session.request({ ...grpcHeaders, ":path": "/t/echo" });
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.write(toFramed(Buffer.from("one")));
    await waitFor(() => chunks.length === 1);
    const wentAway = new Promise((resolve) => session.once("goaway", resolve));
    let isDrained = false;
    const drained = server.drain().then(() => {
      isDrained = true;
    });
    await wentAway;
    stream.write(toFramed(Buffer.from("two")));
    await waitFor(() => chunks.length === 2);
    expect(isDrained).toBe(false);
    const refused = connect(`http://127.0.0.1:${port}`);
    const error = await new Promise<{ code?: string }>((resolve) => refused.once("error", resolve));
    expect(error.code).toBe("ECONNREFUSED");
    stream.end();
    await drained;
    expect(server.connections).toBe(0);
  });

  it("close ends what still runs with `draining`, also for a peer that does not read", async () => {
    const hold: Method = {
      handler: (call) => {
        call.sendHeaders();
        call.handle({ message: () => {} });
      },
    };
    const { session, server, ended } = await start({ "/t/hold": hold });
    const answer = exchange(session, { ...grpcHeaders, ":path": "/t/hold" }, [], false);
    await waitFor(() => server.calls === 1);
    await server.close();
    expect(statusOf(await answer)).toEqual(["14", "draining"]);
    expect(ended).toEqual(["/t/hold UNAVAILABLE"]);
  });

  it("a port in use is named", async () => {
    const { server, port } = await start({ "/t/echo": echo });
    await expect(server.listen({ host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "port_in_use",
      message: `Port ${port} is in use.`,
    });
  });
});

describe.each(["tls", "plaintext"] as const)("HTTP/1.1 beside gRPC over %s", (kind) => {
  it("is handed to its own server, and other HTTP/2 requests to their handler", async () => {
    const pages = createHttpServer((request, response) =>
      response.end(`page ${request.url} ${request.headers.host}`),
    );
    closers.push(() => new Promise((resolve) => pages.close(() => resolve())));
    const certificates = await createTestCertificates();
    const server = createGrpcServer({
      methods: new Map([["/t/echo", echo]]),
      http1: (socket) => pages.emit("connection", socket),
      http2: (stream) => {
        stream.respond({ ":status": 200 });
        stream.end("over two");
      },
    });
    closers.push(() => server.close());
    const { port } = await server.listen({
      host: "127.0.0.1",
      port: 0,
      ...(kind === "tls" ? { tls: certificates } : {}),
    });
    const { request } = kind === "tls" ? await import("node:https") : { request: httpRequest };
    const page = await new Promise<string>((resolve, reject) => {
      const options = { host: "127.0.0.1", port, path: "/healthz", agent: false, ca: certificates.ca };
      request(options, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () => resolve(text));
      })
        .on("error", reject)
        .end();
    });
    expect(page).toBe(`page /healthz 127.0.0.1:${port}`);
    const session = connect(`${kind === "tls" ? "https" : "http"}://127.0.0.1:${port}`, {
      ca: certificates.ca,
    });
    closers.push(() => session.destroy());
    const over2 = await exchange(session, { ":method": "GET", ":path": "/healthz" });
    expect([over2.headers?.[":status"], over2.body.toString()]).toEqual([200, "over two"]);
    const grpc = await exchange(session, { ...grpcHeaders, ":path": "/t/echo" }, [
      toFramed(Buffer.from("x")),
    ]);
    expect(statusOf(grpc)[0]).toBe("0");
  });
});
