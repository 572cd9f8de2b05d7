// The agent daemon of this machine, over its local socket (docs/reference/agent-socket.md).
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { Failure } from "@cmdop/base";

export interface AgentStatus {
  readonly pid: number;
  readonly agentVersion: string;
  readonly startedAtMs: number;
  readonly socket: string;
  readonly machine: { readonly name: string; readonly id: string | null; readonly fingerprint: string };
  readonly relays: readonly string[];
  readonly link: {
    readonly state: string;
    readonly relay: string | null;
    readonly sinceMs: number;
    readonly retryAtMs: number | null;
    readonly failure: { readonly code: string; readonly text: string } | null;
  };
  readonly host: { readonly state: string; readonly pid: number | null };
  readonly sessions: readonly { readonly id: string; readonly name: string; readonly ended: boolean }[];
}

const requestTimeoutMs = 3_000;
const stopTimeoutMs = 12_000;
const answerBytesMax = 1024 * 1024;

const statusFile = (home: string): string => path.join(home, "agent", "status.json");

const socketOf = (home: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(readFileSync(statusFile(home), "utf8"));
    const socket: unknown =
      typeof value === "object" && value !== null ? Reflect.get(value, "socket") : undefined;
    return typeof socket === "string" ? socket : undefined;
  } catch {
    return undefined;
  }
};

/** One request, one answer; with `untilClosed`, resolves when the daemon has closed the connection after it. */
const request = (socket: string, body: object, untilClosed: boolean): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const connection = connect(socket).setEncoding("utf8");
    let text = "";
    let answer: unknown;
    const away = (cause?: unknown) =>
      new Failure("host_unavailable", "The agent does not answer.", { cause });
    const timer = setTimeout(
      () => connection.destroy(away()),
      untilClosed ? stopTimeoutMs : requestTimeoutMs,
    );
    connection.on("connect", () => connection.write(`${JSON.stringify(body)}\n`));
    connection.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (text.length > answerBytesMax) connection.destroy(away());
      if (end < 0 || answer !== undefined) return;
      try {
        answer = JSON.parse(text.slice(0, end));
      } catch (cause) {
        connection.destroy(away(cause));
        return;
      }
      if (!untilClosed) connection.end();
    });
    connection.on("error", (cause) => {
      clearTimeout(timer);
      reject(cause instanceof Failure ? cause : away(cause));
    });
    connection.on("close", () => {
      clearTimeout(timer);
      if (answer === undefined) reject(away());
      else resolve(answer);
    });
  });

/** Undefined: it does not run. */
export const readAgentStatus = async (home: string): Promise<AgentStatus | undefined> => {
  const socket = socketOf(home);
  if (socket === undefined) return undefined;
  try {
    const answer = await request(socket, { method: "status" }, false);
    const status: unknown =
      typeof answer === "object" && answer !== null ? Reflect.get(answer, "status") : undefined;
    return isStatus(status) ? status : undefined;
  } catch {
    return undefined;
  }
};

const isStatus = (value: unknown): value is AgentStatus =>
  typeof value === "object" && value !== null && "link" in value && "machine" in value && "pid" in value;

/** Resolves when it has stopped. False: it did not run. */
export const stopAgent = async (home: string, withHost: boolean): Promise<boolean> => {
  const socket = socketOf(home);
  if (socket === undefined || (await readAgentStatus(home)) === undefined) return false;
  await request(socket, { method: "stop", ...(withHost ? { withHost: true } : {}) }, true);
  return true;
};
