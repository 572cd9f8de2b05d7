import { describe, expect, it } from "vitest";
import { parseSettings } from "./settings.ts";

const defaults = { root: "/clone", hostname: "workbench" };

describe("settings of npm start", () => {
  it("have a default each", () => {
    expect(parseSettings({}, defaults)).toEqual({
      home: "/clone/.cmdop",
      relayHost: "127.0.0.1",
      relayPort: 63142,
      metricsPort: 63152,
      machineName: "workbench",
    });
  });

  it("name every variable that is wrong, at once", () => {
    expect(parseSettings({ CMDOP_RELAY_PORT: "no", CMDOP_RELAY_METRICS_PORT: "70000" }, defaults)).toEqual({
      problems: [
        'CMDOP_RELAY_PORT is "no": a port from 1 to 65535 is expected.',
        'CMDOP_RELAY_METRICS_PORT is "70000": a port from 1 to 65535 is expected.',
      ],
    });
  });

  it("take a home relative to the clone", () => {
    expect(parseSettings({ CMDOP_HOME: "state", CMDOP_RELAY_PORT: "7000" }, defaults)).toMatchObject({
      home: "/clone/state",
      metricsPort: 7010,
    });
  });
});
