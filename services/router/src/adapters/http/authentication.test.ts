import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { readKey } from "./authentication.ts";

const request = (socket: Socket, headers: Record<string, string>): IncomingMessage =>
  Object.assign(new IncomingMessage(socket), { headers });

it("a connection's key is the one object for as long as the connection sends the same", () => {
  const [one, other] = [new Socket(), new Socket()];
  const first = readKey(request(one, { authorization: "Bearer a" }));
  expect(first?.reveal()).toBe("a");
  expect(readKey(request(one, { authorization: "Bearer a" }))).toBe(first);
  expect(readKey(request(other, { authorization: "Bearer a" }))).not.toBe(first);
});

it("each request of a connection has the key that it sends, whatever came before it", () => {
  const socket = new Socket();
  const sent: [Record<string, string>, string | undefined][] = [
    [{ authorization: "Bearer a" }, "a"],
    [{ authorization: "Bearer b" }, "b"],
    [{ authorization: "Bearer aa" }, "aa"],
    [{}, undefined],
    [{ authorization: "Basic a" }, undefined],
    [{ "x-api-key": "Bearer a" }, "Bearer a"],
    [{ authorization: "Bearer a" }, "a"],
    [{ "x-api-key": "b", authorization: "Bearer a" }, "b"],
    [{ "x-api-key": "x".repeat(513), authorization: "Bearer a" }, undefined],
    [{ "x-api-key": "", authorization: "bearer  a" }, "a"],
  ];
  expect(sent.map(([headers]) => readKey(request(socket, headers))?.reveal())).toEqual(
    sent.map(([, key]) => key),
  );
});
