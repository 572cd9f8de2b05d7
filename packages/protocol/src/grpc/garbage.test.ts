// What a hostile peer may write to the socket: the server closes that connection or call and serves the others.

import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { leakCheck, SeededRandom, testSeed, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toFramed } from "../codec/framing.ts";
import { type Channel, createGrpcServer, type GrpcServer, openChannel } from "./index.ts";

const seed = testSeed();
const random = new SeededRandom(seed);
const checkLeaks = leakCheck();
const internalErrors: unknown[] = [];
let server: GrpcServer;
let channel: Channel;
let port = 0;

beforeAll(async () => {
  server = createGrpcServer({
    methods: new Map([
      [
        "/t/echo",
        {
          messageBytesMax: 10_000,
          handler: (call) =>
            call.handle({
              message: (_message, framed) => {
                call.sendFramed(framed);
              },
              end: () => call.finish(),
            }),
        },
      ],
    ]),
    events: { internalError: (cause) => internalErrors.push(cause) },
  });
  ({ port } = await server.listen({ host: "127.0.0.1", port: 0 }));
  channel = await openChannel({ address: { host: "127.0.0.1", port }, tls: "plaintext" });
});

afterAll(async () => {
  await channel.close();
  await server.close();
  await checkLeaks();
});

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

/** An HTTP/2 frame whose header is plausible and whose payload is not. */
const randomFrame = (): Buffer => {
  const payload = random.bytes(random.int(0, 200));
  const header = Buffer.alloc(9);
  header.writeUIntBE(random.chance(0.8) ? payload.length : random.int(0, 2 ** 24 - 1), 0, 3);
  header[3] = random.int(0, 12);
  header[4] = random.int(0, 255);
  header.writeUInt32BE(random.chance(0.5) ? random.int(0, 9) : random.int(0, 2 ** 31 - 1), 5);
  return Buffer.concat([header, payload]);
};

const garbage = (): Buffer => {
  const frames = Array.from({ length: random.int(1, 8) }, randomFrame);
  const raw = Buffer.from(random.bytes(random.int(0, 500)));
  const beginning = random.pick([[], [preface], [preface, settings]]);
  return Buffer.concat([...beginning, ...(random.chance(0.8) ? frames : []), raw]);
};

/** Of a message's prefix: any, not compressed, that and not too large, compressed. */
const beginnings = [[], [0], [0, 0, 0], [1]].map((bytes) => Buffer.from(bytes));

const throwAt = (bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.resume();
    socket.end(bytes);
  });

describe(`garbage, seed ${seed}`, () => {
  it("on the socket ends its connection alone", async () => {
    for (let round = 0; round < 40; round += 1) {
      await Promise.all(Array.from({ length: 5 }, () => throwAt(garbage())));
      const { message } = await channel.unary("/t/echo", Buffer.from(`round ${round}`));
      expect(message.toString()).toBe(`round ${round}`);
    }
    await waitFor(() => server.connections === 1, { what: "every other connection to be closed" });
    expect(internalErrors).toEqual([]);
  });

  it("in a call ends that call with a status, and the connection serves the next", async () => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on("error", () => {});
    const headers = {
      ":method": "POST",
      ":path": "/t/echo",
      "content-type": "application/grpc",
      te: "trailers",
    };
    const statuses = new Set<unknown>();
    for (let round = 0; round < 200; round += 1) {
      const stream = session.request(headers);
      stream.on("error", () => {});
      const status = new Promise((resolve) => {
        stream.on(
          "response",
          (answer) => answer["grpc-status"] !== undefined && resolve(answer["grpc-status"]),
        );
        stream.on("trailers", (trailers) => resolve(trailers["grpc-status"]));
      });
      const good = toFramed(random.bytes(random.int(0, 300)));
      const bad = random.chance(0.1)
        ? Buffer.alloc(0)
        : Buffer.concat([random.pick(beginnings), random.bytes(random.int(0, 40))]);
      stream.end(Buffer.concat(random.chance(0.5) ? [good, bad] : [bad]));
      stream.resume();
      statuses.add(await status);
    }
    // OK (nothing bad), malformed, too large, compressed, truncated.
    expect(statuses).toEqual(new Set(["0", "3", "8", "12", "13"]));
    expect(internalErrors).toEqual([]);
    session.close();
    await waitFor(() => server.connections === 1);
  });
});
