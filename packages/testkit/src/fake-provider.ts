import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { type FakeAnswer, type FakeTurn, fakeAnswers } from "./fake-provider-answers.ts";

/**
 * What a provider does wrong with one request. Events count from 0; an answer that is no stream has one piece. `$KEY` in
 * its texts stands for the key that was sent, `$HEADER(name)` for a header.
 */
export type ProviderFault =
  /** Answers late. */
  | { readonly kind: "latency"; readonly ms: number }
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Default: an error in OpenAI's shape. */
      readonly body?: string;
    }
  /** 200, and the error stands in the body. */
  | { readonly kind: "error-inside"; readonly error: unknown }
  /** An error event in a stream. */
  | { readonly kind: "error-event"; readonly afterEvents: number; readonly error: unknown }
  /** Ends cleanly, too early. */
  | { readonly kind: "truncated"; readonly afterEvents: number }
  /** Says nothing more, with the connection open; undefined: not even the headers. */
  | { readonly kind: "stalled"; readonly afterEvents: number | undefined }
  /** What stands there is no JSON. */
  | { readonly kind: "garbage"; readonly afterEvents: number }
  /** Sends one byte at a time: characters, lines and events are cut anywhere. */
  | { readonly kind: "split" }
  /** One piece of so many bytes: in a stream in the place of the second event, else a body with as much space in it. */
  | { readonly kind: "giant"; readonly bytes: number }
  /** Ends the connection in the middle: before the headers, or after so many events. */
  | { readonly kind: "reset"; readonly afterEvents: number | undefined };

export type ProviderFeature =
  | "strict"
  | "json_schema"
  | "json_object"
  | "tools"
  | "messages"
  | "image_stream";

export interface ProviderRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly bytes: Buffer;
  readonly text: string;
  /** The body parsed; undefined when it is none. */
  readonly json: Record<string, unknown> | undefined;
  /** Resolves when the answer is over; true: the other side ended it. */
  readonly closed: Promise<boolean>;
  /** Bytes of the answer that were handed to the socket. */
  readonly sent: { bytes: number };
}

