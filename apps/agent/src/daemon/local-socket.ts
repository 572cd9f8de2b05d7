import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { Failure, toFailure } from "@cmdop/base";

export interface LocalSocketHandlers {
  status(): unknown;
  /** Begins to stop; it has stopped when the connection closes. */
  stop(options: { withHost: boolean }): void;
}

export interface LocalSocket {
  close(): void;
}

const lineBytesMax = 64 * 1024;
const connectionsMax = 32;
const silenceMs = 60_000;

/**
 * Listens on the agent's local socket (docs/reference/agent-socket.md). The caller holds the home's process lock,
 * so a socket file that is there is left from a daemon that has died.
 */
export const openLocalSocket = (path: string, handlers: LocalSocketHandlers): Promise<LocalSocket> =>
  new Promise((resolve, reject) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      serve(socket, handlers);
    });
    server.maxConnections = connectionsMax;
    const close = (): void => {
      server.close();
      for (const socket of sockets) socket.destroy();
    };
    server.once("error", (cause) => {
      reject(new Failure("directory_unwritable", `The socket ${path} cannot be made.`, { cause }));
    });
    rmSync(path, { force: true });
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve({ close });
    });
  });

const serve = (socket: Socket, handlers: LocalSocketHandlers): void => {
  let text = "";
  socket.setEncoding("utf8");
  socket.setTimeout(silenceMs, () => socket.destroy());
  socket.on("error", () => {});
  socket.on("data", (chunk: string) => {
    text += chunk;
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) socket.write(`${JSON.stringify(answer(line, handlers))}\n`);
    if (text.length > lineBytesMax) socket.destroy();
  });
};

const answer = (line: string, handlers: LocalSocketHandlers): unknown => {
  try {
    const request = parseRequest(line);
    if (request.method === "status") return { ok: true, status: handlers.status() };
    handlers.stop({ withHost: request.withHost });
    return { ok: true };
  } catch (cause) {
    const { code, message } = toFailure(cause);
    return { ok: false, code, text: message };
  }
};

type LocalRequest = { readonly method: "status" } | { readonly method: "stop"; readonly withHost: boolean };

const parseRequest = (line: string): LocalRequest => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Failure("invalid_argument", "The request is not one line of JSON.");
  }
  const { method, withHost = false } = (value ?? {}) as { method?: unknown; withHost?: unknown };
  if (method === "status") return { method };
  if (method === "stop" && typeof withHost === "boolean") return { method, withHost };
  throw new Failure("invalid_argument", 'The method must be "status", or "stop" with a boolean withHost.');
};
