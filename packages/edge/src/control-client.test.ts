import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { openServerTls } from "@cmdop/authority";
import { waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createControlClient } from "./control-client.ts";

const dayMs = 86_400_000;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "cmdop-edge-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it("a pinned authority that was made anew is taken up when the one that it replaced ends", async () => {
  const endMs = Date.now() + 3_000;
  const open = (wallMs: number) => openServerTls(dir, { name: "control", clock: { wallMs: () => wallMs } });
  const { authorityPem: earlier } = await open(endMs - 3_650 * dayMs);
  const { certificatePem, authorityPem, keyPem: key, pin } = await open(Date.now());
  // Both have signed it: they have one key and one name.
  const before = certificatePem.replace(authorityPem, earlier);
  const server = createServer({ key, cert: before }, (request, response) => {
    request.resume();
    response.writeHead(404, { connection: "close" }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = createControlClient({ url: `https://127.0.0.1:${port}`, caPin: pin, token: "none" });
  try {
    expect(await client.checkpoint(undefined)).toBe(undefined);
    server.setSecureContext({ key, cert: certificatePem });
    expect(await client.checkpoint(undefined)).toBe(undefined);
    await waitFor(() => Date.now() > endMs + 1_000, { what: "the earlier authority to end" });
    await expect(client.checkpoint(undefined)).rejects.toMatchObject({ code: "authority_unavailable" });
    expect(await client.checkpoint(undefined)).toBe(undefined);
  } finally {
    await client.close();
    server.close();
  }
});
