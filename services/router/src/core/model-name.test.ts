import { describe, expect, it } from "vitest";
import { parseModelName } from "./model-name.ts";

const model = (written: string, id: string, vendor?: string, suffix?: string) => ({
  kind: "model",
  written,
  id,
  vendor,
  suffix,
});

describe("a model's name", () => {
  it.each([
    ["@balanced", { kind: "alias", tier: "balanced", needs: [], isOnline: false }],
    ["@fast+code:online", { kind: "alias", tier: "fast", needs: ["code"], isOnline: true }],
    [
      "@cheap+agents+vision+agents",
      { kind: "alias", tier: "cheap", needs: ["agents", "vision"], isOnline: false },
    ],
    ["gpt-5", model("gpt-5", "gpt-5")],
    [
      "anthropic/claude-opus-4.6",
      model("anthropic/claude-opus-4.6", "anthropic/claude-opus-4.6", "anthropic"),
    ],
    [
      "deepseek/deepseek-v3.2:free",
      model("deepseek/deepseek-v3.2:free", "deepseek/deepseek-v3.2", "deepseek", "free"),
    ],
    ["llama3.2:3b", model("llama3.2:3b", "llama3.2:3b")],
    ["a/b/c", model("a/b/c", "a/b/c", "a")],
  ])("%s", (text, expected) => {
    expect(parseModelName(text)).toEqual(expected);
  });

  it.each(["", "@", "@huge", "@cheap+", "@cheap+fast", "@Cheap", "/x", "x/", "a b", "ü", "x".repeat(257)])(
    "%s is none",
    (text) => {
      expect(parseModelName(text).kind).toBe("invalid");
    },
  );
});
