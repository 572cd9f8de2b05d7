// Receives traces by OTLP over HTTP in its JSON encoding (https://opentelemetry.io/docs/specs/otlp/), as a collector does.
import { once } from "node:events";
import { createServer, type Server } from "node:http";

type OtlpValue = { readonly stringValue?: string; readonly intValue?: number | string } & Readonly<
  Record<string, unknown>
>;

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: OtlpValue }[];
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpSpan["attributes"] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

export interface ReceivedSpan extends Omit<OtlpSpan, "attributes" | "status"> {
  readonly hasFailed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Everything that was sent, as it came. */
  text = "";
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on("request", async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      if (request.method !== "POST" || request.url !== "/v1/traces") return response.writeHead(404).end();
      receiver.#take(Buffer.concat(parts).toString("utf8"));
      return response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return receiver;
  }

  get endpoint(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  #take(text: string): void {
    this.text += text;
    for (const { scopeSpans } of (JSON.parse(text) as OtlpBody).resourceSpans) {
      for (const { attributes, status, ...span } of scopeSpans.flatMap(({ spans }) => spans)) {
        const values = attributes.map(({ key, value }) => [key, Object.values(value)[0]]);
        this.spans.push({ ...span, hasFailed: status.code === 2, attributes: Object.fromEntries(values) });
      }
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
