import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSettings, requireConnection, requireControl, type SettingsInput } from "./settings.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "cmdop-settings-"));
  mkdirSync(path.join(root, ".cmdop/cli"), { recursive: true });
  writeFileSync(path.join(root, "token"), "from-option\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const configure = (config: unknown): void => {
  writeFileSync(path.join(root, ".cmdop/cli/config.json"), JSON.stringify(config));
  writeFileSync(path.join(root, ".cmdop/cli/operator.token"), "from-home\n");
};
const read = (input: Partial<SettingsInput> = {}) =>
  readSettings({
    env: {},
    root,
    cwd: root,
    relay: undefined,
    caPin: undefined,
    tokenFile: undefined,
    ...input,
  });

describe("where relay, pin and token come from", () => {
  it("the configuration that npm start has written", () => {
    configure({ relay: "127.0.0.1:1", caPin: "sha256:a", tokenFile: "operator.token" });
    expect(read()).toMatchObject({ relays: ["127.0.0.1:1"], caPin: "sha256:a", token: "from-home" });
  });

  it("the environment before it, an option before both", () => {
    configure({ relay: "127.0.0.1:1", caPin: "sha256:a" });
    const env = { CMDOP_RELAY: "r:2, r:3", CMDOP_RELAY_CA_PIN: "sha256:b", CMDOP_TOKEN: "from-env" };
    expect(read({ env })).toMatchObject({ relays: ["r:2", "r:3"], caPin: "sha256:b", token: "from-env" });
    expect(read({ env, relay: "r:4", caPin: "sha256:c", tokenFile: "token" })).toMatchObject({
      relays: ["r:4"],
      caPin: "sha256:c",
      token: "from-option",
    });
  });

  it("the pin of the configured relay is not used for another", () => {
    configure({ relay: "127.0.0.1:1", caPin: "sha256:a" });
    expect(read({ relay: "r:2" }).caPin).toBeUndefined();
  });

  it("the login of the configured control plane is shown to no other", () => {
    configure({ control: "https://c:1", controlCaPin: "sha256:c", tokenFile: "operator.token" });
    expect(requireControl(read({ control: "https://c:1/" }))).toMatchObject({
      token: "from-home",
      controlCaPin: "sha256:c",
    });
    const elsewhere = { control: "https://elsewhere:1" };
    expect(read(elsewhere)).toMatchObject({ token: undefined, controlCaPin: undefined });
    expect(() => requireControl(read(elsewhere))).toThrow("not signed in");
    expect(requireControl(read({ ...elsewhere, tokenFile: "token" })).token).toBe("from-option");
    expect(requireControl(read({ ...elsewhere, env: { CMDOP_TOKEN: "from-env" } })).token).toBe("from-env");
  });

  it("CMDOP_HOME moves it all", () => {
    configure({ relay: "127.0.0.1:1" });
    expect(read({ env: { CMDOP_HOME: path.join(root, "elsewhere") } }).relays).toEqual([]);
  });

  it("says what is missing and what to type", () => {
    expect(() => requireConnection(read())).toThrow("no relay to call");
    const withKey = read({ env: { CMDOP_TOKEN: `cmdop_svc_${"a".repeat(46)}` } });
    expect(() => requireConnection(withKey)).toThrow(
      expect.objectContaining({ next: expect.stringContaining("CMDOP_CONTROL=") }),
    );
    expect(() => requireConnection(read({ relay: "r:1" }))).toThrow("no token to show");
    expect(() => read({ tokenFile: "absent" })).toThrow("cannot be read");
    writeFileSync(path.join(root, ".cmdop/cli/config.json"), "{");
    expect(() => read()).toThrow("is not JSON as expected");
  });
});
