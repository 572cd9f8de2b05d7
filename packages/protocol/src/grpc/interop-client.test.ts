// Our client, against a server of @grpc/grpc-js.

import { Failure } from "@cmdop/base";
import { createTestCertificates, leakCheck, waitFor } from "@cmdop/testkit";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallStatus, Channel } from "./index.ts";
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
  Hang: route("Hang", false, false),
  Echo: route("Echo", true, true),
};

type Unary = ServerUnaryCall<Buffer, Buffer>;

const cancelled: string[] = [];

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
  Hang: (call: Unary) => {
    call.on("cancelled", () => cancelled.push("cancelled"));
  },
  Echo: (call: ServerDuplexStream<Buffer, Buffer>) => {
    call.on("data", (message: Buffer) => call.write(message));
    call.on("end", () => call.end());
    call.on("error", () => {});
  },
};

const checkLeaks = leakCheck();
afterAll(() => checkLeaks());

describe.each(["tls", "pinned", "plaintext"] as const)("our client calls grpc-js over %s", (kind) => {
  const server = new Server({ "grpc.max_receive_message_length": -1 });
  let channel: Channel;

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

  it("deadline and cancellation end the call here and there", async () => {
    cancelled.length = 0;
    const late = await channel
      .unary("/test.Echo/Hang", Buffer.alloc(0), { timeoutMs: 50 })
      .catch((error: unknown) => error);
    expect(late).toMatchObject({ code: "timed_out" });
    const abort = new AbortController();
    const answer = channel.unary("/test.Echo/Hang", Buffer.alloc(0), { signal: abort.signal });
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(answer).rejects.toMatchObject({ code: "cancelled" });
    await waitFor(() => cancelled.length === 2, { what: "the server to hear of both" });
  });
});
