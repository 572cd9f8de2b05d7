import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createControlClient } from "./control-client.ts";
import { type FleetEvent, followEvents } from "./fleet-events.ts";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const event = (name: string, data: unknown, id?: string): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** Answers each connection with the next part, then cuts it, or leaves it open where `isLeft`. */
const serve = async (parts: readonly { readonly text: string; readonly isLeft?: boolean }[]) => {
  const asked: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    const part = parts[asked.length];
    asked.push(request.headers["last-event-id"]?.toString());
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(part?.text ?? "", () => {
      if (!part?.isLeft) response.destroy();
    });
  });
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { asked, client: createControlClient({ url: `http://127.0.0.1:${port}`, token: "token" }) };
};

describe("following a fleet's events", () => {
  it("goes on behind the last event after a lost connection, and ends with what ended it", async () => {
    const { asked, client } = await serve([
      {
        text:
          event("ready", { topics: ["machine"] }, "e.1") +
          event("change", { topic: "machine", id: "a" }, "e.2"),
      },
      { text: `${event("heartbeat", {}, "e.7")}event: cha` },
      { text: event("resync", {}, "f.1") + event("end", { code: "token_revoked" }), isLeft: true },
    ]);
    const heard: FleetEvent[] = [];
    const following = async () => {
      for await (const one of followEvents(client, { fleet: "main" })) heard.push(one);
    };
    await expect(following()).rejects.toMatchObject({ code: "token_revoked" });
    expect(heard).toEqual([
      { kind: "ready", topics: ["machine"] },
      { kind: "change", topic: "machine", id: "a" },
      { kind: "resync" },
    ]);
    expect(asked).toEqual([undefined, "e.2", "e.7"]);
  });

  it("comes back when it was too slow or the control plane stopped", async () => {
    const { asked, client } = await serve([
      { text: event("end", { code: "slow_consumer" }) },
      { text: event("end", { code: "unavailable" }) },
      { text: event("end", { code: "permission_denied" }) },
    ]);
    await expect(followEvents(client, { fleet: "main" }).next()).rejects.toMatchObject({
      code: "permission_denied",
    });
    expect(asked).toHaveLength(3);
  });

  it("returns when its signal is aborted", async () => {
    const { client } = await serve([{ text: event("ready", { topics: [] }, "e.1"), isLeft: true }]);
    const stop = new AbortController();
    const events = followEvents(client, { fleet: "main", signal: stop.signal });
    expect(await events.next()).toMatchObject({ value: { kind: "ready" } });
    stop.abort();
    expect(await events.next()).toEqual({ value: undefined, done: true });
  });
});
