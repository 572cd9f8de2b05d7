import { Failure } from "@cmdop/base";
import { describe, expect, it } from "vitest";
import { toCliError } from "./cli-error.ts";

describe("a failure of the control plane", () => {
  it.each([
    ["schedules create", "/spec/expression: Is never due.", "--cron: Is never due."],
    ["audit list", "/querystring/since: a time is expected.", "--since: a time is expected."],
    ["keys create", "/scopes/1: takes one of: a:b.", "--scope, value 2: takes one of: a:b."],
    ["roles update", "/rights/0: takes one of: a:b.", "--right, value 1: takes one of: a:b."],
    ["fleets create", "/slug: letters are expected.", "slug: letters are expected."],
    ["fleets create", "The file /a/b is there: remove it.", "The file /a/b is there: remove it."],
  ])("of %s names what was typed: %s", (command, message, expected) => {
    expect(toCliError(new Failure("invalid_argument", message), "cannot", command).why).toBe(expected);
  });

  it("about a local time that there is not offers those that may be meant", () => {
    const candidates = [{ value: "2026-03-29T03:30:00+02:00", at: "", note: "as far after the change" }];
    const failure = new Failure("schedule_invalid", "/spec/at: There is no such local time.", {
      details: { errors: [{ pointer: "/spec/at", candidates }] },
    });
    expect(toCliError(failure, "cannot", "schedules create").why).toBe(
      "--at: There is no such local time. Type one of: 2026-03-29T03:30:00+02:00 (as far after the change)",
    );
  });

  it("that no machine was named says how one is", () => {
    expect(toCliError(new Failure("ambiguous_name"), "cannot", "exec").next).toBe(
      "Name one of them, by its name or id: cmdop exec MACHINE -- PROGRAM",
    );
  });
});

it("a full disk is told as one", () => {
  const cause = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(toCliError(cause, "the export")).toMatchObject({
    code: "disk_full",
    why: "No space is left where it writes.",
  });
});
