import { describe, expect, it } from "vitest";
import { parseSettings } from "./settings.ts";

const defaults = { root: "/clone", hostname: "workbench" };

const portsOf = (env: Record<string, string>): Record<string, number> => {
  const settings = parseSettings(env, defaults);
  if ("problems" in settings) throw new Error(settings.problems.join("\n"));
  return Object.fromEntries(Object.entries(settings.ports).map(([name, { port }]) => [name, port]));
};

describe("settings of npm start", () => {
  it("have a default each", () => {
    expect(parseSettings({}, defaults)).toMatchObject({ home: "/clone/.cmdop", machineName: "workbench" });
    expect(portsOf({})).toEqual({
      control: 63141,
      internal: 63151,
      controlMetrics: 63154,
      relay: 63142,
      relayMetrics: 63152,
      router: 63143,
      routerMetrics: 63153,
    });
  });

  it("name every variable that is wrong, at once", () => {
    expect(parseSettings({ CMDOP_RELAY_PORT: "no", CMDOP_CONTROL_PORT: "70000" }, defaults)).toEqual({
      problems: [
        'CMDOP_CONTROL_PORT is "70000": a port from 1 to 65535 is expected.',
        'CMDOP_RELAY_PORT is "no": a port from 1 to 65535 is expected.',
      ],
    });
  });

  it("refuse one port for two uses", () => {
    expect(parseSettings({ CMDOP_RELAY_PORT: "63141" }, defaults)).toMatchObject({
      problems: [
        "CMDOP_CONTROL_PORT and CMDOP_RELAY_PORT are both 63141: each needs a port of its own.",
        "CMDOP_CONTROL_INTERNAL_PORT and CMDOP_RELAY_METRICS_PORT are both 63151: each needs a port of its own.",
      ],
    });
  });

  it.each([
    ["the relay's own address", {}, "127.0.0.1:63142"],
    ["of IPv6 too", { CMDOP_RELAY_HOST: "2001:db8::1" }, "[2001:db8::1]:63142"],
    ["for every address, this machine's name", { CMDOP_RELAY_HOST: "0.0.0.0" }, "workbench:63142"],
    [
      "or the name by which people reach the control plane",
      {
        CMDOP_RELAY_HOST: "::",
        CMDOP_CONTROL_PUBLIC_URL: "https://cmdop.example.org",
        CMDOP_RELAY_PORT: "7000",
      },
      "cmdop.example.org:7000",
    ],
    [
      "what the operator says before all",
      { CMDOP_RELAY_HOST: "0.0.0.0", CMDOP_CONTROL_RELAYS: "relay.example.org:443" },
      "relay.example.org:443",
    ],
  ])("tell machines an address that they can dial: %s", (_what, env, relays) => {
    expect(parseSettings(env, defaults)).toMatchObject({ relays });
  });

  it("refuse a relay that no other machine could dial, and name what to set", () => {
    expect(parseSettings({ CMDOP_RELAY_HOST: "0.0.0.0" }, { ...defaults, hostname: "localhost" })).toEqual({
      problems: [expect.stringContaining("CMDOP_CONTROL_RELAYS=relay.example.org:63142")],
    });
  });

  it("take a home relative to the clone, and what belongs to a port beside it", () => {
    expect(parseSettings({ CMDOP_HOME: "state" }, defaults)).toMatchObject({ home: "/clone/state" });
    expect(portsOf({ CMDOP_RELAY_PORT: "7000" })).toMatchObject({ relay: 7000, relayMetrics: 7010 });
  });
});
