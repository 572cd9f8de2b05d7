// GET /metrics, /healthz and /readyz, on loopback alone.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Failure } from "@cmdop/base";
import type { Registry } from "prom-client";

export interface MetricsListener {
  readonly port: number;
  close(): Promise<void>;
}

export const openMetrics = (options: {
  readonly port: number;
  readonly registry: Registry;
  readonly isReady: () => boolean;
}): Promise<MetricsListener> => {
  const server = createServer({ maxHeaderSize: 8192, requestTimeout: 10_000 }, (request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    if (request.method !== "GET" && request.method !== "HEAD")
      return answer(405, "text/plain", "method not allowed\n");
    if (request.url === "/healthz") return answer(200, "text/plain", "ok\n");
    if (request.url === "/readyz") {
      return options.isReady()
        ? answer(200, "text/plain", "ready\n")
        : answer(503, "text/plain", "draining\n");
    }
    if (request.url !== "/metrics") return answer(404, "text/plain", "not found\n");
    options.registry.metrics().then(
      (text) => answer(200, options.registry.contentType, text),
      () => answer(500, "text/plain", "failed\n"),
    );
  });
  server.maxConnections = 32;
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const isTaken = "code" in cause && cause.code === "EADDRINUSE";
      reject(
        isTaken
          ? new Failure(
              "port_in_use",
              `Port ${options.port} (metrics) is in use: stop what uses it, or set CMDOP_CONTROL_METRICS_PORT.`,
              { cause },
            )
          : new Failure("unavailable", `The metrics port ${options.port} cannot be opened.`, { cause }),
      );
    });
    server.listen(options.port, "127.0.0.1", () => {
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
