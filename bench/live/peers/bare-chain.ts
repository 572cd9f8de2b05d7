import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeSync } from "node:fs";
import { connect as connectHttp2, type Http2Stream, performServerHandshake } from "node:http2";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { createTestCertificates } from "@cmdop/testkit";
import { spawn } from "@lydell/node-pty";
import type { Echo } from "../open-loop.ts";

// What the hops of a key press cost in Node by themselves: the same processes over the same transports (HTTP/2 over
// TLS to a relay and on to a pump, a Unix socket to a host, a PTY), passing on what comes without looking at it. No
// order, attribution, log, screen or credit: nothing that runs over these hops can be quicker.

interface Certificates {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

type Job =
  | { readonly role: "relay"; readonly certificates: Certificates }
  | { readonly role: "pump"; readonly ca: string; readonly port: number; readonly socketPath: string }
  | { readonly role: "host"; readonly socketPath: string };

// As large as an input and an output of one byte are.
const frame = Buffer.alloc(46, "x");
const ignore = (): void => {};

const openStream = async (port: number, ca: string): Promise<Http2Stream> => {
  const socket = connectTls({
    ...{ port, host: "127.0.0.1", servername: "localhost", ca },
    ...{ minVersion: "TLSv1.3", ALPNProtocols: ["h2"] },
  });
  socket.setNoDelay(true);
  await once(socket, "secureConnect");
  const session = connectHttp2("https://localhost", { createConnection: () => socket });
  session.on("error", ignore);
  const stream = session.request({ ":method": "POST", ":path": "/" }, { endStream: false });
  stream.on("error", ignore);
  await once(stream, "response");
  return stream;
};

/** Two streams come; what one sends, the other gets. */
const serveRelay = ({ cert, key }: Certificates): void => {
  const streams: Http2Stream[] = [];
  const server = createTlsServer(
    { cert, key, minVersion: "TLSv1.3", noDelay: true, ALPNProtocols: ["h2"] },
    (socket) => {
      const session = performServerHandshake(socket);
      session.on("error", ignore);
      session.on("stream", (stream) => {
        const at = streams.push(stream) - 1;
        stream.on("error", ignore);
        stream.respond({ ":status": 200 });
        stream.on("data", (chunk: Buffer) => streams[1 - at]?.write(chunk));
      });
    },
  );
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
};

const servePump = async (job: Job & { role: "pump" }): Promise<void> => {
  const socket = connect({ path: job.socketPath });
  await once(socket, "connect");
  const stream = await openStream(job.port, job.ca);
  socket.on("data", (chunk: Buffer) => stream.write(chunk));
  stream.on("data", (chunk: Buffer) => socket.write(chunk));
  process.send?.("ready");
};

const serveHost = (socketPath: string): void => {
  const program = ["-c", "stty raw -echo; printf R; exec cat"];
  const terminal = spawn("/bin/sh", program, { cols: 80, rows: 24, encoding: null });
  // node-pty writes by polling; its descriptor is not in its types.
  const { fd } = terminal as unknown as { fd: number };
  let peer: Socket | undefined;
  let isRaw = false;
  const server = createServer((socket) => {
    peer = socket;
    socket.on("error", ignore);
    socket.on("data", (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at += frame.length) writeSync(fd, chunk, at, 1);
    });
  });
  terminal.onData((data) => {
    if (isRaw) for (let at = 0; at < data.length; at += 1) peer?.write(frame);
    else server.listen(socketPath, () => process.send?.("ready"));
    isRaw = true;
  });
};

if (process.argv[2] === "serve") {
  process.once("message", (job: Job) => {
    if (job.role === "relay") serveRelay(job.certificates);
    else if (job.role === "host") serveHost(job.socketPath);
    else void servePump(job);
  });
}

export const openBareChain = async (): Promise<Echo> => {
  const certificates = await createTestCertificates();
  const directory = mkdtempSync(path.join(tmpdir(), "cmdop-bench-chain-"));
  const socketPath = path.join(directory, "host");
  const children: ChildProcess[] = [];
  const start = async (job: Job): Promise<unknown> => {
    const child = fork(import.meta.filename, ["serve"], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    children.push(child);
    child.send(job);
    const [answer] = await once(child, "message");
    return answer;
  };
  const port = Number(await start({ role: "relay", certificates }));
  await start({ role: "host", socketPath });
  await start({ role: "pump", ca: certificates.ca, port, socketPath });
  const stream = await openStream(port, certificates.ca);
  let listener: (byte: number) => void = ignore;
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    for (bytes += chunk.length; bytes >= frame.length; bytes -= frame.length) listener(0);
  });
  return {
    send: () => {
      stream.write(Buffer.from(frame));
    },
    onByte: (next) => {
      listener = next;
    },
    close: async () => {
      stream.destroy();
      for (const child of children) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
