// A signing key of the control plane is shut out while a machine and operators are live by it: real processes.
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Client, createClient, createControlClient, type Ticket } from "@cmdop/sdk";
import { ControlledStack, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCmdopHere } from "../cli/run-cmdop.ts";
import { attachAndRead, LiveSession } from "../faults/live-session.ts";

describe("a signing key that was stolen", () => {
  let stack: ControlledStack;
  let client: Client;
  let live: LiveSession;
  const clients: Client[] = [];
  const within = { timeoutMs: 20_000 };

  const open = (token = stack.token): Client => {
    const opened = createClient({ ...stack.clientOptions, token });
    clients.push(opened);
    return opened;
  };
  const ticketOf = async (): Promise<Ticket> => {
    const { data } = await createControlClient(stack.controlOptions).POST("/v1/sessions/{session}/tickets", {
      params: { path: { session: live.id } },
      body: { role: "observer", validSeconds: 600 },
    });
    if (!data) throw new Error("there is a ticket");
    return {
      token: data.secret,
      sessionId: live.id,
      role: "observer",
      expiresAtMs: Date.parse(data.expiresAt),
    };
  };
  const keyOf = (token: string): string =>
    JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;
  const machineToken = (): string =>
    readFileSync(path.join(stack.home, "agent", "machine.token"), "utf8").trim();
  const owner = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCmdopHere(stack.home, args);
    expect([args[0], code, code === 0 ? "" : stderr]).toEqual([args[0], 0, ""]);
    return stdout.trim();
  };

  beforeAll(async () => {
    stack = await ControlledStack.start();
    client = open();
    live = await LiveSession.start(client);
    await live.untilFlowing();
  }, 120_000);
  afterAll(async () => {
    for (const opened of clients) await opened.dispose();
    await stack?.close();
  }, 60_000);

  it("opens nothing any more, what lives by it ends within a second, and machine and operators go on by themselves", async () => {
    const stolen = await ticketOf();
    const machineBefore = machineToken();
    const attachment = await open().attach(stolen);
    let endedAtMs = 0;
    const ended = attachment.closed.then((failure) => {
      endedAtMs = performance.now();
      return failure;
    });

    const made = await owner("control", "rotate-signing-key", "--withdraw", "--yes");
    const answeredAtMs = performance.now();
    expect(await ended).toMatchObject({ code: "token_revoked" });
    expect(endedAtMs - answeredAtMs).toBeLessThan(1_000);
    await expect(open().attach(stolen)).rejects.toMatchObject({ code: "unauthenticated" });

    // The machine has a token of the new key, and what ran on it runs on, with every byte.
    await waitFor(() => keyOf(machineToken()) === made, within);
    expect(keyOf(machineBefore)).not.toBe(made);
    await live.untilFlowing();
    const next = await ticketOf();
    expect(keyOf(next.token)).toBe(made);
    expect(await attachAndRead(open(), next)).toBeGreaterThan(5_000);
    expect(await owner("exec", "testbench", "--", "echo", "hello")).toBe("hello");

    // A relay that starts while the control plane is away knows it from its disk.
    await stack.processes.signal("control", "SIGKILL");
    await stack.processes.signal("relay", "SIGKILL");
    await stack.startRelay();
    await expect(open().attach(stolen)).rejects.toMatchObject({ code: "unauthenticated" });
    expect(await attachAndRead(open(), next)).toBeGreaterThan(5_000);
    await stack.startControl();
    await live.end();

    const actions = JSON.parse(await owner("audit", "list", "--all", "--json")).map(
      ({ action }: { action: string }) => action,
    );
    expect(actions).toEqual(expect.arrayContaining(["signing_key.withdraw", "signing_key.create"]));
  }, 180_000);
});
