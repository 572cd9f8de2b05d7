import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintOpaqueToken } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readControlAccess } from "./control-access.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cmdop-control-access-"));
});
afterEach(() => rm(dir, { recursive: true }));

const good = '{"url":"https://127.0.0.1:1"}';
const edge = mintOpaqueToken("edg").token;

const write = async (text: string | undefined, token: string | undefined, mode = 0o600): Promise<void> => {
  if (text !== undefined) await writeFile(join(dir, "control.json"), text);
  if (token === undefined) return;
  await writeFile(join(dir, "edge.token"), token);
  await chmod(join(dir, "edge.token"), mode);
};

describe("an edge's way to the control plane", () => {
  it.each([
    ["without TLS", '{"url":"http://127.0.0.1:1"}', edge, 0o600, "url is wrong"],
    ["that is no JSON", "{", edge, 0o600, "no JSON"],
    ["with what is unknown", '{"token":"x"}', edge, 0o600, "token is unknown"],
    ["without an address", "{}", edge, 0o600, "CMDOP_CONTROL_URL"],
    ["without a credential", good, undefined, 0o600, "edge.token"],
    ["with another kind of token", good, mintOpaqueToken("api").token, 0o600, "cmdop_edg_"],
    ["with a token that was cut off", good, edge.slice(0, -1), 0o600, "cmdop_edg_"],
    ["whose credential its group may read", good, edge, 0o640, "chmod 600"],
    ["whose credential others may write", good, edge, 0o602, "chmod 600"],
  ])("%s is refused by name, and no token is told", async (_name, text, token, mode, expected) => {
    await write(text, token, mode);
    const refused = await readControlAccess(dir, undefined).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Failure);
    expect(refused).toMatchObject({
      code: "not_configured",
      message: expect.stringContaining(expected),
    });
    expect(String(refused)).not.toContain(token ?? "cmdop_edg_0");
  });

  it("need not be there", async () => {
    expect(await readControlAccess(dir, undefined)).toBeUndefined();
  });

  it("is what the file says; the environment's address goes before the file's", async () => {
    await write('{"url":"https://127.0.0.1:1","caPin":"sha256:a","tokenFile":"edge.token"}', `${edge}\n`);
    const said = { token: edge, caPin: "sha256:a" };
    expect(await readControlAccess(dir, undefined)).toEqual({ ...said, url: "https://127.0.0.1:1" });
    expect(await readControlAccess(dir, "https://127.0.0.1:2")).toEqual({
      ...said,
      url: "https://127.0.0.1:2",
    });
  });
});
