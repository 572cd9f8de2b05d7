// The agent daemon's side of the session host's socket.

import { connect, type Socket } from "node:net";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Failure, isFailureCode } from "@cmdop/base";
import {
  decodeMessage,
  encodeFramed,
  type HostedSession,
  limits,
  MessageAssembler,
  type SessionReport,
  type SessionSpecSchema,
} from "@cmdop/protocol";
import { type HostReply, HostReplySchema, HostRequestSchema, type HostState } from "@cmdop/protocol/host";
import { formatPreamble, parseAnswer, readLine } from "./preamble.ts";

const answerTimeoutMs = 5_000;
const requestTimeoutMs = 15_000;

export interface HostControl {
  /** The version of the protocol that the host speaks. */
  readonly version: number;
  /** Resolves once the execution runs; rejects with spawn_failed, command_not_found, too_many_sessions, ... */
  open(sessionId: string, spec: MessageInitShape<typeof SessionSpecSchema>): Promise<HostedSession>;
  state(): Promise<HostState>;
  list(): Promise<readonly HostedSession[]>;
  /** Resolves when the host has begun to end it; the end comes as a report. */
  close(sessionId: string, options?: { operator?: string; graceMs?: number }): Promise<void>;
  forget(sessionId: string): Promise<void>;
  /** What the host holds now; `listener` gets every change after that. */
  subscribe(listener: (report: SessionReport) => void): Promise<readonly HostedSession[]>;
  /** Ends every session, then the host. Resolves when the host has closed the connection. */
  stop(graceMs?: number): Promise<void>;
  /** Ends this connection alone; the host and its sessions live on. */
  end(): void;
  /** Resolves when the connection is over, for whatever reason. */
  readonly closed: Promise<void>;
}

/** Rejects with host_unavailable when none answers. */
export const connectHost = async (socketPath: string): Promise<HostControl> => {
  const { socket, version } = await dial(socketPath, formatPreamble("control"));
  return new ControlConnection(socket, version);
};

/**
 * A home connection: from here on the socket carries framed Frames (proto/cmdop/live/v1/frame.proto) in both
 * directions, the host's Hello first. The socket is paused; pipe it or read it, and destroy it at the end.
 */
export const openHome = async (socketPath: string, sessionId: string): Promise<Socket> =>
  (await dial(socketPath, formatPreamble({ sessionId }))).socket;

const dial = async (socketPath: string, preamble: string): Promise<{ socket: Socket; version: number }> => {
  const socket = connect({ path: socketPath });
  try {
    socket.write(preamble);
    const answer = parseAnswer(await readLine(socket, answerTimeoutMs));
    if (answer instanceof Failure) throw answer;
    return { socket, version: answer };
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
};

type RequestBody = NonNullable<MessageInitShape<typeof HostRequestSchema>["body"]>;

interface Waiting {
  resolve(reply: HostReply): void;
  reject(cause: Failure): void;
  cancelTimeout(): void;
}

class ControlConnection implements HostControl {
  readonly version: number;
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<bigint, Waiting>();
  #nextId = 1n;
  #listener: ((report: SessionReport) => void) | undefined;

  constructor(socket: Socket, version: number) {
    this.version = version;
    this.#socket = socket;
    const reader = new MessageAssembler({
      messageBytesMax: limits.messageBytesMax,
      message: (message) => this.#take(decodeMessage(HostReplySchema, message)),
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#failAll(new Failure("host_unavailable", "The session host closed the connection."));
        resolve();
      });
    });
    // An error is always followed by close, which is what everybody waits for.
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        socket.destroy();
      }
    });
    // It was paused behind the host's first line.
    socket.resume();
  }

  async open(sessionId: string, spec: MessageInitShape<typeof SessionSpecSchema>): Promise<HostedSession> {
    const reply = await this.#ask({ case: "open", value: { sessionId, spec } });
    if (reply.body.case !== "session") throw new Failure("malformed_message");
    return reply.body.value;
  }

  async state(): Promise<HostState> {
    return stateOf(await this.#ask({ case: "list", value: {} }));
  }

  async list(): Promise<readonly HostedSession[]> {
    return (await this.state()).sessions;
  }

  async close(sessionId: string, options: { operator?: string; graceMs?: number } = {}): Promise<void> {
    const { operator = "", graceMs = 0 } = options;
    await this.#ask({ case: "close", value: { sessionId, operator, graceMs } });
  }

  async forget(sessionId: string): Promise<void> {
    await this.#ask({ case: "forget", value: { sessionId } });
  }

  async subscribe(listener: (report: SessionReport) => void): Promise<readonly HostedSession[]> {
    this.#listener = listener;
    return stateOf(await this.#ask({ case: "subscribe", value: {} })).sessions;
  }

  async stop(graceMs = 0): Promise<void> {
    await this.#ask({ case: "stop", value: { graceMs } });
    await this.closed;
  }

  end(): void {
    this.#socket.destroy();
  }

  #ask(body: RequestBody): Promise<HostReply> {
    const requestId = this.#nextId;
    this.#nextId += 1n;
    if (this.#socket.destroyed) return Promise.reject(new Failure("host_unavailable"));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(requestId);
        reject(new Failure("timed_out", "The session host did not answer in time."));
      }, requestTimeoutMs);
      this.#waiting.set(requestId, { resolve, reject, cancelTimeout: () => clearTimeout(timer) });
      this.#socket.write(encodeFramed(HostRequestSchema, { requestId, body }));
    });
  }

  #take(reply: HostReply): void {
    if (reply.requestId === 0n) {
      if (reply.body.case === "report") this.#listener?.(reply.body.value);
      return;
    }
    const waiting = this.#waiting.get(reply.requestId);
    if (!waiting) return;
    this.#waiting.delete(reply.requestId);
    waiting.cancelTimeout();
    if (!reply.fault) waiting.resolve(reply);
    else {
      const { code, text } = reply.fault;
      waiting.reject(
        isFailureCode(code) ? new Failure(code, text || undefined) : new Failure("internal", text),
      );
    }
  }

  #failAll(cause: Failure): void {
    for (const waiting of this.#waiting.values()) {
      waiting.cancelTimeout();
      waiting.reject(cause);
    }
    this.#waiting.clear();
  }
}

const stateOf = (reply: HostReply): HostState => {
  if (reply.body.case !== "state") throw new Failure("malformed_message");
  return reply.body.value;
};
