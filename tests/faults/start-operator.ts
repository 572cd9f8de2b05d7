import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { waitFor } from "@cmdop/testkit";
import { ReceivedOutput } from "./received-output.ts";
import type { Scene } from "./under-fault.ts";

/**
 * An operator in a process of its own, which can be killed and stopped; resolves when output has come to it. What it
 * receives is held against the machine's log at the scene's end.
 */
export const startOperator = async (
  scene: Scene,
): Promise<{ child: ChildProcess; received: ReceivedOutput }> => {
  const child = fork(path.join(import.meta.dirname, "operator-process.ts"), {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  scene.atEnd(() => child.kill("SIGKILL"));
  const received = new ReceivedOutput();
  scene.others.push(received);
  child.on("message", (message: { kind?: string; bytes?: string }) => {
    if (message.kind === "output") {
      received.take({ ...message, bytes: Buffer.from(message.bytes ?? "", "base64") } as never);
    } else if (message.kind === "gap") received.take(message as never);
  });
  child.send({ client: scene.stack.clientOptions, session: scene.session });
  await waitFor(() => received.receivedBytes > 0, { timeoutMs: 30_000, what: "output at the operator" });
  return { child, received };
};
