// Our server, called by @grpc/grpc-js.

import { Failure } from "@cmdop/base";
import { createTestCertificates, leakCheck } from "@cmdop/testkit";
import { type CallOptions, Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGrpcServer, type GrpcServer, type ServerCall, type StatusCode } from "./index.ts";

const same = (bytes: Buffer): Buffer => bytes;

const echo = (call: ServerCall): void => {
  call.handle({
    message: (_message, framed) => {
      call.sendFramed(framed);
    },
    end: () => call.finish(),
  });
};

/** Answers with what it saw, and with metadata of both kinds. */
const mirror = (call: ServerCall): void => {
  call.sendHeaders(
    new Map<string, (string | Uint8Array)[]>([
      ["x-text", call.metadata.get("x-text")?.slice() ?? []],
      ["x-bytes-bin", call.metadata.get("x-bytes-bin")?.slice() ?? []],
    ]),
  );
  call.handle({
    message: (message) => {
      call.send(message);
    },
    end: () => call.finish({ metadata: new Map([["x-trailer-bin", [Uint8Array.of(0, 255, 1)]]]) }),
  });
};

const countTo = (call: ServerCall): void => {
  call.handle({
    message: (message) => {
      for (let number = 0; number < message.readUInt32BE(0); number += 1) {
        const answer = Buffer.alloc(4);
        answer.writeUInt32BE(number);
        call.send(answer);
      }
    },
    end: () => call.finish(),
  });
};

const sum = (call: ServerCall): void => {
  let total = 0;
  call.handle({
    message: (message) => {
      total += message.readUInt32BE(0);
    },
    end: () => {
      const answer = Buffer.alloc(4);
      answer.writeUInt32BE(total);
      call.send(answer);
      call.finish();
    },
  });
};

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Percent-encoded on the wire: what is not ASCII, the percent sign itself, a line break. */
const statusText = "Größe: 100 % – 漢字 🎉\n%41";

const checkLeaks = leakCheck();
const cancelled: string[] = [];

const methods = new Map([
  ["/test.Echo/Echo", { handler: echo }],
  ["/test.Echo/Mirror", { handler: mirror }],
  ["/test.Echo/CountTo", { handler: countTo }],
  ["/test.Echo/Sum", { handler: sum }],
  [
    "/test.Echo/Fail",
    {
      handler: (call: ServerCall) =>
        call.fail(new Failure("rate_limited", "Zu schnell: 100 % ✓", { retryAfterMs: 1_500 })),
    },
  ],
  [
    "/test.Echo/Status",
    {
      handler: (call: ServerCall) =>
        call.handle({
          message: (message) =>
            call.finish({ code: status[message.readUInt32BE(0)] as StatusCode, message: statusText }),
        }),
    },
  ],
  [
    "/test.Echo/Throw",
    {
      handler: async () => {
        throw new Error("a password");
      },
    },
  ],
  [
    "/test.Echo/Hang",
    {
      handler: (call: ServerCall) => {
        call.handle({ message: () => {}, close: (ended) => cancelled.push(ended.code) });
      },
    },
  ],
]);

const unary = (
  client: Client,
  method: string,
  request: Buffer,
  options: { metadata?: Metadata; call?: CallOptions } = {},
): Promise<{
  error: ServiceError | null;
  response: Buffer | undefined;
  initial: Metadata | undefined;
  trailers: Metadata | undefined;
}> =>
  new Promise((resolve) => {
    let initial: Metadata | undefined;
    let trailers: Metadata | undefined;
    let answer: { error: ServiceError | null; response: Buffer | undefined } | undefined;
    const call = client.makeUnaryRequest(
      `/test.Echo/${method}`,
      same,
      same,
      request,
      options.metadata ?? new Metadata(),
      options.call ?? {},
      (error, response) => {
        answer = { error, response };
      },
    );
    call.on("metadata", (metadata) => {
      initial = metadata;
    });
    call.on("status", (ended) => {
      trailers = ended.metadata;
      setImmediate(() =>
        resolve({ error: answer?.error ?? null, response: answer?.response, initial, trailers }),
      );
    });
  });

