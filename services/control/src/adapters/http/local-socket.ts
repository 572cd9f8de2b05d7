// The socket in the control plane's own directory. Whoever can open it has the directory, and with it every key: such
// a request needs no credential for what only the machine's owner may do.

import { chmod, rm } from "node:fs/promises";
import http from "node:http";
import type { Socket } from "node:net";

export interface LocalSocket {
  /** Whether a request came by it. */
  isLocal(socket: Socket): boolean;
  close(): Promise<void>;
}

export const openLocalSocket = async (path: string, handle: http.RequestListener): Promise<LocalSocket> => {
  const local = new WeakSet<Socket>();
  const server = http.createServer({ keepAliveTimeout: 1_000, requestTimeout: 30_000 }, handle);
  server.on("connection", (socket) => local.add(socket));
  // Left behind by a process that was killed; the database's lock says that no other one lives.
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    isLocal: (socket) => local.has(socket),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
};
