import { describe, expect, it } from "vitest";
import { parseConfig } from "./config.ts";

describe("the control plane's settings", () => {
  it("have a default each", () => {
    expect(parseConfig({}, "/srv")).toMatchObject({
      kind: "config",
      config: {
        dir: "/srv/.cmdop/control",
        port: 63_141,
        internalPort: 63_151,
        metricsPort: 63_154,
        relays: [],
        auditKeepMs: undefined,
        machineTokenMs: 3_600_000,
      },
    });
  });

  it.each([
    ["CMDOP_CONTROL_PUBLIC_URL", "cmdop.example"],
    ["CMDOP_CONTROL_RELAYS", "relay.example"],
    ["CMDOP_CONTROL_NAMES", "a b"],
    ["CMDOP_CONTROL_RELAY_CA_PIN", "sha256:short"],
    ["CMDOP_CONTROL_JOIN_PINS", "sha1:x"],
    ["CMDOP_CONTROL_WEBHOOK_RANGES", "10.1.0.0/33"],
    ["CMDOP_CONTROL_MACHINE_TOKEN_S", "1"],
  ])("refuse a wrong %s", (variable, value) => {
    const parsed = parseConfig({ [variable]: value }, "/srv");
    expect(parsed).toMatchObject({ problems: [expect.stringContaining(`${variable} is "${value}"`)] });
  });

  it("remove nothing of the audit log that is not sealed", () => {
    expect(parseConfig({ CMDOP_CONTROL_AUDIT_KEEP_DAYS: "30" }, "/srv")).toMatchObject({
      problems: [expect.stringContaining("CMDOP_CONTROL_AUDIT_ARCHIVE")],
    });
    const sealed = { CMDOP_CONTROL_AUDIT_KEEP_DAYS: "30", CMDOP_CONTROL_AUDIT_ARCHIVE: "sealed" };
    expect(parseConfig(sealed, "/srv")).toMatchObject({ config: { auditArchive: "/srv/sealed" } });
  });
});

describe("the relays that machines are told of", () => {
  it.each(["relay.example.org:63142", "192.0.2.1:63142", "[2001:db8::1]:63142"])("may be %s", (relay) => {
    expect(parseConfig({ CMDOP_CONTROL_RELAYS: relay }, "/")).toMatchObject({ config: { relays: [relay] } });
  });

  it.each(["0.0.0.0:63142", "[::]:63142", "[0:0:0:0:0:0:0:0]:63142", "relay.example.org"])(
    "may not be %s, which nobody can dial",
    (relay) => {
      expect(parseConfig({ CMDOP_CONTROL_RELAYS: relay }, "/")).toMatchObject({
        problems: [expect.stringContaining("CMDOP_CONTROL_RELAYS")],
      });
    },
  );
});
