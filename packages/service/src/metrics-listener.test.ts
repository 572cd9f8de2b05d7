import { createServer } from "node:http";
import { Counter, Registry } from "prom-client";
import { afterEach, describe, expect, it } from "vitest";
import { type MetricsListener, serveMetrics } from "./metrics-listener.ts";

const listeners: MetricsListener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

const open = async (options: { isReady?: boolean; port?: number } = {}) => {
  const registry = new Registry();
  new Counter({ name: "cmdop_things", help: "Things.", registers: [registry] }).inc(3);
  const listener = await serveMetrics({
    server: createServer(),
    port: options.port ?? 0,
    variable: "CMDOP_SOME_PORT",
    registry,
    isReady: () => options.isReady ?? true,
  });
  listeners.push(listener);
  const ask = async (path: string, method = "GET") => {
    const response = await fetch(`http://127.0.0.1:${listener.port}${path}`, { method });
    return { status: response.status, body: await response.text() };
  };
  return { ask, port: listener.port };
};

describe("the metrics port", () => {
  it("shows what is counted, and nothing else", async () => {
    const { ask } = await open();
    expect((await ask("/metrics")).body).toContain("cmdop_things 3");
    expect(await ask("/metrics", "HEAD")).toEqual({ status: 200, body: "" });
    expect(await ask("/metrics", "POST")).toMatchObject({ status: 405 });
    expect(await ask("/")).toMatchObject({ status: 404 });
  });

  it("is open on 127.0.0.1 alone", async () => {
    const { port } = await open();
    // Another address of this machine; a listener on all of them takes it.
    await expect(fetch(`http://127.0.0.2:${port}/metrics`)).rejects.toThrow("fetch failed");
  });

  it("is healthy while it drains, and not ready", async () => {
    const { ask } = await open({ isReady: false });
    expect(await ask("/healthz")).toEqual({ status: 200, body: "ok\n" });
    expect(await ask("/readyz")).toEqual({ status: 503, body: "draining\n" });
  });

  it("that is taken is named, with the variable that changes it", async () => {
    const { port } = await open();
    await expect(open({ port })).rejects.toThrow(`Port ${port} (metrics) is in use`);
    await expect(open({ port })).rejects.toThrow("CMDOP_SOME_PORT");
  });
});
