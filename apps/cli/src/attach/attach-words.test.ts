import { expect, it } from "vitest";
import { endWords, whoLines } from "./attach-words.ts";

it.each([
  [{ code: 7, signal: null, reason: "exited" }, "ended with code 7"],
  [{ code: null, signal: "SIGHUP", reason: "closed" }, "ended with SIGHUP"],
  [
    { code: null, signal: null, reason: "lost" },
    "is lost: its machine, or the session host there, ended before it did",
  ],
] as const)("says how an execution ended: %o", (exit, words) => {
  expect(endWords(exit)).toBe(words);
});

it("says of two of one name which has the keyboard", () => {
  const one = {
    operator: "Ann",
    role: "operator",
    actor: "human",
    attachedAtMs: 0,
    cols: 80,
    rows: 24,
    isSelf: false,
    hasLease: false,
  } as const;
  const lines = whoLines([
    { ...one, attachmentId: "att_1", isSelf: true },
    { ...one, attachmentId: "att_2", hasLease: true },
    { ...one, attachmentId: "att_3", cols: 0, rows: 0 },
  ]);
  expect(lines).toEqual([
    "Ann (you): operator, human 80×24",
    "Ann: operator, human 80×24 · has the keyboard",
    "Ann: operator, human",
  ]);
});
