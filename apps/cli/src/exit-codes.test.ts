import { type FailureCode, failureTable } from "@cmdop/base";
import { describe, expect, it } from "vitest";
import { executionExitCode, toExecExitCode, toExitCode } from "./exit-codes.ts";

const codes = Object.keys(failureTable) as FailureCode[];

describe("exit codes", () => {
  it("every failure has one of the documented ones", () => {
    for (const code of codes) expect([1, 2, 4, 5, 6, 130]).toContain(toExitCode(code));
  });

  it.each<[FailureCode, number]>([
    ["session_not_found", 1],
    ["ambiguous_name", 2],
    ["token_revoked", 4],
    ["untrusted_relay", 4],
    ["machine_offline", 5],
    ["unavailable", 5],
    ["timed_out", 6],
  ])("%s is %d", (code, expected) => {
    expect(toExitCode(code)).toBe(expected);
  });

  it("exec: 125 but for the two that docker has too", () => {
    const others = codes.filter((code) => toExecExitCode(code) !== 125);
    expect(others.map((code) => [code, toExecExitCode(code)])).toEqual([
      ["command_not_found", 127],
      ["command_not_executable", 126],
    ]);
  });

  it.each([
    [{ code: 0, signal: null }, 0],
    [{ code: 255, signal: null }, 255],
    [{ code: -1, signal: null }, 255],
    [{ code: null, signal: "SIGKILL" }, 137],
    [{ code: null, signal: "SIGTERM" }, 143],
    [{ code: null, signal: "SIGODD" }, 128],
    [{ code: null, signal: null }, 1],
  ])("of %j is %d", (exit, expected) => {
    expect(executionExitCode(exit)).toBe(expected);
  });
});
