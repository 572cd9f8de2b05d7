import { stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";

/** Holds a directory for one process. The kernel frees it when the process dies, however it dies. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/** Undefined: another process holds it. The name is the directory's device and inode, so that no path hides it. */
export const lockDirectory = async (dir: string): Promise<DirectoryLock | undefined> => {
  const { dev, ino } = await stat(dir);
  const name = `cmdop-${dev.toString(36)}-${ino.toString(36)}`;
  // Elsewhere a socket file of a dead process stays behind: whoever finds it there starts without a lock's help.
  const path = platform() === "linux" ? `\0${name}` : join(tmpdir(), `${name}.lock`);
  const server = createServer((socket) => socket.destroy());
  return (await listen(server, path)) ? { release: () => close(server) } : undefined;
};

const listen = (server: Server, path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      if ("code" in cause && cause.code === "EADDRINUSE") resolve(false);
      else reject(cause);
    });
    server.listen({ path }, () => {
      server.unref();
      resolve(true);
    });
  });

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
