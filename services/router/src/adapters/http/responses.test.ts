// How a stream leaves, on a connection whose writes are seen one by one.
import { createServer, type ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import { systemClock } from "@cmdop/base";
import { waitFor } from "@cmdop/testkit";
import type { FastifyReply } from "fastify";
import { expect, it } from "vitest";
import { limitsDefault } from "../../core/limits.ts";
import { sendStream } from "./responses.ts";

/** Each write is what one system call would take. */
class SeenConnection extends Duplex {
  readonly writes: string[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString("latin1"));
    done();
  }

  override _writev(chunks: { chunk: Buffer | string }[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString("latin1")).join(""));
    done();
  }
}

const open = (blocks: AsyncGenerator<Uint8Array>): SeenConnection => {
  const server = createServer((_request, raw: ServerResponse) => {
    const reply = { hijack: () => {}, raw, getHeaders: () => ({ "x-request-id": "r" }) };
    sendStream(
      reply as unknown as FastifyReply,
      { kind: "stream", model: "m", provider: "p", attempts: 1, blocks, close: () => {} },
      { clock: systemClock, limits: limitsDefault, signal: new AbortController().signal, abort: () => {} },
    ).catch(() => {});
  });
  const connection = new SeenConnection();
  server.emit("connection", connection);
  connection.push("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  return connection;
};

const isOver = ({ writes }: SeenConnection): boolean => writes.at(-1)?.endsWith("0\r\n\r\n") === true;

it("the head of a stream goes out with its first block, in one write", async () => {
  const connection = open(
    (async function* () {
      yield Buffer.from("data: first\n\n");
      await new Promise(setImmediate);
      yield Buffer.from("data: second\n\n");
    })(),
  );
  await waitFor(() => isOver(connection));
  const [first, ...rest] = connection.writes;
  expect(first).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n[0-9a-f]+\r\ndata: first\n\n\r\n$/);
  expect(rest.join("")).toContain("data: second");
  connection.destroy();
});

it("a head does not wait for a first block that is not there yet", async () => {
  const { promise: isThere, resolve } = Promise.withResolvers<undefined>();
  const connection = open(
    (async function* () {
      await isThere;
      yield Buffer.from("data: first\n\n");
    })(),
  );
  await waitFor(() => connection.writes.length > 0);
  expect(connection.writes).toEqual([expect.stringMatching(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/)]);
  resolve(undefined);
  await waitFor(() => isOver(connection));
  connection.destroy();
});

it("a stream that fails while it is made is cut, and does not end as if it were whole", async () => {
  const connection = open(
    (async function* () {
      yield Buffer.from("data: first\n\n");
      throw new Error("a fault of ours");
    })(),
  );
  await waitFor(() => connection.destroyed || isOver(connection));
  expect([connection.writes.join("").includes("data: first"), isOver(connection)]).toEqual([true, false]);
  connection.destroy();
});
