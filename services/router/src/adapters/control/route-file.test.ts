import { describe, expect, it } from "vitest";
import { resolveRoute } from "../../core/route-table.ts";
import { parseSettings } from "./route-file.ts";

const addresses = {
  openai: "https://openai.test/v1",
  openrouter: "https://openrouter.test/v1",
  demo: "",
  serper: "https://serper.test",
};
const parse = (text: string | undefined, env: Readonly<Record<string, string>> = {}) =>
  parseSettings({ text, readVariable: (name) => env[name], addresses });

describe("a route table", () => {
  it("makes a local server one line", () => {
    const result = parse("providers: { local: http://127.0.0.1:11434/v1 }");
    if (result.kind !== "settings") throw new Error(result.problems.join());
    expect(resolveRoute(result.settings.routing.table, "llama3.2:3b")).toMatchObject({
      candidates: [{ provider: { name: "local" }, upstreamId: "llama3.2:3b" }],
    });
    expect(result.settings.routing.targets.get("local")).toMatchObject({
      baseUrl: "http://127.0.0.1:11434/v1",
      keys: [],
    });
  });

  it("takes the keys of the two providers from their variables, several from one", () => {
    const result = parse(undefined, { OPENAI_API_KEY: "k1, k2", OPENROUTER_API_KEY: "k3" });
    if (result.kind !== "settings") throw new Error(result.problems.join());
    const keys = [...result.settings.routing.targets.values()].map(({ provider: entry, keys: own }) => [
      entry.name,
      own.map((key) => key.reveal()),
    ]);
    expect(keys).toEqual([
      ["openai", ["k1", "k2"]],
      ["openrouter", ["k3"]],
    ]);
  });

  it.each([
    ["what is no YAML", "providers: [", "line 1: "],
    ["an unknown setting", "providers: {}\nmodel: {}\n", "line 2: model: there is no such setting"],
    [
      "an unknown capability",
      "providers: { a: http://x }\nmodels:\n  m:\n    provider: a\n    capabilities: [fly]\n",
      "line 5: models.m.capabilities.0: ",
    ],
    [
      "a key in the file",
      "providers:\n  a:\n    url: http://x\n    keys: [sk-12345]\n",
      "line 4: providers.a.keys.0: env:NAME is expected",
    ],
    [
      "a key in an address",
      "providers:\n  a:\n    url: http://user:sk-12345@x\n",
      "line 3: providers.a.url: a key in an address is refused",
    ],
    [
      "a variable that is not set",
      "providers:\n  a: { keys: [env:NONE] }\n",
      "line 2: providers.a.keys.0: NONE is not set",
    ],
    [
      "a provider that is none",
      "models:\n  m: { provider: a }\n",
      "line 2: models.m.provider: there is no provider a",
    ],
    ["a model that is none", "tiers:\n  cheap:\n    - m\n", "line 3: tiers.cheap.0: there is no model m"],
    ["an alias", "x: &a\n  - *a\n", "line 2: *a: aliases are not taken"],
    ["more levels than can be read", `x: ${"[".repeat(8_000)}${"]".repeat(8_000)}`, "line 1: "],
    ["no settings", "[1]", "line 1: Invalid input: expected object"],
    ["a name that stands twice", "default: a\ndefault: b\n", "line 2: "],
  ])("that has %s is refused with its line", (_name, text, problem) => {
    const result = parse(text);
    expect(result.kind === "problems" && result.problems[0]).toContain(problem);
    expect(JSON.stringify(result)).not.toContain("sk-12345");
  });
});
