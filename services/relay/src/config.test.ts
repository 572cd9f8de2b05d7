import { describe, expect, it } from "vitest";
import { parseConfig } from "./config.ts";

const good = {
  dir: "/srv/.cmdop/relay",
  host: "127.0.0.1",
  port: 63_142,
  metricsPort: 63_152,
  origins: [],
  moveTo: [],
  drainMs: 10_000,
  logLevel: "info",
  attachmentsPerSession: undefined,
  liveSessionsPerMachine: undefined,
  links: undefined,
  connections: 20_000,
  unauthenticatedConnections: 256,
  proxies: ["127.0.0.1", "::1"],
};

describe("the relay's settings", () => {
  it("have a default each", () => {
    expect(parseConfig({}, "/srv")).toEqual({ kind: "config", config: good });
    expect(parseConfig({ CMDOP_RELAY_PORT: "", CMDOP_HOME: " " }, "/srv")).toEqual({
      kind: "config",
      config: good,
    });
  });

  it("are read from their variables", () => {
    const env = {
      CMDOP_HOME: "/var/lib/cmdop",
      CMDOP_RELAY_HOST: "0.0.0.0",
      CMDOP_RELAY_PORT: "7000",
      CMDOP_RELAY_METRICS_PORT: "off",
      CMDOP_RELAY_ORIGINS: "https://Console.example.org, http://localhost:5173/,https://a.org:443",
      CMDOP_RELAY_MOVE_TO: "relay-2.example.org:63142,[::1]:7001",
      CMDOP_RELAY_DRAIN_MS: "500",
      CMDOP_LOG_LEVEL: "debug",
      CMDOP_RELAY_ATTACHMENTS_MAX: "10",
      CMDOP_RELAY_SESSIONS_MAX: "20",
      CMDOP_RELAY_LINKS_MAX: "30",
      CMDOP_RELAY_CONNECTIONS_MAX: "40",
      CMDOP_RELAY_UNAUTHENTICATED_MAX: "50",
      CMDOP_RELAY_PROXIES: "192.0.2.7, 2001:DB8:0::1",
    };
    expect(parseConfig(env, "/srv")).toEqual({
      kind: "config",
      config: {
        dir: "/var/lib/cmdop/relay",
        host: "0.0.0.0",
        port: 7000,
        metricsPort: undefined,
        origins: ["https://console.example.org", "http://localhost:5173", "https://a.org"],
        moveTo: ["relay-2.example.org:63142", "[::1]:7001"],
        drainMs: 500,
        logLevel: "debug",
        attachmentsPerSession: 10,
        liveSessionsPerMachine: 20,
        links: 30,
        connections: 40,
        unauthenticatedConnections: 50,
        proxies: ["192.0.2.7", "2001:db8::1"],
      },
    });
  });

  it("report every problem at once, each naming its variable", () => {
    const env = {
      CMDOP_RELAY_PORT: "65536",
      CMDOP_RELAY_METRICS_PORT: "-1",
      CMDOP_RELAY_ORIGINS: "*,https://ok.org,https://user@x.org,https://x.org/path,null",
      CMDOP_RELAY_MOVE_TO: "relay-2",
      CMDOP_RELAY_DRAIN_MS: "1e3",
      CMDOP_LOG_LEVEL: "loud",
      CMDOP_RELAY_LINKS_MAX: "0",
      CMDOP_RELAY_PROXIES: "10.0.0.0/8",
    };
    const parsed = parseConfig(env, "/srv");
    expect(parsed.kind === "problems" && parsed.problems).toEqual([
      'CMDOP_RELAY_PORT is "65536": a whole number from 0 to 65535 is expected.',
      'CMDOP_RELAY_METRICS_PORT is "-1": a whole number from 0 to 65535 or "off" is expected.',
      'CMDOP_RELAY_PROXIES is "10.0.0.0/8": an IP address is expected.',
      'CMDOP_RELAY_ORIGINS is "*": an origin such as https://console.example.org is expected.',
      'CMDOP_RELAY_ORIGINS is "https://user@x.org": an origin such as https://console.example.org is expected.',
      'CMDOP_RELAY_ORIGINS is "https://x.org/path": an origin such as https://console.example.org is expected.',
      'CMDOP_RELAY_ORIGINS is "null": an origin such as https://console.example.org is expected.',
      'CMDOP_RELAY_MOVE_TO is "relay-2": an address such as relay-2.example.org:63142 is expected.',
      'CMDOP_RELAY_DRAIN_MS is "1e3": a whole number from 0 to 10000 is expected.',
      'CMDOP_LOG_LEVEL is "loud": one of debug, info, warn, error, silent is expected.',
      'CMDOP_RELAY_LINKS_MAX is "0": a whole number from 1 to 100000 is expected.',
    ]);
  });

  it("need two ports", () => {
    const parsed = parseConfig({ CMDOP_RELAY_PORT: "7000", CMDOP_RELAY_METRICS_PORT: "7000" }, "/srv");
    expect(parsed).toEqual({
      kind: "problems",
      problems: ["CMDOP_RELAY_PORT and CMDOP_RELAY_METRICS_PORT are the same: each needs a port of its own."],
    });
  });
});
