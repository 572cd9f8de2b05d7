import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Echo } from "../open-loop.ts";

// The floor: one TCP round trip on loopback to another process that does nothing else.

if (process.argv[2] === "serve") {
  const server = createServer({ noDelay: true }, (socket) => socket.pipe(socket));
  server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
}

export const openTcpEcho = async (): Promise<Echo> => {
  const child = fork(import.meta.filename, ["serve"], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const [address] = (await once(child, "message")) as [{ port: number }];
  const socket = connect({ port: address.port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  let listener: (byte: number) => void = () => {};
  socket.on("data", (chunk: Buffer) => {
    for (const byte of chunk) listener(byte);
  });
  return {
    send: (byte) => {
      socket.write(Buffer.of(byte));
    },
    onByte: (next) => {
      listener = next;
    },
    close: async () => {
      socket.destroy();
      child.kill();
      await once(child, "exit");
    },
  };
};
