// A machine that joins with what a person carries to it, and what the control plane then does with it: real processes.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createControlClient } from "@cmdop/sdk";
import { ControlledStack, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCmdop, runCmdopHere, startCmdop } from "../cli/run-cmdop.ts";

const tokenS = 6;
let stack: ControlledStack;
let home: string;
const homes: string[] = [];

const openHome = (): string => {
  const opened = mkdtempSync(path.join(tmpdir(), "cmdop-joined-"));
  homes.push(opened);
  return opened;
};

beforeAll(async () => {
  stack = await ControlledStack.start({
    parts: ["relay"],
    env: { CMDOP_CONTROL_MACHINE_TOKEN_S: String(tokenS) },
  });
  home = openHome();
}, 90_000);
afterAll(async () => {
  for (const each of homes) {
    await runCmdop(each, ["down", "--all"]);
    rmSync(each, { recursive: true, force: true });
  }
  await stack?.close();
});

const owner = async (...args: string[]) => {
  const { code, stdout, stderr } = await runCmdopHere(stack.home, args);
  expect([args[0], code, code === 0 ? "" : stderr]).toEqual([args[0], 0, ""]);
  return stdout;
};

const machine = async () => {
  const control = createControlClient(stack.controlOptions);
  const { data } = await control.GET("/v1/fleets/{fleet}/machines", {
    params: { path: { fleet: stack.fleet }, query: { q: "far" } },
  });
  return data?.items[0];
};

const token = (): string => readFileSync(path.join(home, "agent", "machine.token"), "utf8");
const status = async () => JSON.parse((await runCmdopHere(home, ["status", "--json"])).stdout);
const within = { timeoutMs: 30_000, everyMs: 50 };

describe("a machine with a join string", () => {
  it("joins, keeps its token fresh, takes a new name and a new key, and is out when it is removed", async () => {
    const text = (await owner("join-tokens", "create", "--tag", "web")).trim();
    const joined = await runCmdop(home, ["join", "-", "--control", stack.url, "--name", "far"], {
      input: text,
    });
    expect([joined.code, joined.code === 0 ? "" : joined.stderr]).toEqual([0, ""]);
    expect(await owner("exec", "far", "--", "echo", "hello")).toBe("hello\n");
    await waitFor(async () => (await machine())?.presence === "online", within);
    // Nobody is signed in on such a machine, and nothing is wrong with that.
    const examined = await runCmdopHere(home, ["doctor", "--json"]);
    expect([examined.code, JSON.parse(examined.stdout)]).toMatchObject([
      0,
      expect.arrayContaining([
        expect.objectContaining({ check: "login", result: "note" }),
        expect.objectContaining({ check: "agent", result: "ok" }),
      ]),
    ]);

    const first = token();
    await waitFor(() => token() !== first, within);
    const { iat } = JSON.parse(Buffer.from(first.split(".")[1] ?? "", "base64url").toString());
    await waitFor(() => Date.now() / 1_000 > iat + tokenS + 1, within);
    await runCmdop(home, ["down"]);
    expect((await runCmdop(home, ["up"])).code).toBe(0);

    await owner("machines", "rename", "far", "far-away");
    await waitFor(
      async () => (await runCmdopHere(stack.home, ["exec", "far-away", "--", "true"])).code === 0,
      within,
    );

    const before = await machine();
    await owner("machines", "rotate-key", "far-away", "--yes");
    await waitFor(async () => (await machine())?.keyFingerprint !== before?.keyFingerprint, within);
    await waitFor(async () => {
      const { machine: shown, link } = await status();
      return link.state === "linked" && shown.fingerprint === (await machine())?.keyFingerprint;
    }, within);

    await owner("machines", "remove", "far-away", "--yes");
    await waitFor(async () => (await status()).link.state !== "linked", within);
    expect((await runCmdopHere(stack.home, ["exec", "far-away", "--", "true"])).code).not.toBe(0);

    const next = (await owner("join-tokens", "create")).trim();
    const unsaid = await runCmdop(home, ["join", "-", "--control", stack.url], { input: next });
    expect([unsaid.code, unsaid.stderr.includes("--again")]).toEqual([1, true]);
    const again = await runCmdop(home, ["join", "-", "--control", stack.url, "--name", "back", "--again"], {
      input: next,
    });
    expect([again.code, again.code === 0 ? "" : again.stderr]).toEqual([0, ""]);
    expect(await owner("exec", "back", "--", "echo", "hello")).toBe("hello\n");

    // It stays reachable when it is not let in: neither where nobody answers, nor with a string that opens nothing.
    const { id, secret } = JSON.parse(await owner("join-tokens", "create", "--json"));
    await owner("join-tokens", "revoke", id, "--yes");
    const rejoin = (url: string) =>
      runCmdop(home, ["join", "-", "--control", url, "--again"], { input: secret });
    const nowhere = await rejoin("https://127.0.0.1:9");
    expect([nowhere.code, nowhere.stderr.includes("stopped")]).toEqual([5, false]);
    const refused = await rejoin(stack.url);
    expect([refused.code !== 0, refused.stderr.includes("is started again")]).toEqual([true, true]);
    await waitFor(
      async () => (await runCmdopHere(stack.home, ["exec", "back", "--", "true"])).code === 0,
      within,
    );
  }, 120_000);

  it("says that it waits and with which code, comes in when it is let in, and starts no agent unless wanted", async () => {
    const other = openHome();
    const text = (await owner("join-tokens", "create", "--approval")).trim();
    const joining = startCmdop(
      other,
      ["join", "-", "--control", stack.url, "--name", "asks", "--no-start", "--json"],
      { input: text },
    );
    await waitFor(() => /same code: [A-Z2-9]{4}-[A-Z2-9]{4}/.test(joining.stderr()), within);
    const code = /same code: (\S+)/.exec(joining.stderr())?.[1] ?? "";
    expect(await owner("machines", "waiting")).toContain(code);
    await owner("machines", "approve", code);
    const joined = await joining.result;
    expect([joined.code, JSON.parse(joined.stdout)]).toEqual([
      0,
      {
        running: false,
        machine: { id: expect.stringMatching(/^mch_/), name: "asks" },
        control: stack.url,
        relays: [expect.any(String)],
      },
    ]);
    expect(JSON.parse((await runCmdopHere(other, ["status", "--json"])).stdout)).toMatchObject({
      running: false,
    });
    expect((await runCmdop(other, ["up"])).code).toBe(0);
    expect(await owner("exec", "asks", "--", "echo", "hello")).toBe("hello\n");
  }, 120_000);
});
