import { readFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";

export interface AgentStatus {
  readonly pid: number;
  readonly socket: string;
  readonly machine: { readonly name: string };
  readonly link: {
    readonly state: string;
    readonly relay: string | null;
    readonly failure: { readonly code: string; readonly text: string } | null;
  };
}

/** One request on the agent's local socket (docs/reference/agent-socket.md). */
const request = (socket: string, body: object, timeoutMs: number): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const connection = connect(socket);
    let text = "";
    connection.setTimeout(timeoutMs, () => connection.destroy(new Error("the agent does not answer")));
    connection.on("connect", () => connection.write(`${JSON.stringify(body)}\n`));
    connection.on("data", (chunk) => {
      text += chunk.toString();
      if (!text.includes("\n")) return;
      connection.end();
      resolve(JSON.parse(text.slice(0, text.indexOf("\n"))));
    });
    connection.on("error", reject);
    connection.on("close", () => reject(new Error("the agent closed the connection")));
  });

const socketOf = (home: string): string =>
  (JSON.parse(readFileSync(path.join(home, "agent", "status.json"), "utf8")) as AgentStatus).socket;

/** The agent's status, or undefined while it does not answer. */
export const agentStatus = async (home: string): Promise<AgentStatus | undefined> => {
  try {
    const answer = (await request(socketOf(home), { method: "status" }, 1_000)) as { status: AgentStatus };
    return answer.status;
  } catch {
    return undefined;
  }
};

/** Asks the agent to end, with its session host and every session. Resolves when it was told. */
export const stopAgent = async (home: string): Promise<void> => {
  try {
    await request(socketOf(home), { method: "stop", withHost: true }, 3_000);
  } catch {
    // It is gone already.
  }
};
