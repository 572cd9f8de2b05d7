import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, Scope } from "@cmdop/base";
import { AgentService, toFramed } from "@cmdop/protocol";
import { createGrpcServer, openChannel, pathOf, type ServerCall, serveStream } from "@cmdop/protocol/grpc";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type HomeEnd, pumpHome } from "./home-pump.ts";

const MiB = 1024 * 1024;

interface Pumped {
  /** The session host's end of the home socket. */
  readonly host: Socket;
  /** The relay's end of the Home stream. */
  readonly relay: ServerCall;
  readonly end: Promise<HomeEnd>;
}

describe("the home pump", () => {
  let checkLeaks: () => Promise<void>;
  let scope = new Scope();
  beforeAll(() => {
    checkLeaks = leakCheck();
  });
  afterEach(async () => {
    await scope.close();
    scope = new Scope();
  });
  afterAll(() => checkLeaks());

  const start = async (): Promise<Pumped> => {
    const directory = mkdtempSync(join(tmpdir(), "cmdop-pump-"));
    scope.add(() => rmSync(directory, { recursive: true }));
    const taken = Promise.withResolvers<ServerCall>();
    const server = createGrpcServer({
      methods: new Map([serveStream(AgentService.method.home, (call) => taken.resolve(call))]),
    });
    const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
    scope.add(() => server.close());
    const sockets = createServer();
    sockets.listen(join(directory, "s"));
    scope.add(() => void sockets.close());
    const accepted = once(sockets, "connection") as Promise<[Socket]>;
    const near = connect(join(directory, "s"));
    const [host] = await accepted;
    scope.add(() => void host.destroy());
    host.on("error", () => {});
    const channel = await openChannel({ address: { host: "127.0.0.1", port }, tls: "plaintext" });
    scope.add(() => channel.close());
    const end = pumpHome(near, channel.open(pathOf(AgentService.method.home)));
    return { host, relay: await taken.promise, end };
  };

  it("carries every byte both ways, however it is cut", async () => {
    const { host, relay } = await start();
    const up: Buffer[] = [];
    const down: Buffer[] = [];
    relay.handleRaw({ bytes: (chunk) => void up.push(chunk) });
    host.on("data", (chunk: Buffer) => void down.push(chunk));
    const sent = Buffer.concat(
      Array.from({ length: 200 }, (_, at) => Buffer.from(toFramed(randomBytes(at * 97)))),
    );
    for (let at = 0; at < sent.length; at += 7_919) {
      host.write(sent.subarray(at, at + 7_919));
      relay.sendFramed(sent.subarray(at, at + 7_919));
    }
    const size = (chunks: Buffer[]): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    await waitFor(() => size(up) === sent.length && size(down) === sent.length);
    expect([Buffer.concat(up).equals(sent), Buffer.concat(down).equals(sent)]).toEqual([true, true]);
  });

  it("stops reading the session host while the relay does not read, and goes on after it", async () => {
    const { host, relay } = await start();
    let received = 0;
    relay.handleRaw({
      bytes: (chunk) => {
        received += chunk.length;
      },
    });
    relay.pause();
    const total = 64 * MiB;
    const block = Buffer.alloc(MiB);
    let written = 0;
    const write = (): void => {
      while (written < total) {
        written += block.length;
        if (!host.write(block)) break;
      }
    };
    host.on("drain", write);
    write();
    // Held up: no progress between two looks, far below the whole.
    let before = -1;
    await waitFor(
      () => {
        const isStill = before === written;
        before = written;
        return isStill;
      },
      { everyMs: 100, what: "the host being held up" },
    );
    expect(written).toBeLessThan(12 * MiB);
    relay.resume();
    await waitFor(() => received === total, { timeoutMs: 15_000 });
  });

  it("stops reading the relay while the session host does not read", async () => {
    const { host, relay } = await start();
    host.pause();
    let isFree = true;
    relay.handleRaw({
      bytes: () => {},
      drain: () => {
        isFree = true;
      },
    });
    const block = Buffer.alloc(64 * 1024);
    let sent = 0;
    const fill = (): boolean => {
      while (isFree && sent < 64 * MiB) {
        sent += block.length;
        isFree = relay.sendFramed(block);
      }
      return !isFree;
    };
    let before = -1;
    await waitFor(
      () => {
        fill();
        const isStill = before === sent;
        before = sent;
        return isStill;
      },
      { everyMs: 100, what: "the relay being held up" },
    );
    expect(sent).toBeLessThan(12 * MiB);
    let received = 0;
    host.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    host.resume();
    await waitFor(() => received === sent, { timeoutMs: 15_000 });
  });

  it("ends the stream after the host's last byte", async () => {
    const { host, relay, end } = await start();
    let received = 0;
    relay.handleRaw({
      bytes: (chunk) => {
        received += chunk.length;
      },
      end: () => relay.finish(),
    });
    host.end(Buffer.alloc(3 * MiB));
    expect(await end).toEqual({ by: "host" });
    expect(received).toBe(3 * MiB);
  });

  it("does not wait for ever for a relay that says nothing to that", async () => {
    const { host, relay, end } = await start();
    relay.handleRaw({ bytes: () => {} });
    host.destroy();
    expect(await end).toEqual({ by: "host" });
  });

  it("closes the host's connection when the relay ends the stream, after the relay's last byte", async () => {
    const { host, relay, end } = await start();
    relay.handleRaw({ bytes: () => {} });
    let received = 0;
    host.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    const closed = once(host, "close");
    relay.sendFramed(Buffer.alloc(100_000));
    relay.finish();
    expect(await end).toEqual({ by: "relay", failure: undefined });
    await closed;
    expect(received).toBe(100_000);
  });

  it("tells why the relay ended it", async () => {
    const { relay, end } = await start();
    relay.fail(new Failure("session_not_found"));
    const ended = await end;
    expect(ended.by === "relay" && ended.failure?.code).toBe("session_not_found");
  });
});
