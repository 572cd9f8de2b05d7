// fetch to a server whose authority is known by its pin alone. Node's own fetch cannot be given one.
import { Agent, type AgentOptions, request } from "node:https";
import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { Failure } from "@cmdop/base";
import { openTls } from "@cmdop/protocol/grpc";
import { cannotReach } from "./control-address.ts";

class PinnedAgent extends Agent {
  readonly #pin: string;

  constructor(pin: string, options: AgentOptions) {
    super(options);
    this.#pin = pin;
  }

  override createConnection(
    target: { readonly host?: string | null; readonly port?: string | number | null },
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const host = (target.host ?? "localhost").replace(/^\[|\]$/g, "");
    openTls(
      {
        host,
        port: Number(target.port ?? 443),
        servername: host,
        ca: undefined,
        pinnedCa: this.#pin,
        alpn: "http/1.1",
        peer: "control plane",
      },
      () => undefined,
    ).then(
      (socket) => done?.(null, socket),
      (error: Error) => done?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  }
}

const idleMs = 4_000;

/** Takes what fetch takes of a Request and gives a Response; a body that is streamed in is read whole first. */
export const createPinnedFetch = (pin: string): ((input: Request) => Promise<Response>) => {
  const agent = new PinnedAgent(pin, { keepAlive: true, timeout: idleMs, maxSockets: 16 });
  return async (input) => {
    const body = input.body === null ? undefined : Buffer.from(await input.arrayBuffer());
    return new Promise((resolve, reject) => {
      const sent = request(
        input.url,
        {
          agent,
          method: input.method,
          headers: Object.fromEntries(input.headers),
          signal: input.signal,
        },
        (answer) => {
          const headers = new Headers();
          for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) {
            headers.append(answer.rawHeaders[at] ?? "", answer.rawHeaders[at + 1] ?? "");
          }
          const status = answer.statusCode ?? 500;
          const isEmpty = status === 204 || status === 304;
          if (isEmpty) answer.resume();
          resolve(
            new Response(
              isEmpty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array<ArrayBuffer>>),
              {
                status,
                headers,
              },
            ),
          );
        },
      );
      // A server that takes the connection and says nothing: without a socket the request itself does not notice.
      input.signal.addEventListener("abort", () => reject(input.signal.reason), { once: true });
      sent.on("error", (cause) =>
        reject(cause instanceof Failure ? cause : cannotReach(new URL(input.url).origin, cause)),
      );
      sent.end(body);
    });
  };
};