describe.each(["tls", "plaintext"] as const)("grpc-js calls our server over %s", (kind) => {
  let server: GrpcServer;
  let client: Client;

  beforeAll(async () => {
    server = createGrpcServer({ methods });
    const certificates = await createTestCertificates();
    const tls = kind === "tls" ? { tls: certificates } : {};
    const listener = await server.listen({ host: "127.0.0.1", port: 0, ...tls });
    client = new Client(
      `localhost:${listener.port}`,
      kind === "tls" ? credentials.createSsl(Buffer.from(certificates.ca)) : credentials.createInsecure(),
    );
  });

  afterAll(async () => {
    client.close();
    await server.close();
  });

  it("unary, also empty and larger than a window", async () => {
    const sizes = [0, 5, 70_000, 3_000_000];
    const answers = await Promise.all(sizes.map((size) => unary(client, "Echo", Buffer.alloc(size, 7))));
    expect(answers.map((each) => [each.error, each.response?.length])).toEqual(
      sizes.map((size) => [null, size]),
    );
    expect(answers[2]?.response?.equals(Buffer.alloc(70_000, 7))).toBe(true);
  });

  it("metadata in both directions, bytes and repeated keys too, and trailers", async () => {
    const metadata = new Metadata();
    metadata.add("x-text", "one, two");
    metadata.add("x-text", "three");
    metadata.add("x-bytes-bin", Buffer.from([0, 1, 254, 255]));
    metadata.add("x-bytes-bin", Buffer.from("second"));
    const { error, initial, trailers } = await unary(client, "Mirror", Buffer.from("x"), { metadata });
    expect({
      error,
      text: initial?.get("x-text"),
      bytes: initial?.get("x-bytes-bin").map((value) => Buffer.from(value).toString("hex")),
      trailer: trailers?.get("x-trailer-bin").map((value) => Buffer.from(value).toString("hex")),
    }).toEqual({
      error: null,
      // grpc-js reads repeated text as HTTP/2 joins it.
      text: ["one, two, three"],
      bytes: ["0001feff", Buffer.from("second").toString("hex")],
      trailer: ["00ff01"],
    });
  });

  it("server streaming", async () => {
    const call = client.makeServerStreamRequest("/test.Echo/CountTo", same, same, uint32(2_000));
    const numbers: number[] = [];
    for await (const message of call) numbers.push((message as Buffer).readUInt32BE(0));
    expect(numbers).toEqual(Array.from({ length: 2_000 }, (_, number) => number));
  });

  it("client streaming", async () => {
    const total = await new Promise<number>((resolve, reject) => {
      const call = client.makeClientStreamRequest("/test.Echo/Sum", same, same, (error, response) =>
        error ? reject(error) : resolve(response?.readUInt32BE(0) ?? -1),
      );
      for (let number = 0; number < 1_000; number += 1) call.write(uint32(number));
      call.end();
    });
    expect(total).toBe(499_500);
  });

  it("both directions at once", async () => {
    const call = client.makeBidiStreamRequest("/test.Echo/Echo", same, same);
    const sent = Array.from({ length: 300 }, (_, number) => Buffer.alloc(number * 17, number));
    const received: Buffer[] = [];
    call.on("data", (message: Buffer) => received.push(message));
    const ended = new Promise<number>((resolve) => call.on("status", (status) => resolve(status.code)));
    for (const message of sent) call.write(message);
    call.end();
    expect(await ended).toBe(status.OK);
    expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true);
    expect(received.length).toBe(300);
  });

  it("a failure's status, percent-encoded text and trailers, and nothing of what is not public", async () => {
    const failed = await unary(client, "Fail", Buffer.alloc(0));
    const threw = await unary(client, "Throw", Buffer.alloc(0));
    const unknown = await unary(client, "Nothing", Buffer.alloc(0));
    expect(
      [failed, threw, unknown].map(({ error, trailers }) => [
        error?.code,
        error?.details,
        trailers?.toJSON()["cmdop-code"],
        trailers?.toJSON()["cmdop-retry-after-ms"],
      ]),
    ).toEqual([
      [status.RESOURCE_EXHAUSTED, "Zu schnell: 100 % ✓", ["rate_limited"], ["1500"]],
      [status.INTERNAL, "Something went wrong inside.", ["internal"], undefined],
      [status.UNIMPLEMENTED, "There is no such method.", ["unimplemented"], undefined],
    ]);
  });

  it("every status, with its percent-encoded text", async () => {
    const numbers = Array.from({ length: 16 }, (_, at) => at + 1);
    const answers = await Promise.all(numbers.map((number) => unary(client, "Status", uint32(number))));
    expect(answers.map(({ error }) => [error?.code, error?.details])).toEqual(
      numbers.map((number) => [number, statusText]),
    );
  });

  it("deadlines and cancellation reach the handler", async () => {
    cancelled.length = 0;
    const late = await unary(client, "Hang", Buffer.alloc(0), { call: { deadline: Date.now() + 60 } });
    expect(late.error?.code).toBe(status.DEADLINE_EXCEEDED);
    const call = client.makeBidiStreamRequest("/test.Echo/Hang", same, same);
    const ended = new Promise<number>((resolve) => call.on("status", (each) => resolve(each.code)));
    call.on("error", () => {});
    call.write(Buffer.from("x"));
    await expect.poll(() => server.calls).toBe(1);
    call.cancel();
    expect(await ended).toBe(status.CANCELLED);
    await expect.poll(() => cancelled.length).toBe(2);
    expect(cancelled[1]).toBe("CANCELLED");
    expect(["CANCELLED", "DEADLINE_EXCEEDED"]).toContain(cancelled[0]);
  });

  it("a message over the limit, and a compressed one", async () => {
    const large = await unary(client, "Echo", Buffer.alloc(4 * 1024 * 1024 + 1));
    expect([large.error?.code, large.trailers?.toJSON()["cmdop-code"]]).toEqual([
      status.RESOURCE_EXHAUSTED,
      ["message_too_large"],
    ]);
    const compressing = new Client(
      client.getChannel().getTarget().replace("dns:", ""),
      kind === "tls"
        ? credentials.createSsl(null, null, null, { rejectUnauthorized: false })
        : credentials.createInsecure(),
      { "grpc.default_compression_algorithm": 2 },
    );
    const compressed = await unary(compressing, "Echo", Buffer.alloc(20_000));
    compressing.close();
    expect([compressed.error?.code, compressed.error?.details]).toEqual([
      status.UNIMPLEMENTED,
      "Compressed messages are not supported.",
    ]);
  });
});

afterAll(() => checkLeaks());
