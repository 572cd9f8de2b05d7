import { describe, expect, it } from "vitest";
import { toKeyBytes } from "./keys.ts";

describe("keys as people write them", () => {
  it.each([
    ["C-c", "\u0003"],
    ["^C", "\u0003"],
    ["ctrl-d", "\u0004"],
    ["C-[", "\u001b"],
    ["C-Space", "\u0000"],
    ["C-?", "\u007f"],
    ["M-x", "\u001bx"],
    ["M-C-x", "\u001b\u0018"],
    ["Enter", "\r"],
    ["up", "\u001b[A"],
    ["F5", "\u001b[15~"],
    ["é", "é"],
    ["^", "^"],
  ])("%s", (key, bytes) => {
    expect(toKeyBytes(key)).toBe(bytes);
  });

  it.each(["", "Entre", "C-", "C-é", "C-ab", "F13"])("refuses %j", (key) => {
    expect(() => toKeyBytes(key)).toThrow(/There is no key/);
  });
});
