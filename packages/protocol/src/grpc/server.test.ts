// What the server makes of requests: malformed ones, windows and limits.

import { constants } from "node:http2";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { toFramed } from "../codec/framing.ts";
import { limits } from "../limits.ts";
import type { GrpcServerOptions, Method, ServerCall } from "./index.ts";
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
