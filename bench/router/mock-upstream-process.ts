// The provider that every stack stands in front of: a server that answers at once, with as little work as can be.
// What it streams is asked for in the prompt, which every gateway passes on: "deltas=64 paceMs=20".
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const head = { id: "chatcmpl-bench", created: 1_700_000_000, model: "bench" };
const usage = { prompt_tokens: 20, completion_tokens: 64, total_tokens: 84 };

const message = { role: "assistant", content: "tick ".repeat(200) };
const plain = Buffer.from(
  JSON.stringify({
    ...head,
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
    usage,
  }),
);

const event = (members: object): Buffer =>
  Buffer.from(`data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", ...members })}\n\n`);
const delta = (content: object, finish: string | null = null): Buffer =>
  event({ choices: [{ index: 0, delta: content, logprobs: null, finish_reason: finish }] });

const role = delta({ role: "assistant", content: "" });
const tick = delta({ content: "tick " });
const last = Buffer.concat([
  delta({}, "stop"),
  event({ choices: [], usage }),
  Buffer.from("data: [DONE]\n\n"),
]);

const stream = (response: ServerResponse, deltas: number, paceMs: number): void => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(role);
  response.write(tick);
  let sent = 1;
  if (paceMs === 0) {
    for (; sent < deltas; sent += 1) response.write(tick);
    response.end(last);
    return;
  }
  const timer = setInterval(() => {
    sent += 1;
    response.write(tick);
    if (sent < deltas) return;
    clearInterval(timer);
    response.end(last);
  }, paceMs);
  response.on("close", () => clearInterval(timer));
};

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const [body] = parts;
    const text = (parts.length === 1 && body ? body : Buffer.concat(parts)).toString();
    const asked = /deltas=(\d+) paceMs=(\d+)/.exec(text);
    if (asked) return stream(response, Number(asked[1]), Number(asked[2]));
    response.writeHead(200, { "content-type": "application/json", "content-length": plain.length });
    response.end(plain);
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
