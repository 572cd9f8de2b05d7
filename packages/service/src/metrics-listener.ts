// GET /metrics, /healthz and /readyz, on loopback alone.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Failure } from "@cmdop/base";
import type { Registry } from "prom-client";

export interface MetricsListener {
  readonly port: number;
  close(): Promise<void>;
}

export interface MetricsOptions {
  /** A new one, that nothing else listens with. */
  readonly server: Server;
  readonly port: number;
  /** The variable that chooses the port. */
  readonly variable: string;
  readonly registry: Registry;
  readonly isReady: () => boolean;
}

const connectionsMax = 32;
const requestMs = 10_000;

export const serveMetrics = (options: MetricsOptions): Promise<MetricsListener> => {
  const { server, port, variable } = options;
  server.on("request", answerWith(options));
  server.maxConnections = connectionsMax;
  server.requestTimeout = requestMs;
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const isTaken = "code" in cause && cause.code === "EADDRINUSE";
      reject(
        isTaken
          ? new Failure(
              "port_in_use",
              `Port ${port} (metrics) is in use: stop what uses it, or set ${variable}.`,
              { cause },
            )
          : new Failure("unavailable", `The metrics port ${port} cannot be opened.`, { cause }),
      );
    });
    server.listen(port, "127.0.0.1", () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
};

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

const answerWith =
  (options: MetricsOptions) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, body, type } = await toAnswer(request, options);
    response.writeHead(status, { "content-type": type ?? "text/plain", "cache-control": "no-store" });
    response.end(request.method === "HEAD" ? undefined : body);
  };

const toAnswer = async (
  { method, url }: IncomingMessage,
  { registry, isReady }: MetricsOptions,
): Promise<Answer> => {
  if (method !== "GET" && method !== "HEAD") return { status: 405, body: "method not allowed\n" };
  switch (url) {
    case "/healthz":
      return { status: 200, body: "ok\n" };
    case "/readyz":
      return isReady() ? { status: 200, body: "ready\n" } : { status: 503, body: "draining\n" };
    case "/metrics":
      return registry.metrics().then(
        (body) => ({ status: 200, body, type: registry.contentType }),
        () => ({ status: 500, body: "failed\n" }),
      );
    default:
      return { status: 404, body: "not found\n" };
  }
};
