import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { Failure } from "@cmdop/base";
import { createTestCertificates } from "@cmdop/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createControlClient, readAll } from "./control-client.ts";
import { createTerminalLogins } from "./terminal-login.ts";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const listen = (server: http.Server | https.Server): Promise<number> =>
  new Promise((resolve) => {
    open.push(() => {
      server.closeAllConnections();
      server.close();
    });
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });

const fleet = (slug: string) => ({ id: `flt_${slug}`, slug, name: slug });

const answer: http.RequestListener = (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (request.headers.authorization !== "Bearer token") {
    const problem = { code: "token_revoked", detail: "The token was revoked.", requestId: "req_1" };
    response.writeHead(401, { "content-type": "application/problem+json", "retry-after": "3" });
    response.end(JSON.stringify(problem));
    return;
  }
  const second = url.searchParams.get("cursor") === "two";
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ items: [fleet(second ? "b" : "a")], nextCursor: second ? null : "two" }));
};

describe("the control client", () => {
  it("verifies a server by its pin alone, and sends nothing to another one", async () => {
    const { cert, key, caPin } = await createTestCertificates();
    let requests = 0;
    const server = https.createServer({ cert, key }, (request, response) => {
      requests += 1;
      answer(request, response);
    });
    const port = await listen(server);
    const url = `https://localhost:${port}`;
    const client = createControlClient({ url, token: "token", caPin });
    const fleets = await readAll((page) => client.GET("/v1/fleets", { params: { query: page } }));
    expect(fleets.map(({ slug }) => slug)).toEqual(["a", "b"]);
    expect(requests).toBe(2);
    const other = createControlClient({ url, token: "token", caPin: `sha256:${"A".repeat(43)}` });
    const refused = new Promise<void>((resolve) => {
      server.once("connection", (socket) => socket.once("close", resolve));
    });
    await expect(other.GET("/v1/fleets")).rejects.toMatchObject({ code: "untrusted_control" });
    expect(requests).toBe(2);
    await refused;
  });

  it("says of a certificate that nobody vouches for that it is one, and asks nobody by plain http", async () => {
    const { cert, key } = await createTestCertificates();
    const port = await listen(https.createServer({ cert, key }, answer));
    const url = `https://localhost:${port}`;
    await expect(createControlClient({ url }).GET("/v1/fleets")).rejects.toMatchObject({
      code: "untrusted_control",
    });
    const login = createTerminalLogins({ url }).beginDevice({ name: "test" });
    await expect(login).rejects.toMatchObject({ code: "untrusted_control" });
    expect(() => createTerminalLogins({ url: "http://control.example.org" })).toThrow(/https/);
    expect(() => createControlClient({ url: "http://control.example.org" })).toThrow(/https/);
  });

  it("gives a server up that takes the connection and says nothing, also before it is verified", async () => {
    const silent = net.createServer(() => undefined);
    const sockets = new Set<net.Socket>();
    silent.on("connection", (socket) => sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    open.push(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const url = `https://localhost:${(silent.address() as AddressInfo).port}`;
    const client = createControlClient({ url, caPin: `sha256:${"A".repeat(43)}`, timeoutMs: 200 });
    await expect(client.GET("/v1/fleets")).rejects.toMatchObject({ code: "timed_out" });
  });

  it("gives a problem document as a failure with its code, text, wait and details", async () => {
    const port = await listen(http.createServer(answer));
    const client = createControlClient({ url: `http://127.0.0.1:${port}` });
    await expect(client.GET("/v1/fleets")).rejects.toMatchObject({
      code: "token_revoked",
      message: "The token was revoked.",
      retryAfterMs: 3_000,
      details: { requestId: "req_1" },
    });
  });

  it("says that nobody answers, and refuses plain http beyond this machine", async () => {
    const port = await listen(http.createServer(answer));
    for (const close of open.splice(0)) close();
    await expect(
      createControlClient({ url: `http://127.0.0.1:${port}` }).GET("/v1/fleets"),
    ).rejects.toMatchObject({ code: "unavailable" });
    expect(() => createControlClient({ url: "http://control.example.org" })).toThrow(Failure);
  });
});
