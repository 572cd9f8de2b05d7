import { type Clock, type Random, randomBase62 } from "@cmdop/base";
import { type JsonObject, parseJsonText } from "../../core/json-text.ts";
import type { Upstream, UpstreamResponse } from "../../ports.ts";
import { toDemoChunks, toDemoCompletion, toDemoError } from "../../providers/demo/demo.ts";

/** The demonstration model as a provider inside the process. */
export const createDemoUpstream = (clock: Clock, random: Random): Upstream => ({
  send: async ({ path, body }) => {
    const parsed = parseJsonText(typeof body === "string" ? body : Buffer.from(body ?? []).toString("utf8"));
    if (path !== "/chat/completions" || parsed.kind !== "object") {
      const message = "The demonstration model answers chat completions alone.";
      return respond(404, "application/json", [JSON.stringify({ error: { message } })]);
    }
    const request = parsed.value;
    const error = toDemoError(request);
    if (error) return respond(400, "application/json", [JSON.stringify({ error })]);
    const reply = {
      id: `chatcmpl-${randomBase62(22, random)}`,
      createdSeconds: Math.floor(clock.wallMs() / 1000),
      inputChars: parsed.text.length,
    };
    return request.stream === true
      ? respond(200, "text/event-stream", [...toDemoChunks(request, reply).map(toEvent), "data: [DONE]\n\n"])
      : respond(200, "application/json", [JSON.stringify(toDemoCompletion(request, reply))]);
  },
});

const toEvent = (chunk: JsonObject): string => `data: ${JSON.stringify(chunk)}\n\n`;

const respond = (status: number, type: string, parts: readonly string[]): UpstreamResponse => ({
  kind: "response",
  status,
  header: (name) => (name === "content-type" ? type : undefined),
  body: inTurn(parts.map((part) => Buffer.from(part))),
});

const inTurn = async function* (parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
};
