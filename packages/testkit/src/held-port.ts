import { once } from "node:events";
import { createServer } from "node:net";

export interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

/** A port of 127.0.0.1 that is in use until it is released. */
export const holdPort = async (): Promise<HeldPort> => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
