// Requests that never become one, through a whole router: the answer is the router's own, in OpenAI's shape.
import { connect, type Socket } from "node:net";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RouterFixture, routerKey } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

beforeEach(async () => {
  fixture = await RouterFixture.open({ limits: { arrivalMs: 300 } });
});

afterEach(() => fixture.close());

const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: router\r\nx-api-key: ${routerKey}\r\ncontent-type: application/json\r\n`;

const open = (text: string): { readonly socket: Socket; readonly all: Promise<string>; read(): string } => {
  const socket = connect(fixture.router.port, "127.0.0.1");
  let read = "";
  socket.on("data", (data) => {
    read += String(data);
  });
  socket.on("error", () => {});
  socket.write(text);
  const all = new Promise<string>((resolve) => socket.once("close", () => resolve(read)));
  return { socket, all, read: () => read };
};

const told = (text: string) => {
  const [headers = "", body = ""] = text.split("\r\n\r\n");
  return {
    status: Number(headers.split(" ")[1]),
    id: /^x-request-id: (\S+)$/im.exec(headers)?.[1],
    shouldRetry: /^x-should-retry: (\S+)$/im.exec(headers)?.[1],
    error: (JSON.parse(body) as { readonly error: Record<string, unknown> }).error,
  };
};

describe("a request that cannot be read", () => {
  it.each([
    ["that is no HTTP", "what is this\r\n\r\n", 400, "invalid_http", undefined],
    [
      "with two lengths",
      `${head}content-length: 1\r\ncontent-length: 2\r\n\r\n`,
      400,
      "invalid_http",
      undefined,
    ],
    [
      "with headers over the limit",
      `${head}x-long: ${"a".repeat(20_000)}\r\n\r\n`,
      431,
      "headers_too_large",
      undefined,
    ],
    ["whose body does not come", `${head}content-length: 9\r\n\r\n{`, 408, "request_timeout", "false"],
    ["whose headers do not end", head, 408, "request_timeout", "false"],
    [
      "with a path that is none",
      "GET /v1/%zz HTTP/1.1\r\nhost: router\r\nconnection: close\r\n\r\n",
      404,
      "unknown_url",
      undefined,
    ],
  ])("%s is an error in OpenAI's shape, with an id", async (_name, text, status, code, shouldRetry) => {
    const answer = told(await open(text).all);
    expect(answer).toEqual({
      status,
      id: expect.stringMatching(/^req_/),
      shouldRetry,
      error: { message: expect.any(String), type: "invalid_request_error", param: null, code },
    });
    expect(fixture.logged.text).toContain(`"requestId":"${answer.id}","row":"${code}"`);
    expect(fixture.router.requests()).toBe(0);
  });

  it("ends the stream before it on the same connection, and does not stand in its middle", async () => {
    fixture.a.failNext({ kind: "stalled", afterEvents: 2 });
    const body = JSON.stringify({ model: "lone", messages: [], stream: true });
    const { socket, all, read } = open(`${head}content-length: ${body.length}\r\n\r\n${body}`);
    await waitFor(() => read().includes("data: "));
    socket.write("what is this\r\n\r\n");
    expect(await all).not.toContain("invalid_http");
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]?.end).toBe("aborted");
  });
});
