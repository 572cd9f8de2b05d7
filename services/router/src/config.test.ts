import { describe, expect, it } from "vitest";
import { parseConfig } from "./config.ts";

describe("the router's settings", () => {
  it("have defaults", () => {
    expect(parseConfig({}, "/srv")).toEqual({
      kind: "config",
      config: {
        host: "127.0.0.1",
        port: 63_143,
        metricsPort: 63_153,
        routes: { path: "/srv/.cmdop/router/router.yaml", isRequired: false },
        control: { directory: "/srv/.cmdop/router", url: undefined },
        drainMs: 30_000,
        connectionsPerProvider: 2_048,
        logLevel: "info",
      },
    });
  });

  it("come from variables", () => {
    const env = {
      CMDOP_ROUTER_PORT: "0",
      CMDOP_ROUTER_METRICS_PORT: "off",
      CMDOP_ROUTER_CONFIG: "my.yaml",
      CMDOP_LOG_LEVEL: "warn",
    };
    expect(parseConfig(env, "/srv")).toMatchObject({
      config: {
        port: 0,
        metricsPort: undefined,
        routes: { path: "/srv/my.yaml", isRequired: true },
        logLevel: "warn",
      },
    });
  });

  it("that are wrong are all named", () => {
    const env = { CMDOP_ROUTER_PORT: "x", CMDOP_ROUTER_DRAIN_MS: "-1", CMDOP_LOG_LEVEL: "loud" };
    expect(parseConfig(env, "/srv")).toEqual({
      kind: "problems",
      problems: [
        'CMDOP_ROUTER_PORT is "x": a whole number from 0 to 65535 is expected.',
        'CMDOP_ROUTER_DRAIN_MS is "-1": a whole number from 0 to 3600000 is expected.',
        'CMDOP_LOG_LEVEL is "loud": one of debug, info, warn, error, silent is expected.',
      ],
    });
  });
});
