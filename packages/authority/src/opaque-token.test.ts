import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { SeededRandom, testSeed } from "@cmdop/testkit";
import { describe, expect, test } from "vitest";
import {
  hashOpaqueToken,
  isSameTokenHash,
  mintOpaqueToken,
  opaqueTokenKinds,
  parseOpaqueToken,
  tokenFingerprint,
} from "./opaque-token.ts";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const sample = mintOpaqueToken("api", new SeededRandom(1)).token;

describe("opaque tokens", () => {
  test.each(opaqueTokenKinds)("a %s token has 58 characters, its kind and its id", (kind) => {
    const minted = mintOpaqueToken(kind);
    expect(minted.token).toMatch(new RegExp(`^cmdop_${kind}_${minted.id}[0-9A-Za-z]{38}$`));
    expect(minted.token).toHaveLength(58);
    expect(parseOpaqueToken(minted.token)).toEqual({ kind, id: minted.id });
  });

  test("the checksum is the CRC-32 of everything before it, in base62", () => {
    let value = 0;
    for (const character of sample.slice(-6)) value = value * 62 + alphabet.indexOf(character);
    expect(value).toBe(crc32(sample.slice(0, -6)));
  });

  test("stored is the SHA-256 of the whole token; the fingerprint is its first 16 digits", () => {
    const minted = mintOpaqueToken("cli");
    const digest = createHash("sha256").update(minted.token).digest();
    expect(minted.hash).toEqual(digest);
    expect(hashOpaqueToken(minted.token)).toEqual(digest);
    expect(minted.fingerprint).toBe(digest.toString("hex").slice(0, 16));
    expect(tokenFingerprint(digest)).toBe(minted.fingerprint);
  });

  test("no single wrong character is accepted, at any place", () => {
    const accepted: string[] = [];
    for (let place = 0; place < sample.length; place += 1) {
      for (const character of `${alphabet}_-. \n\u0000é`) {
        const typo = sample.slice(0, place) + character + sample.slice(place + 1);
        if (typo !== sample && parseOpaqueToken(typo)) accepted.push(typo);
      }
    }
    expect(accepted).toEqual([]);
  });

  test("no swap of neighbours, no cut, no addition and no doubled character is accepted", () => {
    const changed: string[] = [];
    for (let place = 0; place < sample.length; place += 1) {
      const pair = sample.slice(place, place + 2);
      changed.push(sample.slice(0, place) + [...pair].reverse().join("") + sample.slice(place + 2));
      changed.push(sample.slice(0, place) + sample.slice(place + 1));
      changed.push(sample.slice(0, place) + sample.charAt(place) + sample.slice(place));
    }
    changed.push("", "cmdop_", `${sample}\n`, ` ${sample}`, sample.repeat(2), sample.toUpperCase());
    expect(changed.filter((text) => text !== sample && parseOpaqueToken(text) !== undefined)).toEqual([]);
  });

  test("a kind that does not exist, or stands for another, is refused", () => {
    const other = opaqueTokenKinds
      .filter((kind) => kind !== "api")
      .concat(["API", "xxx", "a", "apix"] as never);
    expect(other.filter((kind) => parseOpaqueToken(sample.replace("_api_", `_${kind}_`)))).toEqual([]);
  });

  test("a kind that does not exist is refused with a good checksum too", () => {
    let rest = crc32(sample.replace("_api_", "_xxx_").slice(0, -6));
    let check = "";
    for (let place = 0; place < 6; place += 1) {
      check = alphabet.charAt(rest % 62) + check;
      rest = Math.floor(rest / 62);
    }
    expect(parseOpaqueToken(sample.replace("_api_", "_xxx_").slice(0, -6) + check)).toBeUndefined();
  });

  test("no character is likelier than another, in the id and in the secret", () => {
    const seed = testSeed();
    const random = new SeededRandom(seed);
    const counts = new Map<string, number>();
    const tokens = 5000;
    for (let round = 0; round < tokens; round += 1) {
      for (const character of mintOpaqueToken("svc", random).token.slice(10, 52))
        counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const expected = (tokens * 42) / 62;
    const chiSquare = [...alphabet].reduce(
      (sum, character) => sum + ((counts.get(character) ?? 0) - expected) ** 2 / expected,
      0,
    );
    // 61 degrees of freedom: above 126 once in a million runs.
    expect(chiSquare, `seed ${seed}`).toBeLessThan(126);
    expect(counts.size).toBe(62);
  });

  test("ten thousand tokens share neither id nor secret", () => {
    const tokens = Array.from({ length: 10_000 }, () => mintOpaqueToken("ses"));
    expect(new Set(tokens.map(({ id }) => id)).size).toBe(10_000);
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(10_000);
  });

  test("hashes are the same only when every byte is", () => {
    const hash = hashOpaqueToken(sample);
    expect(isSameTokenHash(hash, Buffer.from(hash))).toBe(true);
    for (let place = 0; place < 32; place += 1) {
      const other = Buffer.from(hash);
      other[place] = (other[place] ?? 0) ^ 1;
      expect(isSameTokenHash(hash, other)).toBe(false);
    }
    expect(isSameTokenHash(hash, hash.subarray(1))).toBe(false);
    expect(isSameTokenHash(new Uint8Array(), new Uint8Array())).toBe(false);
  });
});
