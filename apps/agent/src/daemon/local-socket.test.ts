import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalSocket, openLocalSocket } from "./local-socket.ts";

describe("the agent's local socket", () => {
  let checkLeaks: () => Promise<void>;
  let directory: string;
  let path: string;
  let server: LocalSocket;
  let stops: { withHost: boolean }[];

  beforeAll(() => {
    checkLeaks = leakCheck();
  });
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "cmdop-local-"));
    path = join(directory, "agent.sock");
    stops = [];
    // What a daemon that was killed leaves behind.
    writeFileSync(path, "");
    server = await openLocalSocket(path, {
      status: () => ({ version: 1, pid: 7 }),
      stop: (options) => void stops.push(options),
    });
  });
  afterEach(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  afterAll(() => checkLeaks());

  const ask = async (text: string, answers: number): Promise<unknown[]> => {
    const socket = connect(path);
    let received = "";
    socket.on("data", (chunk) => {
      received += String(chunk);
    });
    socket.write(text);
    await waitFor(() => received.split("\n").length > answers);
    socket.destroy();
    return received
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  };

  it("is for its user alone", () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("answers each request with one line, in order", async () => {
    expect(
      await ask('{"method":"status"}\n{"method":"stop","withHost":true}\n{"method":"stop"}\n', 3),
    ).toEqual([{ ok: true, status: { version: 1, pid: 7 } }, { ok: true }, { ok: true }]);
    expect(stops).toEqual([{ withHost: true }, { withHost: false }]);
  });

  it.each(["", "nonsense", "[]", "null", '{"method":"reboot"}', '{"method":"stop","withHost":"yes"}'])(
    "refuses %j and goes on",
    async (line) => {
      expect(await ask(`${line}\n{"method":"status"}\n`, 2)).toEqual([
        { ok: false, code: "invalid_argument", text: expect.any(String) },
        { ok: true, status: { version: 1, pid: 7 } },
      ]);
      expect(stops).toEqual([]);
    },
  );

  it("closes on a line without end", async () => {
    const socket = connect(path);
    socket.on("error", () => {});
    socket.write(Buffer.alloc(100_000, "a"));
    await once(socket, "close");
  });
});