/** A real HTTP server that speaks what providers speak, and misbehaves on demand. */
export class FakeProvider {
  readonly requests: ProviderRequest[] = [];
  /** Keys that are refused with 401. */
  readonly deadKeys = new Set<string>();
  /** The text that models answer with, word by word in a stream. Not ASCII alone, so that cuts inside characters show. */
  text = "Grüße from the fake provider 👋 — it works.";
  /** Ways of asking that it does not take: 400 in its own words, or 404 for an endpoint. */
  readonly lacks = new Set<ProviderFeature>();
  /** Between two events of a stream. */
  paceMs = 0;
  /** US dollars of each chat completion: it answers as OpenRouter does, which says them. */
  cost: number | undefined;
  /** Beside those of every answer. */
  headers: Readonly<Record<string, string>> = {};
  readonly #server: Server;
  readonly #faults: ProviderFault[] = [];
  readonly #turns: FakeTurn[] = [];
  #steadyFault: ProviderFault | undefined;
  #closed: Promise<void> | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<FakeProvider> {
    const server = createServer({ noDelay: true });
    const provider = new FakeProvider(server);
    server.on("request", (request, response) => {
      provider.#serve(request, response).catch(() => response.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return provider;
  }

  /** Of models: "http://127.0.0.1:port/v1" */
  get url(): string {
    return `${this.origin}/v1`;
  }

  /** Of searches: "http://127.0.0.1:port" */
  get origin(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  /** The next requests meet these, one each. */
  failNext(...faults: readonly ProviderFault[]): void {
    this.#faults.push(...faults);
  }

  /** What the model does with a chat completion that has no turn of its own. */
  decide: ((request: Readonly<Record<string, unknown>>) => FakeTurn) | undefined;

  /** What the model does with the next chat completions, one each. */
  answerNext(...turns: readonly FakeTurn[]): void {
    this.#turns.push(...turns);
  }

  /** Every request without a fault of its own meets this. */
  failAlways(fault: ProviderFault | undefined): void {
    this.#steadyFault = fault;
  }

  /** Ends every connection there is. */
  cutAll(): void {
    this.#server.closeAllConnections();
  }

  /** As often as one likes. */
  close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#closed ??= once(this.#server.close(), "close").then(() => undefined);
    return this.#closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const closed = new Promise<boolean>((resolve) => {
      response.once("close", () => resolve(!response.writableFinished));
    });
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const bytes = Buffer.concat(parts);
    const text = bytes.toString("utf8");
    const { pathname: path, searchParams: query } = new URL(request.url ?? "/", this.origin);
    const method = request.method ?? "";
    const sent = { bytes: 0 };
    const json = parseObject(text);
    this.requests.push({
      method,
      path,
      query,
      headers: request.headers,
      bytes,
      text,
      json,
      closed,
      sent,
    });
    const key =
      request.headers.authorization?.replace(/^Bearer /, "") ?? String(request.headers["x-api-key"]);
    const fault = echoed(this.#faults.shift() ?? this.#steadyFault, { key, headers: request.headers });
    if (this.deadKeys.has(key)) {
      return sendJson(response, 401, {
        error: {
          message: `Incorrect API key provided: ${key}`,
          type: "invalid_request_error",
          param: null,
          code: "invalid_api_key",
        },
      });
    }
    const lacking = lackOf(path, json ?? {}, this.lacks);
    if (lacking) return sendJson(response, lacking.status, { error: lacking.error });
    // A fault that is a status takes no turn: the request is asked again.
    const isAnswered = path === "/v1/chat/completions" && !(fault && isBeforeAnswer(fault));
    const turn = (isAnswered ? this.#turns.shift() : undefined) ?? this.decide?.(json ?? {}) ?? {};
    // As most models of OpenRouter's: what was to be streamed comes whole.
    const form = /name="stream"\r\n\r\ntrue\r\n/.test(text) ? { stream: true } : {};
    const asked = this.lacks.has("image_stream") ? { ...json, stream: false } : (json ?? form);
    const told = this.cost === undefined ? turn : { cost: this.cost, ...turn };
    const answer = fakeAnswers[method === "POST" ? path : `${method} ${path}`]?.(asked, this.text, told);
    if (!answer)
      return sendJson(response, 404, {
        error: { message: "Not found", type: "invalid_request_error", param: null, code: null },
      });
    for (const [name, value] of Object.entries(this.headers)) response.setHeader(name, value);
    await new Delivery({ response, answer, fault, paceMs: this.paceMs, sent }).run();
  }
}

const echoed = (
  fault: ProviderFault | undefined,
  { key, headers }: { readonly key: string; readonly headers: IncomingMessage["headers"] },
): ProviderFault | undefined =>
  fault &&
  JSON.parse(
    JSON.stringify(fault)
      .replaceAll("$KEY", key)
      .replaceAll(/\$HEADER\(([a-z-]+)\)/g, (_match, name: string) => String(headers[name] ?? "")),
  );

const isBeforeAnswer = ({ kind }: ProviderFault): boolean =>
  kind === "status" || kind === "error-inside" || kind === "reset";

/** The words are those of servers that do not take it. */
const lackOf = (
  path: string,
  request: Readonly<Record<string, unknown>>,
  lacks: ReadonlySet<ProviderFeature>,
): { readonly status: number; readonly error: unknown } | undefined => {
  const refused = (message: string, param: string | null, status = 400) => ({
    status,
    error: { message, type: "invalid_request_error", param, code: null },
  });
  if (path.startsWith("/v1/messages") && lacks.has("messages")) return refused("Not Found", null, 404);
  const format = request.response_format;
  const type = typeof format === "object" && format !== null && "type" in format ? format.type : undefined;
  const isStrict = type === "json_schema" && JSON.stringify(format).includes('"strict":true');
  if (lacks.has("json_schema") && type === "json_schema") {
    return refused("This response_format type is unavailable now", null);
  }
  if (lacks.has("strict") && isStrict) {
    return refused("No endpoints found that can handle the requested parameters.", null, 404);
  }
  if (lacks.has("json_object") && type === "json_object") {
    return refused("response_format json_object is not supported with this model", "response_format");
  }
  if (lacks.has("tools") && request.tools !== undefined) {
    return refused("This model does not support tools", null);
  }
  return undefined;
};

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
};

