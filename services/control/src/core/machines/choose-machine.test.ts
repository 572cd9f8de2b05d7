import { describe, expect, it } from "vitest";
import { chooseMachine } from "./choose-machine.ts";
import { freeName } from "./free-name.ts";
import { judgeGeneration } from "./generation.ts";
import { isOnline } from "./presence.ts";

const machine = (id: string, name: string, hostname: string) => ({ id, name, hostname });
const a = machine("mch_a", "web", "web-1.local");
const b = machine("mch_b", "web-1", "other");
const c = machine("mch_c", "web-2", "web-2");
const found = (one: unknown) => ({ kind: "found", machine: one });

describe("the machine that is meant", () => {
  it("is taken by id, then hostname (with or without .local), then name, then the only beginning", () => {
    const all = { exact: [a, b, c], begins: [a, b, c] };
    expect(chooseMachine("mch_b", all)).toEqual(found(b));
    expect(chooseMachine("WEB-1", all)).toEqual(found(a));
    expect(chooseMachine("web-2.local", all)).toEqual(found(c));
    expect(chooseMachine("web", { exact: [a], begins: [a, b, c] })).toEqual(found(a));
    // Of copies with one hostname, the one that is called so.
    const copies = [machine("mch_d", "db", "vm"), machine("mch_e", "vm", "vm")];
    expect(chooseMachine("vm", { exact: copies, begins: [] })).toEqual(found(copies[1]));
    expect(chooseMachine("ot", { exact: [], begins: [b] })).toEqual(found(b));
  });

  it("is never guessed: several are candidates, and one letter is too few", () => {
    expect(chooseMachine("we", { exact: [], begins: [a, b] })).toEqual({
      kind: "several",
      candidates: [a, b],
    });
    expect(chooseMachine("w", { exact: [], begins: [a] })).toEqual({ kind: "none" });
  });
});

describe("a copied disk", () => {
  it("is told from a lost answer, and nothing else is told from the next request", () => {
    expect(judgeGeneration("m1", { mark: "m1", nextMark: "m2" })).toBe("next");
    expect(judgeGeneration("m2", { mark: "m1", nextMark: "m2" })).toBe("repeated");
    expect(judgeGeneration("m2", { mark: "m1", nextMark: "m3" })).toBe("copied");
    expect(judgeGeneration(null, { mark: "any", nextMark: "m9" })).toBe("next");
  });
});

describe("presence", () => {
  it("ends with the link, or when a machine has let its token run out unheard", () => {
    const at = { nowMs: 10_000_000, tokenMs: 3_600_000 };
    expect(isOnline({ hasLink: true, lastContactMs: 10_000_000 - 3_690_000 }, at)).toBe(true);
    expect(isOnline({ hasLink: true, lastContactMs: 10_000_000 - 3_690_001 }, at)).toBe(false);
    expect(isOnline({ hasLink: false, lastContactMs: 10_000_000 }, at)).toBe(false);
  });
});

describe("a free name", () => {
  it("is the wanted one, or it with the smallest number that nobody has, within the longest", () => {
    expect(freeName("Web", new Set())).toBe("Web");
    expect(freeName("Web", new Set(["web", "web-2"]))).toBe("Web-3");
    const long = "x".repeat(128);
    expect(freeName(long, new Set([long]))).toBe(`${"x".repeat(126)}-2`);
  });
});
