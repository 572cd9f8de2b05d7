import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runCmdop, runCmdopHere, startCmdop } from "./run-cmdop.ts";

let relayHome: string;
let machineHome: string;
let operatorHome: string;

beforeEach(() => {
  [relayHome, machineHome, operatorHome] = ["relay", "machine", "operator"].map((name) =>
    mkdtempSync(path.join(tmpdir(), `cmdop-${name}-`)),
  ) as [string, string, string];
});
afterEach(() => {
  for (const home of [relayHome, machineHome, operatorHome]) rmSync(home, { recursive: true, force: true });
});

describe("a relay, a machine and an operator that know nothing of each other", () => {
  it("meet by what the commands print; a revoked operator is out", async () => {
    const init = await runCmdop(relayHome, ["relay", "init", "--json"]);
    const pin: string = JSON.parse(init.stdout).pin;
    expect((await runCmdop(relayHome, ["relay", "fingerprint"])).stdout.trim()).toBe(pin);

    const port = await freePort();
    const relayAddress = `127.0.0.1:${port}`;
    const relay = startCmdop(relayHome, ["relay", "start", "--port", String(port)], {
      env: { CMDOP_RELAY_METRICS_PORT: "off" },
      killAfterMs: 170_000,
    });
    try {
      const unenrolled = await runCmdop(machineHome, ["up"]);
      expect(unenrolled.code).toBe(1);
      const key = (await runCmdop(machineHome, ["machine", "key"])).stdout.trim();
      expect(unenrolled.stderr).toContain(`cmdop token mint --machine NAME --key ${key}`);

      const file = path.join(machineHome, "token");
      await runCmdop(relayHome, ["token", "mint", "--machine", "far", "--key", key, "--out", file]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const up = ["up", "--relay", relayAddress, "--ca-pin", pin, "--name", "far", "--token-stdin"];
      const linked = await runCmdop(machineHome, up, { input: readFileSync(file) });
      expect(linked).toMatchObject({ code: 0 });

      const minted = await runCmdop(relayHome, ["token", "mint", "--operator", "ada", "--ttl", "1h"]);
      const env = { CMDOP_RELAY: relayAddress, CMDOP_RELAY_CA_PIN: pin, CMDOP_TOKEN: minted.stdout.trim() };
      const hello = await runCmdop(operatorHome, ["exec", "far", "--", "echo", "hello"], { env });
      expect(hello).toMatchObject({ code: 0, stdout: "hello\n" });

      const following = startCmdop(
        operatorHome,
        ["exec", "far", "--", "sh", "-c", "echo up >&2; sleep 600"],
        { env },
      );
      await waitFor(() => following.stderr().includes("up"), { timeoutMs: 10_000 });
      await runCmdop(relayHome, ["token", "revoke", "sub:ada", "--reason", "left"]);
      expect((await following.result).code).toBe(5);
      expect(await runCmdop(operatorHome, ["sessions"], { env })).toMatchObject({ code: 4 });
      expect((await runCmdop(relayHome, ["token", "list-revoked", "-q"])).stdout).toBe("sub:ada\n");

      // A machine that is revoked says what lets it in again, and that does.
      const { machine } = JSON.parse((await runCmdop(machineHome, ["status", "--json"])).stdout);
      await runCmdop(relayHome, ["token", "revoke", machine.id]);
      await waitFor(async () => (await runCmdop(machineHome, ["status"])).stdout.includes("token_revoked"), {
        timeoutMs: 10_000,
      });
      expect((await runCmdop(machineHome, ["status"])).stdout).toContain("cmdop up --token-file FILE");
      const renewed = path.join(machineHome, "renewed");
      await runCmdop(relayHome, ["token", "mint", "--machine", "far", "--key", key, "--out", renewed]);
      await runCmdop(machineHome, ["down"]);
      expect(await runCmdop(machineHome, ["up", "--token-file", renewed])).toMatchObject({ code: 0 });
    } finally {
      await runCmdop(machineHome, ["down", "--all"]);
      relay.kill("SIGTERM");
      await relay.result;
    }
  });
});

describe("a relay that is started by a command", () => {
  it("ends with the command that is killed, and nobody waits for it", async () => {
    await runCmdopHere(relayHome, ["relay", "init"]);
    const relay = startCmdop(relayHome, ["relay", "start", "--port", String(await freePort())], {
      env: { CMDOP_RELAY_METRICS_PORT: "off" },
    });
    await waitFor(() => relay.stdout().includes("relay.listening"), { timeoutMs: 30_000 });
    relay.kill("SIGKILL");
    expect((await relay.result).code).toBeNull();
  });
});

describe("what is asked wrongly of a relay's tokens", () => {
  let home: string;
  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), "cmdop-relay-"));
    await runCmdopHere(home, ["relay", "init"]);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it.each([
    [["token", "mint"]],
    [["token", "mint", "--operator", "a", "--machine", "b"]],
    [["token", "mint", "--machine", "b", "--key", "nope"]],
    [["token", "mint", "--operator", "a", "--role", "king"]],
    [["token", "mint", "--operator", "a", "--machines", ","]],
    [["token", "mint", "--operator", "a", "--ttl", "forever"]],
    [["token", "revoke", "a b"]],
    // A machine's name, and not its id: nothing would be revoked by it.
    [["token", "revoke", "workbench"]],
  ])("%j is refused", async (args) => {
    expect(await runCmdopHere(home, args)).toMatchObject({ code: 2, stdout: "" });
  });
});