const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
};

interface DeliveryOptions {
  readonly response: ServerResponse;
  readonly answer: FakeAnswer;
  readonly fault: ProviderFault | undefined;
  readonly paceMs: number;
  readonly sent: { bytes: number };
}

/** One answer on its way, with its fault. */
class Delivery {
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { response, answer, fault, paceMs } = this.#options;
    if (fault?.kind === "status") return this.#status(fault);
    if (fault?.kind === "error-inside") return sendJson(response, 200, { error: fault.error });
    if (fault?.kind === "latency") await delay(fault.ms);
    if (fault?.kind === "stalled" && fault.afterEvents === undefined) return;
    if (fault?.kind === "reset" && fault.afterEvents === undefined) {
      response.socket?.resetAndDestroy();
      return;
    }
    response.writeHead(200, { "content-type": answer.type, "set-cookie": "provider=1", server: "fake" });
    response.flushHeaders();
    for (const [index, piece] of answer.pieces.entries()) {
      if (response.destroyed || !(await this.#piece(index, piece))) return;
      if (paceMs > 0) await delay(paceMs);
    }
    response.end();
  }

  #status({ status, headers, body }: Extract<ProviderFault, { kind: "status" }>): void {
    const { response } = this.#options;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(
      body ??
        JSON.stringify({
          error: { message: `the fake failed with ${status}`, type: "server_error", param: null, code: null },
        }),
    );
  }

  /** False: the answer is over. */
  async #piece(index: number, piece: string): Promise<boolean> {
    const { response, answer, fault } = this.#options;
    const isHere = fault !== undefined && "afterEvents" in fault && fault.afterEvents === index;
    if (!isHere) {
      if (fault?.kind === "split") await this.#bytewise(piece);
      else if (fault?.kind === "giant" && !answer.isStream)
        await this.#write(" ".repeat(fault.bytes) + piece);
      else if (fault?.kind === "giant" && index === 1) await this.#write(answer.grow(fault.bytes));
      else await this.#write(piece);
      return true;
    }
    switch (fault.kind) {
      case "truncated":
        response.end(answer.isStream ? undefined : piece.slice(0, piece.length / 2));
        return false;
      case "stalled":
        return false;
      case "reset":
        // RST throws away what the receiver has not read yet: then nobody knows how far the answer came.
        if (index === 0) response.socket?.resetAndDestroy();
        else response.socket?.destroySoon();
        return false;
      case "error-event":
        response.end(answer.toErrorEvent(fault.error));
        return false;
      case "garbage":
        await this.#write(answer.isStream ? "data: {not json\n\n" : "{not json");
        return answer.isStream;
    }
  }

  async #write(text: string): Promise<void> {
    const { response, sent } = this.#options;
    const bytes = Buffer.from(text);
    sent.bytes += bytes.length;
    if (!response.write(bytes) && !response.destroyed) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          response.off("drain", end);
          response.off("close", end);
          resolve();
        };
        response.on("drain", end);
        response.on("close", end);
      });
    }
  }

  async #bytewise(text: string): Promise<void> {
    for (const byte of Buffer.from(text)) {
      this.#options.response.write(Buffer.of(byte));
      // One turn of the event loop, so that the byte leaves alone.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
