// What is asked of a stack, in closed loops: each connection sends its next request when the last one is answered.
// An answer that is not what the mock upstream said is an error, and a measurement with errors says so.
import { Samples } from "../statistics.ts";
import { type Answer, Connection } from "./connection.ts";
import type { Stack } from "./stacks.ts";

export interface Stream {
  readonly deltas: number;
  readonly paceMs: number;
}

/** A conversation of about 2 KiB: the size of a short prompt with its instructions. */
const instructions = "You answer briefly and to the point. ".repeat(50);

export const toRequest = (stack: Stack, stream?: Stream): Buffer => {
  const body = JSON.stringify({
    model: stack.model,
    messages: [
      { role: "system", content: instructions },
      {
        role: "user",
        content: stream ? `deltas=${stream.deltas} paceMs=${stream.paceMs}` : "Say something.",
      },
    ],
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  });
  const headers = {
    host: `127.0.0.1:${stack.port}`,
    "content-type": "application/json",
    accept: stream ? "text/event-stream" : "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...stack.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
};

const plainTicks = 200;

export const isRight = ({ status, ticks, isComplete }: Answer, stream?: Stream): boolean =>
  status === 200 && isComplete && ticks === (stream?.deltas ?? plainTicks);

export interface Load {
  readonly answers: number;
  readonly errors: number;
  readonly elapsedMs: number;
  readonly totalMs: Samples;
  readonly firstContentMs: Samples;
}

interface LoadOptions {
  readonly stack: Stack;
  readonly connections: number;
  readonly stream?: Stream;
  /** Ends after so many answers, or after this time, ten seconds if none is said: a slow stack has fewer answers. */
  readonly count?: number;
  readonly forMs?: number;
}

const turnMs = 10_000;
/** What is not answered by so long after the end of the turn is an error. */
const graceMs = 60_000;

export const runLoad = async (options: LoadOptions): Promise<Load> => {
  const { stack, stream, connections: size, count = Infinity, forMs = turnMs } = options;
  const request = toRequest(stack, stream);
  const totalMs = new Samples();
  const firstContentMs = new Samples();
  let started = 0;
  let answers = 0;
  let errors = 0;
  const connections = await Promise.all(
    Array.from({ length: Math.min(size, count) }, () => Connection.open(stack.port)),
  );
  const startMs = performance.now();
  const work = async (connection: Connection): Promise<void> => {
    while (started < count && performance.now() - startMs < forMs) {
      started += 1;
      const answer = await connection.request(request);
      if (!isRight(answer, stream)) {
        errors += 1;
        return;
      }
      answers += 1;
      totalMs.add(answer.totalMs);
      if (answer.firstContentMs !== undefined) firstContentMs.add(answer.firstContentMs);
    }
  };
  const close = (): void => {
    for (const connection of connections) connection.close();
  };
  const patience = setTimeout(close, forMs + graceMs);
  await Promise.all(connections.map(work));
  const elapsedMs = performance.now() - startMs;
  clearTimeout(patience);
  close();
  return { answers, errors, elapsedMs, totalMs, firstContentMs };
};
