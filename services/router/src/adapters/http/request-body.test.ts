import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { readBody } from "./request-body.ts";

it("a body that comes byte by byte takes little more memory than its bytes", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const request = new Readable({ read: () => {} });
  const read = readBody(request as IncomingMessage, 1_000_000);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 400_000; at += 1) request.emit("data", Buffer.from("x"));
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
  request.emit("end");
  const body = await read;
  expect(body.kind === "body" && Buffer.from(body.bytes).equals(Buffer.alloc(400_000, "x"))).toBe(true);
});
