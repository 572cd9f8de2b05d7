import { systemRandom } from "@cmdop/base";
import { describe, expect, it } from "vitest";
import { createAesSealer } from "./aes-sealer.ts";

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const sealer = createAesSealer([key(1)], systemRandom);

describe("the sealer", () => {
  it("opens what it sealed, in the same context alone", () => {
    const sealed = sealer.seal("a provider's key", "provider:prv_1");
    expect(sealer.open(sealed, "provider:prv_1")).toBe("a provider's key");
    expect(sealer.open(sealed, "provider:prv_2")).toBeUndefined();
    expect(sealer.seal("a provider's key", "provider:prv_1")).not.toBe(sealed);
  });

  it("opens nothing of which one character was changed, and nothing that is no sealed text", () => {
    const sealed = sealer.seal("secret", "c");
    const opened = [...sealed].map((letter, at) => {
      const changed = sealed.slice(0, at) + (letter === "A" ? "B" : "A") + sealed.slice(at + 1);
      // The last character of base64url may hold unused bits: another letter with the same bytes.
      return Buffer.from(changed.split(".").at(-1) ?? "", "base64url").equals(
        Buffer.from(sealed.split(".").at(-1) ?? "", "base64url"),
      ) && at === sealed.length - 1
        ? undefined
        : sealer.open(changed, "c");
    });
    expect(new Set(opened)).toEqual(new Set([undefined]));
    for (const text of ["", "sealed1", "sealed1...", sealed.slice(0, -8)]) {
      expect(sealer.open(text, "c")).toBeUndefined();
    }
  });

  it("opens what an earlier key sealed, and says that it is to be sealed anew", () => {
    const sealed = sealer.seal("secret", "c");
    const rotated = createAesSealer([key(2), key(1)], systemRandom);
    expect([rotated.open(sealed, "c"), rotated.isCurrent(sealed)]).toEqual(["secret", false]);
    expect(rotated.isCurrent(rotated.seal("secret", "c"))).toBe(true);
    expect(createAesSealer([key(2)], systemRandom).open(sealed, "c")).toBeUndefined();
  });
});
