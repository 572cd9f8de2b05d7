import { describe, expect, it } from "vitest";
import { isId, isSessionId, newId, newSessionId, randomBase62 } from "./ids.ts";

describe("ids", () => {
  it("are known by their prefix and shape, and nothing else is one", () => {
    expect([isSessionId(newSessionId()), isId("key", newId("key"))]).toEqual([true, true]);
    const others = [
      "",
      "ses_",
      newId("mch"),
      `${newSessionId()}x`,
      newSessionId().slice(0, -1),
      "ses_../../../../etc/passwd",
    ];
    expect(others.filter((text) => isSessionId(text))).toEqual([]);
  });

  it("draw each character equally often: bytes that would favour some are left out", () => {
    let byte = 0;
    const every = {
      fraction: () => 0,
      bytes: (count: number) => Uint8Array.from({ length: count }, () => byte++ % 256),
    };
    const counts = new Map<string, number>();
    for (const character of randomBase62(62 * 40, every)) {
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect([counts.size, new Set(counts.values())]).toEqual([62, new Set([40])]);
  });
});
