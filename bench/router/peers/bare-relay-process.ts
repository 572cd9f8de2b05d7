// The floor: the least that a relay on node:http and undici can do. No key, no routes, no retries, no usage, no logs.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";
import { Agent } from "undici";

const origin = process.argv[2] ?? "";
const agent = new Agent({ connections: 2_048, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });

const server = createServer((request, response) => {
  agent
    .request({
      origin,
      path: request.url ?? "/",
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer sk-bench" },
      body: request,
    })
    .then(
      ({ statusCode, headers, body }) => {
        const length = headers["content-length"];
        response.writeHead(statusCode, {
          "content-type": String(headers["content-type"]),
          ...(length === undefined ? {} : { "content-length": String(length) }),
        });
        pipeline(body, response, () => {});
      },
      () => response.destroy(),
    );
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
