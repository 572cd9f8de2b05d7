import { describe, expect, it } from "vitest";
import { type ConfigSources, configFilePath, parseAgentConfig, parseRelayAddress } from "./config.ts";

const pin = `sha256:${"A".repeat(43)}`;
const sources = (overrides: Partial<ConfigSources> = {}): ConfigSources => ({
  env: {},
  argv: [],
  file: JSON.stringify({ relays: ["relay.example.org:63142"], caPin: pin, name: "workbench" }),
  defaultHome: "/srv/cmdop",
  hostname: "machine-7",
  uid: 1000,
  ...overrides,
});

const problemsOf = (overrides: Partial<ConfigSources>): readonly string[] => {
  const config = parseAgentConfig(sources(overrides));
  return "problems" in config ? config.problems : [];
};

describe("the agent's configuration", () => {
  it("comes from agent.json", () => {
    expect(parseAgentConfig(sources())).toEqual({
      home: "/srv/cmdop",
      agentDirectory: "/srv/cmdop/agent",
      identityFile: "/srv/cmdop/agent/identity.key",
      tokenFile: "/srv/cmdop/agent/machine.token",
      marksFile: "/srv/cmdop/agent/renewal.json",
      control: undefined,
      statusFile: "/srv/cmdop/agent/status.json",
      runtimeDirectory: undefined,
      uid: 1000,
      relays: [{ host: "relay.example.org", port: 63142, text: "relay.example.org:63142" }],
      trust: { caPin: pin },
      machineName: "workbench",
      sessionHost: "spawn",
      logLevel: "info",
    });
  });

  it("is overridden by the environment", () => {
    const otherPin = `sha256:${"B".repeat(43)}`;
    const config = parseAgentConfig(
      sources({
        env: {
          CMDOP_HOME: "/var/lib/cmdop",
          CMDOP_RELAYS: "a.example:1, [2001:db8::1]:2 ,a.example:1,b.example",
          CMDOP_RELAY_CA_PIN: otherPin,
          CMDOP_MACHINE_NAME: "other",
          CMDOP_MACHINE_TOKEN_FILE: "/run/token",
          CMDOP_SESSION_HOST: "external",
          CMDOP_LOG_LEVEL: "debug",
          XDG_RUNTIME_DIR: "/run/user/1000",
        },
      }),
    );
    expect(config).toMatchObject({
      home: "/var/lib/cmdop",
      relays: [
        { text: "a.example:1" },
        { host: "2001:db8::1", text: "[2001:db8::1]:2" },
        { text: "b.example:63142" },
      ],
      trust: { caPin: otherPin },
      machineName: "other",
      tokenFile: "/run/token",
      sessionHost: "external",
      logLevel: "debug",
      runtimeDirectory: "/run/user/1000",
    });
  });

  it("names every problem at once", () => {
    const problems = problemsOf({
      env: {
        CMDOP_RELAYS: "https://relay:1,relay:99999",
        CMDOP_RELAY_CA_PIN: "abc",
        CMDOP_MACHINE_NAME: "evil\u001b[2J",
        CMDOP_SESSION_HOST: "maybe",
        CMDOP_LOG_LEVEL: "loud",
      },
      argv: ["--verbose"],
      file: "{",
    });
    const named = [
      "agent.json is not JSON",
      "--verbose",
      "https://relay:1",
      "relay:99999",
      "CMDOP_RELAY_CA_PIN",
      "CMDOP_MACHINE_NAME",
      "CMDOP_SESSION_HOST",
      "CMDOP_LOG_LEVEL",
    ];
    expect(named.map((name) => problems.filter((problem) => problem.includes(name)).length)).toEqual(
      named.map(() => 1),
    );
  });

  it.each([
    ["nothing is configured", { file: undefined }, ["CMDOP_RELAYS", "CMDOP_RELAY_CA_PIN"]],
    [
      "agent.json is a list",
      { file: "[]" },
      ["agent.json must be an object", "CMDOP_RELAYS", "CMDOP_RELAY_CA_PIN"],
    ],
    ["relays is a text", { file: `{"relays":"a:1","caPin":"${pin}"}` }, ["list", "CMDOP_RELAYS"]],
    [
      "there are too many relays",
      { env: { CMDOP_RELAYS: Array.from({ length: 17 }, (_, n) => `r${n}:1`).join() } },
      ["16"],
    ],
  ])("says so when %s", (_name, overrides, parts) => {
    const problems = problemsOf(overrides);
    expect(problems.map((problem, at) => problem.includes(parts[at] ?? "?"))).toEqual(parts.map(() => true));
  });

  it("takes plaintext by the flag alone, and on loopback alone", () => {
    const argv = ["--allow-plaintext-loopback"];
    expect(
      parseAgentConfig(
        sources({ argv, file: undefined, env: { CMDOP_RELAYS: "127.0.0.1:1,[::1]:2,localhost:3" } }),
      ),
    ).toMatchObject({ trust: "plaintext" });
    expect(problemsOf({ argv })).toEqual([expect.stringContaining("plaintext_refused")]);
    expect(problemsOf({ argv, env: { CMDOP_RELAYS: "127.0.0.1.example.org:1" } })).toEqual([
      expect.stringContaining("plaintext_refused"),
    ]);
    expect(problemsOf({ file: JSON.stringify({ relays: ["127.0.0.1:1"] }) })).toEqual([
      expect.stringContaining("CMDOP_RELAY_CA_PIN"),
    ]);
  });

  it.each(["", "a b:1", "user@host:1", "host:", "host:0", "::1", "http://host", "host:1/path", "-host:1"])(
    "refuses the address %j",
    (text) => expect(typeof parseRelayAddress(text)).toBe("string"),
  );

  it("finds agent.json in the home", () => {
    expect(configFilePath({}, "/srv/cmdop")).toBe("/srv/cmdop/agent/agent.json");
    expect(configFilePath({ CMDOP_HOME: "/x" }, "/srv/cmdop")).toBe("/x/agent/agent.json");
  });
});
