import { expect, it } from "vitest";
import { endWords } from "./attach-words.ts";

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
