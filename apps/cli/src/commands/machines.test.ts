// Machines and how they come in, against a whole control plane.
import { existsSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { createTestCertificates } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { TestMachine } from "../../../../services/control/src/testing/test-machine.ts";
import { useControl } from "../testing/cli-fixture.ts";

const cli = useControl({ fleets: ["main", "other"] });
const { cmdop, json } = cli;

const joinString = async (...options: string[]): Promise<string> => {
  const made = await cmdop(["join-tokens", "create", ...options]);
  expect(made.error).toContain(`--control https://localhost:${cli.control.control.port}`);
  return made.out.trim();
};

describe("cmdop join-tokens", () => {
  it("prints the join string alone, lists what is live, and revokes", async () => {
    const text = await joinString("--name", "racks", "--uses", "3", "--expires", "1d", "--tag", "web,eu");
    expect(text).toMatch(/^cmdopjoin1\.[\w-]{43}\.cmdop_jon_\w{48}$/);
    const [listed] = await json(["join-tokens", "list"]);
    expect(listed).toMatchObject({ name: "racks", maxUses: 3, tags: ["web", "eu"], state: "live" });
    expect((await cmdop(["join-tokens", "revoke", listed.id])).code).not.toBe(0);
    expect((await cmdop(["join-tokens", "revoke", listed.id, "--yes"])).code).toBe(0);
    expect(await json(["join-tokens", "list"])).toEqual([]);
    expect(await json(["join-tokens", "list", "--all"])).toHaveLength(1);
  });
});

describe("cmdop machines", () => {
  it("lists, shows, renames, tags, moves, shuts out and removes", async () => {
    const { body } = await new TestMachine(cli.control, "web-1.local").join(await joinString("--tag", "web"));
    expect((await cmdop(["machines"])).out).toMatch(/^web-1\.local\toffline\t0\t-\t-\t\S+\tweb\tmch_\w+\n$/);
    expect(await json(["machines", "--tag", "web"])).toMatchObject([{ id: body.machineId, liveSessions: 0 }]);
    expect(await json(["machines", "--presence", "online"])).toEqual([]);
    const shown = await json(["machines", "show", "web-1"]);
    expect(shown).toMatchObject({ hostname: "web-1.local", presence: "offline" });
    expect((await cmdop(["machines", "show", "web-1"])).out).toContain(`seen     ${shown.seenAt}\n`);
    await cli.control.linkMachine(body.machineId);
    // Not the time of its link: heartbeats are heard at the relay alone.
    expect((await cmdop(["machines", "show", "web-1"])).out).toMatch(/^seen +now: /m);
    expect((await cmdop(["machines"])).out).toContain("\tonline\t0\t-\t-\tnow\t");
    expect(await json(["machines", "rename", "web-1", "front"])).toMatchObject({ name: "front" });
    expect(await json(["machines", "tag", "front", "--add", "db", "--remove", "web"])).toMatchObject({
      tags: ["db"],
    });
    expect((await cmdop(["machines", "rotate-key", "front"])).code).toBe(2);
    expect(await json(["machines", "show", "front"])).toMatchObject({ isRotationWanted: false });
    expect(await json(["machines", "rotate-key", "front", "--yes"])).toMatchObject({
      isRotationWanted: true,
    });
    expect((await cmdop(["machines", "disable", "front"])).code).not.toBe(0);
    await json(["machines", "disable", "front", "--yes"]);
    expect((await cmdop(["machines"])).out).toContain("disabled");
    await json(["machines", "enable", "front"]);
    const unasked = await cmdop(["machines", "move", "front", "other"]);
    expect([unasked.code, unasked.error.includes("--yes")]).toEqual([2, true]);
    await json(["machines", "show", "front"]);
    await json(["machines", "move", "front", "other", "--yes"]);
    expect((await cmdop(["machines", "show", "front"])).code).not.toBe(0);
    const removed = await cmdop(["machines", "remove", "front", "--yes"], { env: { CMDOP_FLEET: "other" } });
    expect(removed.code).toBe(0);
  });

  it("lets a machine in, or turns it away, by the code that it shows", async () => {
    const text = await joinString("--approval", "--uses", "2");
    const [first, second] = [new TestMachine(cli.control, "first"), new TestMachine(cli.control, "second")];
    const codes = [(await first.join(text)).body.code, (await second.join(text)).body.code];
    const waiting = await json(["machines", "waiting"]);
    expect(waiting.map(({ code }: { code: string }) => code).sort()).toEqual([...codes].sort());
    await json(["machines", "approve", codes[0].toLowerCase()]);
    await json(["machines", "deny", codes[1]]);
    expect((await first.join(text)).status).toBe(201);
    expect((await second.join(text)).status).toBe(403);
    expect((await cmdop(["machines", "approve", "first"])).code).not.toBe(0);
  });
});

describe("cmdop join", () => {
  it("sends nothing to a server with another key than the join string names", async () => {
    const { cert, key } = await createTestCertificates();
    let bytes = 0;
    const server = https.createServer({ cert, key }, (_request, response) => response.end());
    server.on("secureConnection", (socket) => {
      socket.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const control = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const text = await joinString();
    const refused = await cmdop(["join", text, "--control", control]);
    server.closeAllConnections();
    server.close();
    expect([refused.code !== 0, refused.error.includes("another server"), bytes]).toEqual([true, true, 0]);
    expect(refused.error).not.toContain(text.slice(-38));
    expect(existsSync(path.join(cli.control.home, cli.owner.accountId, "agent", "machine.token"))).toBe(
      false,
    );
    const plain = await cmdop(["join", text, "--control", `http://127.0.0.1:${cli.control.control.port}`]);
    expect([plain.code !== 0, plain.error.includes("https")]).toEqual([true, true]);
  });

  it("says of a mistyped join string that it is one, without asking anybody", async () => {
    const text = await joinString();
    const wrong = await cmdop(["join", `${text.slice(0, -1)}${text.endsWith("x") ? "y" : "x"}`]);
    expect([wrong.code, wrong.error.includes("no join string")]).toEqual([2, true]);
  });
});
