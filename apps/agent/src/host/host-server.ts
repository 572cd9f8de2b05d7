// The session host's Unix socket: control and home connections.

import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type ProcessLock, takeProcessLock } from "@cmdop/authority/files";
import { Failure, toFailure } from "@cmdop/base";
import {
  decodeFrame,
  decodeMessage,
  encodeFrame,
  encodeFramed,
  type Frame,
  type FrameBody,
  type Input,
  MessageAssembler,
  readInput,
  limits as wireLimits,
} from "@cmdop/protocol";
import { HostReplySchema, type HostRequest, HostRequestSchema } from "@cmdop/protocol/host";
import { secureDirectory } from "../secure-directory.ts";
import type { HomeLink } from "./home.ts";
import { hostLimits } from "./limits.ts";
import { formatAnswer, parsePreamble, readLine } from "./preamble.ts";
import type { HostLog, SessionHost } from "./session-host.ts";

export interface HostServerOptions {
  readonly socketPath: string;
  readonly host: SessionHost;
  readonly log: HostLog;
  readonly version: string;
  readonly startedAtMs: number;
  /** This process is the only one that serves the home now; nothing is accepted before it returns. */
  begin?(): void;
  /** A client asked the host to end. */
  stop(graceMs: number): void;
}

export interface HostServer {
  close(): Promise<void>;
}

/** Rejects with already_running when another host serves this home. A socket that a dead one left is replaced. */
export const openHostServer = async (options: HostServerOptions): Promise<HostServer> => {
  const { socketPath } = options;
  secureDirectory(dirname(socketPath));
  // The lock, and not the socket, says who runs: what is left of a dead host's socket is ours to remove.
  const lock = takeProcessLock(`${socketPath}.lock`, "The session host");
  try {
    rmSync(socketPath, { force: true });
    options.begin?.();
    return await listen(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
};

const listen = (options: HostServerOptions, lock: ProcessLock): Promise<HostServer> => {
  const sockets = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // Always followed by close.
    socket.on("error", () => {});
    void greet(socket, options);
  });
  server.maxConnections = hostLimits.connectionsMax;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.socketPath, () => {
      chmodSync(options.socketPath, 0o600);
      server.off("error", reject);
      resolve({ close: () => closeServer(server, sockets, () => lock.release()) });
    });
  });
};

const closeServer = (server: Server, sockets: ReadonlySet<Socket>, then: () => void): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => {
      then();
      resolve();
    });
    for (const socket of sockets) socket.destroySoon();
  });

const greet = async (socket: Socket, options: HostServerOptions): Promise<void> => {
  try {
    const preamble = parsePreamble(await readLine(socket, hostLimits.preambleMs));
    if (preamble instanceof Failure) throw preamble;
    if (preamble.kind === "control") serveControl(socket, options);
    else serveHome(socket, options.host, preamble.sessionId);
  } catch (error) {
    if (!socket.destroyed) socket.end(formatAnswer(toFailure(error)));
    socket.resume();
  }
};

/** A home's frame: `decodeFrame`, but quick for the key press that comes first after a pause. */
const readFrame = (message: Uint8Array): Frame => {
  const input = readInput(message);
  if (!input) return decodeFrame(message);
  const value: Input = {
    ...input,
    $typeName: "cmdop.live.v1.Input",
    number: BigInt(input.number),
    previous: BigInt(input.previous),
    epoch: BigInt(input.epoch),
  };
  return { $typeName: "cmdop.live.v1.Frame", body: { case: "input", value } };
};

const serveHome = (socket: Socket, host: SessionHost, sessionId: string): void => {
  // Fails before anything is answered when there is no such session.
  host.find(sessionId);
  socket.write(formatAnswer());
  const { home, hosted } = host.addHome(sessionId, toLink(socket));
  const reader = new MessageAssembler({
    messageBytesMax: wireLimits.messageBytesMax,
    message: (message) => hosted.take(home, readFrame(message)),
  });
  socket.once("close", () => {
    reader.stop();
    host.removeHome(hosted, home);
  });
  readInto(socket, reader, (code, text) => {
    const body: FrameBody = { case: "fault", value: { code, text } };
    return encodeFrame(body);
  });
};

/** What cannot be read ends the connection with a fault, and nothing else. */
const readInto = (
  socket: Socket,
  reader: MessageAssembler,
  toFault: (code: string, text: string) => Uint8Array,
): void => {
  socket.on("data", (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      const { code, message } = toFailure(error);
      reader.stop();
      socket.end(toFault(code, message));
    }
  });
  socket.once("end", () => socket.end());
  socket.resume();
};

const toLink = (socket: Socket): HomeLink => {
  let waiting: (() => void)[] = [];
  let isCorked = false;
  const release = () => {
    const ready = waiting;
    waiting = [];
    for (const resolve of ready) resolve();
  };
  socket.on("drain", release);
  socket.once("close", release);
  return {
    get bufferedBytes() {
      return socket.writableLength;
    },
    get isOver() {
      return socket.destroyed || socket.writableEnded;
    },
    send: (framed) => {
      if (!socket.writable) return;
      // What belongs together leaves in one piece: each piece wakes every process on the way.
      if (!isCorked) {
        isCorked = true;
        socket.cork();
        queueMicrotask(() => {
          isCorked = false;
          socket.uncork();
        });
      }
      socket.write(framed);
    },
    drained: () =>
      socket.destroyed || !socket.writableNeedDrain
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push(resolve)),
    end: () => socket.end(),
  };
};

type ReplyInit = Omit<MessageInitShape<typeof HostReplySchema>, "$typeName">;

const serveControl = (socket: Socket, options: HostServerOptions): void => {
  socket.write(formatAnswer());
  const send = (reply: ReplyInit) => {
    if (socket.writable) socket.write(encodeFramed(HostReplySchema, reply));
  };
  let unsubscribe = () => {};
  const reader = new MessageAssembler({
    messageBytesMax: wireLimits.messageBytesMax,
    message: (message) => {
      const request = decodeMessage(HostRequestSchema, message);
      const { requestId } = request;
      if (request.body.case === "subscribe") {
        unsubscribe();
        unsubscribe = options.host.subscribe((report) => {
          send({ body: { case: "report", value: report } });
        });
      }
      void answer(request, options).then(
        (body) => send({ requestId, ...(body && { body }) }),
        (error) => {
          const { code, message: text } = toFailure(error);
          send({ requestId, fault: { code, text } });
        },
      );
    },
  });
  socket.once("close", () => {
    unsubscribe();
    reader.stop();
  });
  readInto(socket, reader, (code, text) => encodeFramed(HostReplySchema, { fault: { code, text } }));
};

const answer = async (
  { body }: HostRequest,
  { host, version, startedAtMs, stop }: HostServerOptions,
): Promise<ReplyInit["body"]> => {
  const state = (): ReplyInit["body"] => ({
    case: "state",
    value: { sessions: host.list(), pid: process.pid, startedAtMs: BigInt(startedAtMs), version },
  });
  switch (body.case) {
    case "open": {
      const { sessionId, spec } = body.value;
      if (!spec) throw new Failure("invalid_argument", "spec: what to run is missing.");
      return { case: "session", value: await host.open(sessionId, spec) };
    }
    case "list":
    case "subscribe":
      return state();
    case "close":
      host.close(body.value.sessionId, body.value.graceMs);
      return undefined;
    case "forget":
      host.forget(body.value.sessionId);
      return undefined;
    case "stop": {
      const before = state();
      stop(body.value.graceMs);
      return before;
    }
    default:
      throw new Failure("unimplemented", "The session host does not know this request.");
  }
};
