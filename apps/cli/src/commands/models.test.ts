// Providers and budgets, against a whole control plane.
import { describe, expect, it } from "vitest";
import { useControl } from "../testing/cli-fixture.ts";

const { cmdop, json } = useControl();

describe("cmdop budgets set", () => {
  it("changes the budget that is there and stays that budget", async () => {
    const first = await json(["budgets", "set", "20"]);
    const second = await json(["budgets", "set", "30", "--alert-only"]);
    expect(second).toMatchObject({ id: first.id, limitMicros: 30_000_000, isHard: false, version: 2 });
    expect(await json(["budgets", "list"])).toMatchObject([{ id: first.id, limitMicros: 30_000_000 }]);
  });
});

describe("a budget of nobody", () => {
  it.each([["--key"], ["--member"], ["--machine"]])("is refused: %s", async (option) => {
    const refused = await cmdop(["budgets", "set", "5", option, "nobody"]);
    expect([refused.code, refused.error]).toEqual([1, expect.stringMatching(/[Nn]o such/)]);
  });
});

describe("cmdop providers add", () => {
  it("takes one without a key where --no-key says so", async () => {
    const made = await json(["providers", "add", "local", "--url", "http://10.0.0.7:8000/v1", "--no-key"]);
    expect(made).toMatchObject({ name: "local", keys: 0 });
  });

  it("with --platform shares one with every fleet, and takes it away again", async () => {
    const made = await json(["providers", "add", "shared", "--no-key", "--platform"]);
    expect(made).toMatchObject({ name: "shared", isShared: true });
    expect(await json(["providers", "list", "--platform"])).toMatchObject([{ name: "shared" }]);
    expect(await cmdop(["providers", "remove", "shared", "--platform", "--yes"])).toMatchObject({ code: 0 });
    expect(await json(["providers", "list", "--platform"])).toEqual([]);
  });
});
