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

  it("takes one that searches the web", async () => {
    const made = await json(["providers", "add", "search", "--kind", "serper"], { input: "serper-key" });
    expect(made).toMatchObject({ name: "search", kind: "serper", keys: 1 });
  });

  it("takes models, which an update adds to, says anew and takes out, and never leaves at none", async () => {
    const made = await json([
      ...["providers", "add", "few", "--no-key", "--model", "a,agents,context=8000,price=0.5/1.5"],
      ...["--model", "b"],
    ]);
    const a = { id: "a", capabilities: ["agents"], contextTokens: 8_000, price: { input: 0.5, output: 1.5 } };
    const bare = { capabilities: [], contextTokens: null, price: null };
    expect(made.models).toEqual([a, { id: "b", ...bare }]);
    const few = ["providers", "update", "few"];
    const changed = await json([...few, "--model", "a", "--model", "c", "--remove-model", "b"]);
    expect(changed.models).toEqual([
      { id: "a", ...bare },
      { id: "c", ...bare },
    ]);
    const wrong = [
      ["--remove-model", "a", "--remove-model", "c"],
      ["--remove-model", "nothing"],
      ["--model", "d,telepathy"],
      ["--model", ""],
      ["--model", "d", "--any-model"],
    ];
    for (const options of wrong) expect((await cmdop([...few, ...options])).code).toBe(2);
    expect((await json([...few, "--any-model"])).models).toBeNull();
  });

  it("with --for-me brings one for oneself, which a fleet's list has not, and changes and removes it there", async () => {
    await json(["providers", "add", "twice", "--no-key"]);
    const mine = await json(["providers", "add", "twice", "--no-key", "--for-me"]);
    expect(mine).toMatchObject({ name: "twice", owner: "account" });
    expect((await cmdop(["providers", "list", "--for-me"])).out).toContain("twice\topenai\t0\tany\taccount");
    expect(JSON.stringify(await json(["providers", "list"]))).not.toContain(mine.id);
    const changed = await json(["providers", "update", "twice", "--for-me", "--model", "a"]);
    expect(changed).toMatchObject({ id: mine.id, version: 2 });
    expect((await cmdop(["providers", "list", "--for-me", "--platform"])).code).toBe(2);
    expect(await cmdop(["providers", "remove", "twice", "--for-me", "--yes"])).toMatchObject({ code: 0 });
    const again = await cmdop(["providers", "remove", "twice", "--for-me", "--yes"]);
    expect([again.code, again.error]).toEqual([1, expect.stringContaining("You have no provider twice.")]);
    expect(await cmdop(["providers", "remove", "twice", "--yes"])).toMatchObject({ code: 0 });
  });

  it("with --platform shares one with every fleet, and takes it away again", async () => {
    const made = await json(["providers", "add", "shared", "--no-key", "--platform"]);
    expect(made).toMatchObject({ name: "shared", isShared: true });
    expect(await json(["providers", "list", "--platform"])).toMatchObject([{ name: "shared" }]);
    expect(await cmdop(["providers", "remove", "shared", "--platform", "--yes"])).toMatchObject({ code: 0 });
    expect(await json(["providers", "list", "--platform"])).toEqual([]);
  });
});
