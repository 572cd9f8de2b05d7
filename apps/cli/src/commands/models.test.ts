// Providers and budgets, against a whole control plane.
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ControlFixture,
  type TestAccount,
} from "../../../../services/control/src/testing/control-fixture.ts";
import { openTestTerminal } from "../testing/test-terminal.ts";

let fixture: ControlFixture;
let owner: TestAccount;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("ada", "owner");
  await fixture.ask("POST", "/v1/fleets", { token: owner.token, body: { name: "main", slug: "main" } });
}, 60_000);
afterAll(() => fixture.close());

const terminalOf = () =>
  openTestTerminal({
    CMDOP_HOME: path.join(fixture.home, "cli-home"),
    CMDOP_CONTROL: fixture.url,
    CMDOP_TOKEN: owner.token,
    CMDOP_FLEET: "main",
  });

const json = async (...args: string[]) => {
  const terminal = terminalOf();
  const code = await terminal.run(...args, "--json");
  expect([code, terminal.texts.error]).toEqual([0, ""]);
  return JSON.parse(terminal.texts.out);
};

describe("cmdop budgets set", () => {
  it("changes the budget that is there and stays that budget", async () => {
    const first = await json("budgets", "set", "20");
    const second = await json("budgets", "set", "30", "--alert-only");
    expect(second).toMatchObject({ id: first.id, limitMicros: 30_000_000, isHard: false, version: 2 });
    expect(await json("budgets", "list")).toMatchObject([{ id: first.id, limitMicros: 30_000_000 }]);
  });
});

describe("a budget of nobody", () => {
  it.each([["--key"], ["--member"], ["--machine"]])("is refused: %s", async (option) => {
    const terminal = terminalOf();
    expect(await terminal.run("budgets", "set", "5", option, "nobody")).toBe(1);
    expect(terminal.texts.error).toMatch(/[Nn]o such/);
  });
});

describe("cmdop providers add", () => {
  it("takes one without a key where --no-key says so", async () => {
    const made = await json("providers", "add", "local", "--url", "http://10.0.0.7:8000/v1", "--no-key");
    expect(made).toMatchObject({ name: "local", keys: 0 });
  });

  it("with --platform shares one with every fleet, and takes it away again", async () => {
    const made = await json("providers", "add", "shared", "--no-key", "--platform");
    expect(made).toMatchObject({ name: "shared", isShared: true });
    expect(await json("providers", "list", "--platform")).toMatchObject([{ name: "shared" }]);
    expect(await terminalOf().run("providers", "remove", "shared", "--platform", "--yes")).toBe(0);
    expect(await json("providers", "list", "--platform")).toEqual([]);
  });
});
