// Our client, against a server of @grpc/grpc-js.

import { Failure } from "@cmdop/base";
import { createTestCertificates, leakCheck, waitFor } from "@cmdop/testkit";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallOptions, CallStatus, Channel, ClientCall } from "./index.ts";
import { openChannel } from "./index.ts";

const same = (bytes: Buffer): Buffer => bytes;
const route = (path: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${path}`,
  requestStream,
  responseStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});

const service = {
  Mirror: route("Mirror", false, false),
  Fail: route("Fail", false, false),
  Status: route("Status", false, false),
  Hang: route("Hang", false, false),
  MsLeft: route("MsLeft", false, false),
  Zeros: route("Zeros", false, false),
  CountTo: route("CountTo", false, true),
  Sum: route("Sum", true, false),
  Echo: route("Echo", true, true),
};

type Unary = ServerUnaryCall<Buffer, Buffer>;

const cancelled: string[] = [];
/** Calls of Hang that came to their handler. */
let hanging = 0;

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Percent-encoded on the wire: what is not ASCII, the percent sign itself, a line break. */
const statusText = "Größe: 100 % – 漢字 🎉\n%41";

const implementation = {
  Mirror: (call: Unary, answer: sendUnaryData<Buffer>) => {
    const headers = new Metadata();
    for (const value of call.metadata.get("x-text")) headers.add("x-text", value);
    for (const value of call.metadata.get("x-bytes-bin")) headers.add("x-bytes-bin", value);
    call.sendMetadata(headers);
    const trailers = new Metadata();
    trailers.add("x-trailer-bin", Buffer.from([0, 255, 1]));
    answer(null, call.request, trailers);
  },
  Fail: (call: Unary, answer: sendUnaryData<Buffer>) => {
    const trailers = new Metadata();
    if (call.request.length > 0) trailers.set("cmdop-code", "token_expired");
    answer({ code: status.UNAUTHENTICATED, details: "Nein: 100 % ✓", metadata: trailers });
  },
  Status: (call: Unary, answer: sendUnaryData<Buffer>) => {
    const trailers = new Metadata();
    trailers.add("x-trailer-bin", Buffer.from([0, 255, 1]));
    answer({ code: call.request.readUInt32BE(0), details: statusText, metadata: trailers });
  },
  Hang: (call: Unary) => {
    hanging += 1;
    call.on("cancelled", () => cancelled.push("cancelled"));
  },
  MsLeft: (call: Unary, answer: sendUnaryData<Buffer>) => {
    const left = Number(call.getDeadline()) - Date.now();
    answer(null, uint32(Number.isFinite(left) ? left : 0));
  },
  Zeros: (call: Unary, answer: sendUnaryData<Buffer>) =>
    answer(null, Buffer.alloc(call.request.readUInt32BE(0))),
  CountTo: (call: ServerWritableStream<Buffer, Buffer>) => {
    call.on("cancelled", () => cancelled.push("counting"));
    const headers = new Metadata();
    for (const value of call.metadata.get("x-bytes-bin")) headers.add("x-bytes-bin", value);
    call.sendMetadata(headers);
    const to = call.request.readUInt32BE(0);
    for (let number = 0; number < to; number += 1) call.write(uint32(number));
    // Without a number: it never ends.
    if (to > 0) call.end();
    else call.write(uint32(0));
  },
  Sum: (call: ServerReadableStream<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
    let sum = 0;
    call.on("data", (message: Buffer) => {
      sum += message.readUInt32BE(0);
    });
    call.on("end", () => answer(null, uint32(sum)));
  },
  Echo: (call: ServerDuplexStream<Buffer, Buffer>) => {
    call.on("data", (message: Buffer) => call.write(message));
    call.on("end", () => call.end());
    call.on("error", () => {});
  },
};

/** Everything that a call brought, when it is over. */
const whole = async (call: ClientCall): Promise<{ messages: Buffer[]; status: CallStatus }> => {
  const messages: Buffer[] = [];
  call.handle({ message: (message) => messages.push(Buffer.from(message)) });
  return { messages, status: await call.status };
};

const checkLeaks = leakCheck();
afterAll(() => checkLeaks());

describe.each(["tls", "pinned", "plaintext"] as const)("our client calls grpc-js over %s", (kind) => {
  const server = new Server();
  let channel: Channel;

  const ask = (method: string, requests: readonly Buffer[], options?: CallOptions): ClientCall => {
    const call = channel.open(`/test.Echo/${method}`, options);
    for (const request of requests) call.send(request);
    call.end();
    return call;
  };

  beforeAll(async () => {
    const certificates = await createTestCertificates();
    server.addService(service, implementation);
    const serverCredentials =
      kind === "plaintext"
        ? ServerCredentials.createInsecure()
        : ServerCredentials.createSsl(null, [
            { private_key: Buffer.from(certificates.key), cert_chain: Buffer.from(certificates.cert) },
          ]);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", serverCredentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const trust = kind === "pinned" ? { pinnedCa: certificates.caPin } : { ca: certificates.ca };
    channel = await openChannel({
      address: { host: "127.0.0.1", port },
      tls: kind === "plaintext" ? "plaintext" : trust,
    });
  });

  afterAll(async () => {
    await channel.close();
    server.forceShutdown();
  });

  it("unary, with metadata of both kinds in both directions", async () => {
    const metadata = new Map<string, (string | Uint8Array)[]>([
      ["x-text", ["one"]],
      ["x-bytes-bin", [Uint8Array.of(0, 1, 254), Buffer.from("second")]],
    ]);
    const { message, headers, trailers } = await channel.unary(
      "/test.Echo/Mirror",
      Buffer.alloc(500_000, 3),
      {
        metadata,
      },
    );
    expect(message.equals(Buffer.alloc(500_000, 3))).toBe(true);
    expect(headers.get("x-text")).toEqual(["one"]);
    expect(headers.get("x-bytes-bin")?.map((value) => Buffer.from(value).toString("hex"))).toEqual([
      "0001fe",
      Buffer.from("second").toString("hex"),
    ]);
    expect(trailers.get("x-trailer-bin")).toEqual([Buffer.from([0, 255, 1])]);
  });

  it("turns a status into a Failure, the exact one where it is named", async () => {
    const failures = await Promise.all(
      ["", "named"].map((request) =>
        channel.unary("/test.Echo/Fail", Buffer.from(request)).catch((error: unknown) => error),
      ),
    );
    expect(failures).toEqual([
      new Failure("unauthenticated", "Nein: 100 % ✓"),
      new Failure("token_expired", "Nein: 100 % ✓"),
    ]);
    const unknown = await channel.unary("/test.Echo/None", Buffer.alloc(0)).catch((error: unknown) => error);
    expect(unknown).toMatchObject({ code: "unimplemented" });
  });

  it("server streaming, with metadata of bytes in both directions", async () => {
    const metadata = new Map([["x-bytes-bin", [Uint8Array.of(0, 255)]]]);
    const call = ask("CountTo", [uint32(2_000)], { metadata });
    const { messages, status: ended } = await whole(call);
    expect(messages.map((message) => message.readUInt32BE(0))).toEqual(
      Array.from({ length: 2_000 }, (_, at) => at),
    );
    expect([ended.code, (await call.headers).get("x-bytes-bin")]).toEqual(["OK", [Buffer.from([0, 255])]]);
  });

  it("client streaming", async () => {
    const call = ask(
      "Sum",
      Array.from({ length: 1_000 }, (_, number) => uint32(number)),
    );
    const { messages, status: ended } = await whole(call);
    expect([messages, ended.code]).toEqual([[uint32(499_500)], "OK"]);
  });

  it("every status, in trailers alone, with its percent-encoded text and its metadata", async () => {
    const numbers = Array.from({ length: 16 }, (_, at) => at + 1);
    const calls = numbers.map((number) => ask("Status", [uint32(number)]));
    const ended = await Promise.all(calls.map(whole));
    expect(ended.map((each) => [each.messages, each.status.code, each.status.message])).toEqual(
      numbers.map((number) => [[], status[number], statusText]),
    );
    for (const each of ended)
      expect(each.status.metadata.get("x-trailer-bin")).toEqual([Buffer.from([0, 255, 1])]);
    // No headers came: what stands in their place are the trailers.
    const headers = await Promise.allSettled(calls.map((call) => call.headers));
    expect(new Set(headers.map((each) => each.status))).toEqual(new Set(["rejected"]));
  });

  it("both directions at once, in order, with an end", async () => {
    const call = channel.open("/test.Echo/Echo");
    const received: Buffer[] = [];
    const events: string[] = [];
    const closed = new Promise<CallStatus>((resolve) => {
      call.handle({
        message: (message) => received.push(message),
        end: () => events.push("end"),
        close: (ended) => {
          events.push("close");
          resolve(ended);
        },
      });
    });
    const sent = Array.from({ length: 400 }, (_, number) => Buffer.alloc(number * 31, number));
    for (const message of sent) call.send(message);
    call.end();
    expect((await closed).code).toBe("OK");
    expect(received.map((message) => message.length)).toEqual(sent.map((message) => message.length));
    expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true);
    expect(events).toEqual(["end", "close"]);
  });

  it("the deadline is known there, as time that is left", async () => {
    const left = async (timeoutMs?: number) =>
      (
        await channel.unary(
          "/test.Echo/MsLeft",
          Buffer.alloc(0),
          timeoutMs === undefined ? {} : { timeoutMs },
        )
      ).message.readUInt32BE(0);
    const [none, some] = [await left(), await left(60_000)];
    expect(none).toBe(0);
    expect(some).toBeGreaterThan(50_000);
    expect(some).toBeLessThanOrEqual(60_000);
  });

  it("a stream that is cancelled in its middle ends there", async () => {
    cancelled.length = 0;
    const call = ask("CountTo", [uint32(0)]);
    const first = new Promise<void>((resolve) => call.handle({ message: () => resolve() }));
    await first;
    call.cancel();
    expect((await call.status).code).toBe("CANCELLED");
    await waitFor(() => cancelled.length === 1, { what: "the server to hear of it" });
    expect(cancelled).toEqual(["counting"]);
  });

  it("a message over the limit is refused by whoever receives it, and the next call is served", async () => {
    const over = 4 * 1024 * 1024 + 1;
    const received = await whole(ask("Zeros", [uint32(over)]));
    const sent = await whole(ask("Echo", [Buffer.alloc(over)]));
    const largest = await whole(ask("Zeros", [uint32(over - 1)]));
    expect(
      [received, sent, largest].map(({ messages, status: ended }) => [ended.code, messages.length]),
    ).toEqual([
      ["RESOURCE_EXHAUSTED", 0],
      ["RESOURCE_EXHAUSTED", 0],
      ["OK", 1],
    ]);
  });

  it("deadline and cancellation end the call here and there", async () => {
    cancelled.length = 0;
    hanging = 0;
    const late = await channel
      .unary("/test.Echo/Hang", Buffer.alloc(0), { timeoutMs: 200 })
      .catch((error: unknown) => error);
    expect(late).toMatchObject({ code: "timed_out" });
    // On a busy machine the deadline may be over before the server has the call: then it never hears of it.
    const before = hanging;
    const abort = new AbortController();
    const answer = channel.unary("/test.Echo/Hang", Buffer.alloc(0), { signal: abort.signal });
    await waitFor(() => hanging > before, { what: "the server to have the call" });
    abort.abort();
    await expect(answer).rejects.toMatchObject({ code: "cancelled" });
    await waitFor(() => cancelled.length === hanging, { what: "the server to hear of all that it had" });
  });
});
