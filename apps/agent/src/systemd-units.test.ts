import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../../..");

const parseUnit = (name: string): ReadonlyMap<string, readonly string[]> => {
  const settings = new Map<string, string[]>();
  for (const line of readFileSync(resolve(root, "deploy/systemd", name), "utf8").split("\n")) {
    const match = /^([A-Za-z]+)=(.*)$/.exec(line);
    if (!match) continue;
    const [, key = "", value = ""] = match;
    settings.set(key, [...(settings.get(key) ?? []), value]);
  }
  return settings;
};

const agent = parseUnit("cmdop-agent.service");
const host = parseUnit("cmdop-session-host.service");

describe("the systemd units", () => {
  it("run programs that the clone has", () => {
    const paths = [agent, host].flatMap((unit) => {
      const words = (unit.get("ExecStart") ?? []).join(" ").split(" ");
      return words
        .filter((word) => word.startsWith("%h/cmdop/"))
        .map((word) => word.slice("%h/cmdop/".length));
    });
    expect(paths).toEqual([
      "node_modules/.bin/node",
      "apps/agent/src/main.ts",
      "node_modules/.bin/node",
      "apps/agent/src/host-main.ts",
    ]);
    // Node itself comes with the installation.
    expect(
      paths.filter((path) => path.startsWith("apps/")).map((path) => existsSync(resolve(root, path))),
    ).toEqual([true, true]);
  });

  it("share a home, and the agent starts no host", () => {
    expect(agent.get("Environment")).toEqual(["CMDOP_HOME=%h/.cmdop", "CMDOP_SESSION_HOST=external"]);
    expect(host.get("Environment")).toEqual(["CMDOP_HOME=%h/.cmdop"]);
  });

  it("bind nothing to the session host's life", () => {
    const bindings = ["Requires", "BindsTo", "PartOf", "Requisite", "Upholds"];
    expect(bindings.flatMap((key) => [...(agent.get(key) ?? []), ...(host.get(key) ?? [])])).toEqual([]);
    expect(agent.get("Wants")).toEqual(["cmdop-session-host.service"]);
    expect([host.get("KillMode"), host.get("OOMPolicy")]).toEqual([["mixed"], ["continue"]]);
  });

  it("renew the relay's certificate at each start and once a day, where the relay reads it", () => {
    const [relay, renewal] = [parseUnit("cmdop-relay.service"), parseUnit("cmdop-relay-certificate.service")];
    const [command = ""] = renewal.get("ExecStart") ?? [];
    expect(command).toMatch(/^\/opt\/cmdop\/node_modules\/.bin\/node .* relay init --quiet$/);
    expect(relay.get("ExecStartPre")).toEqual([`-${command}`]);
    const program = / \/opt\/cmdop\/(\S+\.mjs) /.exec(command)?.[1] ?? "";
    expect(existsSync(resolve(root, program))).toBe(true);
    for (const key of ["User", "Environment", "EnvironmentFile", "StateDirectory", "UMask"]) {
      expect([key, renewal.get(key)]).toEqual([key, relay.get(key)]);
    }
    expect(parseUnit("cmdop-relay-certificate.timer").get("OnCalendar")).toEqual(["daily"]);
  });
});
