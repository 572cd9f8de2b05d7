import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below what Linux (32768), macOS and Windows (49152) give to connections and to whoever listens on port 0: such a port
 * may be another's by the time that the process it is for has started. Above 10080, which fetch refuses.
 */
const range = { first: 11_000, end: 32_000 } as const;
const given = new Set<number>();

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

/** A port of 127.0.0.1 on which nobody listens; for processes that must come back on the same port. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(range.first, range.end);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
};
