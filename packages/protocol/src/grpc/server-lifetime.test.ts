// When calls and connections end at the server: deadlines, resets, drain; and who else shares its port.

import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { connect as connectTcp } from "node:net";
import { Failure } from "@cmdop/base";
import { createTestCertificates, FakeClock, leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { toFramed } from "../codec/framing.ts";
import { limits } from "../limits.ts";
import { createGrpcServer, type GrpcServerOptions, type Method } from "./index.ts";
import {
  echo,
  exchange,
  grpcHeaders,
  type Started,
  settle,
  startServer,
  statusOf,
} from "./testing/bare-client.ts";

const checkLeaks = leakCheck();
afterAll(() => checkLeaks());

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const start = (
  methods: Readonly<Record<string, Method>>,
  options: Partial<GrpcServerOptions> = {},
): Promise<Started> => startServer(closers, methods, options);

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

describe("connections that nobody authenticated", () => {
  const opened: ClientHttp2Session[] = [];
  const open = (port: number, localAddress: string): Promise<"open" | "closed"> =>
    new Promise((resolve) => {
      const createConnection = () => connectTcp({ host: "127.0.0.1", port, localAddress });
      const session = connect(`http://127.0.0.1:${port}`, { createConnection });
      opened.push(session);
      closers.push(() => session.destroy());
      session.once("error", () => resolve("closed"));
      session.once("close", () => resolve("closed"));
      session.once("remoteSettings", () => resolve("open"));
    });

  it("are bounded for each caller, whatever they do; one that is authenticated or over makes room", async () => {
    const refused: string[] = [];
    const admit: Method = {
      unauthenticatedBytesMax: 100,
      handler: (call) => {
        if (call.metadata.get("x-good")) call.authenticated();
        call.fail(new Failure("unauthenticated"));
      },
    };
    const { session, port } = await start(
      { "/t/admit": admit },
      {
        unauthenticated: {
          perCallerMax: 2,
          callerOf: (address) => (address === "127.0.0.3" ? undefined : address),
        },
        events: { connectionRefused: (peer) => refused.push(peer.replace(/:\d+$/, "")) },
      },
    );
    expect([await open(port, "127.0.0.1"), await open(port, "127.0.0.1")]).toEqual(["open", "closed"]);
    const others = await Promise.all(["2", "3", "3", "3"].map((last) => open(port, `127.0.0.${last}`)));
    expect(others).toEqual(["open", "open", "open", "open"]);
    // Refused call after call, it still counts.
    await exchange(session, { ...grpcHeaders, ":path": "/t/admit" });
    expect(await open(port, "127.0.0.1")).toBe("closed");
    await exchange(session, { ...grpcHeaders, ":path": "/t/admit", "x-good": "1" });
    expect([await open(port, "127.0.0.1"), await open(port, "127.0.0.1")]).toEqual(["open", "closed"]);
    expect(refused).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    for (const each of [session, ...opened]) each.destroy();
    await waitFor(async () => (await open(port, "127.0.0.1")) === "open", { everyMs: 50 });
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
