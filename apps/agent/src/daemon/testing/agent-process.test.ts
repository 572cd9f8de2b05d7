import { existsSync } from "node:fs";
import { isAlive, processesOf, waitFor } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { AgentProcess } from "./agent-process.ts";

// Nobody listens there: the host is started all the same.
const nowhere = { relays: ["127.0.0.1:1"], caPin: `sha256:${"A".repeat(43)}` };

const hostOf = (agent: AgentProcess): Promise<number> =>
  waitFor(() => processesOf(agent.home, "host-main.ts")[0], { timeoutMs: 15_000, what: "a session host" });

describe.runIf(process.platform === "linux")("an agent of a test leaves no session host behind", () => {
  it("when the test failed before the host had said anything", async () => {
    const agent = new AgentProcess(nowhere);
    agent.start();
    const host = await hostOf(agent);
    await agent.close();
    expect([isAlive(host), existsSync(agent.home)]).toEqual([false, false]);
  });

  it("when the host was stopped and nobody continued it", async () => {
    const agent = new AgentProcess(nowhere);
    agent.start();
    const { host } = await agent.until("hosting", (status) => status.host.state === "running");
    process.kill(host.pid ?? (await hostOf(agent)), "SIGSTOP");
    await agent.close();
    expect(processesOf(agent.home, "host-main.ts")).toEqual([]);
  });
});
