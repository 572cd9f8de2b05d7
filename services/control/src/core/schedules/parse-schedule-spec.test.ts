import { describe, expect, it } from "vitest";
import { defaultPolicies, parseSchedulePolicies } from "./parse-schedule-policies.ts";
import { parseScheduleSpec } from "./parse-schedule-spec.ts";

const now = Date.UTC(2026, 0, 1);

const problemsOf = (input: unknown): string[] => {
  const parsed = parseScheduleSpec(input, now);
  return parsed.kind === "spec" ? [] : parsed.problems.map(({ path, text }) => `${path}: ${text}`);
};

describe("a specification", () => {
  it("has stated defaults", () => {
    expect(parseScheduleSpec({ kind: "cron", expression: " 30  2 * * * " }, now)).toEqual({
      kind: "spec",
      spec: {
        kind: "cron",
        expression: "30 2 * * *",
        seconds: false,
        everyHour: false,
        dst: { gap: "run_after", overlap: "first" },
        timezone: "UTC",
        startsAt: null,
        endsAt: null,
        maxRuns: null,
        paused: false,
      },
    });
    expect(parseScheduleSpec({ kind: "interval", everyS: 60 }, now + 999)).toMatchObject({
      spec: { everyS: 60, anchorAt: now },
    });
  });

  it("what runs in every hour follows the clock, unless it says otherwise", () => {
    const cron = (expression: string, dst?: object) =>
      parseScheduleSpec({ kind: "cron", expression, timezone: "Europe/Berlin", dst }, now);
    const hourly = { spec: { dst: { gap: "skip", overlap: "both" } } };
    expect(cron("*/5 * * * *")).toMatchObject(hourly);
    expect(cron("0 0-23 * * *")).toMatchObject(hourly);
    expect(cron("@hourly")).toMatchObject(hourly);
    expect(cron("*/5 * * * *", { overlap: "first" })).toMatchObject({
      spec: { dst: { gap: "skip", overlap: "first" } },
    });
    expect(cron("0 */2 * * *")).toMatchObject({ spec: { dst: { gap: "run_after", overlap: "first" } } });
  });

  it("names all its problems at once, each with its path", () => {
    expect(
      problemsOf({
        kind: "cron",
        expression: "61 * * * *",
        timezone: "Mars/Base",
        maxRuns: 0,
        paused: "yes",
        dst: { gap: "later" },
        endsAt: "tomorrow",
      }),
    ).toEqual([
      "timezone: Must be an IANA time zone such as Europe/Berlin.",
      "endsAt: Must be a time such as 2026-03-29T02:30 (local) or 2026-03-29T02:30:00+01:00.",
      "maxRuns: Must be a whole number from 1 to 1000000000.",
      "paused: Must be true or false.",
      "expression: Invalid value for minute: 61",
      "dst.gap: Must be one of run_after, skip.",
    ]);
  });

  it.each([
    ["no object", 7, [": Must be an object.", "kind: Is needed: one of cron, interval, once."]],
    ["an unknown kind", { kind: "yearly" }, ["kind: Must be one of cron, interval, once."]],
    [
      "a field of another kind",
      { kind: "interval", everyS: 60, expression: "* * * * *" },
      [
        "expression: Unknown field; known here: kind, timezone, startsAt, endsAt, maxRuns, paused, everyS, anchorAt.",
      ],
    ],
    [
      "six fields without seconds",
      { kind: "cron", expression: "0 0 2 * * *" },
      ["expression: Six fields begin with seconds, which needs `seconds: true`. Without it: five fields."],
    ],
    [
      "five fields with seconds",
      { kind: "cron", expression: "0 2 * * *", seconds: true },
      ["expression: Needs six fields (second minute hour day month weekday)."],
    ],
    [
      "a date where an expression belongs",
      { kind: "cron", expression: "2026-01-01T00:00" },
      ["expression: Needs five fields (minute hour day month weekday)."],
    ],
    [
      "an expression that never matches",
      { kind: "cron", expression: "0 0 31 2 *" },
      ["expression: Is never due."],
    ],
    [
      "an end before the start",
      { kind: "interval", everyS: 60, startsAt: "2026-02-02T00:00", endsAt: "2026-02-01T00:00" },
      ["endsAt: Must be after startsAt."],
    ],
    [
      "nothing due between start and end",
      { kind: "cron", expression: "0 0 1 * *", startsAt: "2026-02-02T00:00", endsAt: "2026-02-20T00:00" },
      ["expression: Is not due between startsAt and endsAt."],
    ],
    ["a one-off without a time", { kind: "once" }, ["at: Is needed: the time at which it is due."]],
    ["a one-off that has passed", { kind: "once", at: "2025-12-31T23:59Z" }, ["at: Has passed already."]],
    [
      "a day that no month has",
      { kind: "once", at: "2026-02-30T00:00" },
      ["at: Must be a time such as 2026-03-29T02:30 (local) or 2026-03-29T02:30:00+01:00."],
    ],
    [
      "an offset as a zone",
      { kind: "cron", expression: "0 0 * * *", timezone: "+02:00" },
      ["timezone: Must be an IANA time zone such as Europe/Berlin."],
    ],
    [
      "an interval without seconds",
      { kind: "interval" },
      ["everyS: Is needed: the seconds from one due time to the next."],
    ],
  ] as const)("refuses %s", (_why, input, problems) => {
    expect(problemsOf(input)).toEqual(problems);
  });

  it("spells zones as tz data does and keeps the name of a link", () => {
    const zoneOf = (timezone: string) => parseScheduleSpec({ kind: "interval", everyS: 60, timezone }, now);
    expect(zoneOf("europe/berlin")).toMatchObject({ spec: { timezone: "Europe/Berlin" } });
    expect(zoneOf("US/Eastern")).toMatchObject({ spec: { timezone: "US/Eastern" } });
  });
});

describe("a one-off at a local time", () => {
  const candidatesOf = (at: string, timezone: string) => {
    const parsed = parseScheduleSpec({ kind: "once", at, timezone }, now);
    return parsed.kind === "spec" ? [] : parsed.problems.flatMap((problem) => problem.candidates ?? []);
  };

  it("that a clock change skips is refused with what could be meant", () => {
    expect(candidatesOf("2026-03-29T02:30", "Europe/Berlin").map(({ text }) => text)).toEqual([
      "2026-03-29T01:30:00+01:00",
      "2026-03-29T03:00:00+02:00",
      "2026-03-29T03:30:00+02:00",
    ]);
    expect(candidatesOf("2026-10-04T02:15", "Australia/Lord_Howe").map(({ text }) => text)).toEqual([
      "2026-10-04T01:45:00+10:30",
      "2026-10-04T02:30:00+11:00",
      "2026-10-04T02:45:00+11:00",
    ]);
  });

  it("that comes twice is refused with both", () => {
    expect(candidatesOf("2026-10-25T02:30", "Europe/Berlin")).toEqual([
      { at: Date.UTC(2026, 9, 25, 0, 30), text: "2026-10-25T02:30:00+02:00", note: "the first time" },
      { at: Date.UTC(2026, 9, 25, 1, 30), text: "2026-10-25T02:30:00+01:00", note: "the second time" },
    ]);
  });

  it("takes every candidate as it stands", () => {
    for (const { text, at } of [
      ...candidatesOf("2026-10-25T02:30", "Europe/Berlin"),
      ...candidatesOf("2026-03-29T02:30", "Europe/Berlin"),
    ]) {
      expect(parseScheduleSpec({ kind: "once", at: text, timezone: "Europe/Berlin" }, now)).toMatchObject({
        kind: "spec",
        spec: { at: { form: "instant", at } },
      });
    }
  });
});

describe("policies", () => {
  it("have stated defaults and keep what is given", () => {
    expect(parseSchedulePolicies(undefined)).toEqual({ kind: "policies", policies: defaultPolicies });
    expect(
      parseSchedulePolicies({ overlap: "allow", retry: { max: 3, on: ["offline", "failure"] } }),
    ).toEqual({
      kind: "policies",
      policies: {
        ...defaultPolicies,
        overlap: "allow",
        retry: { ...defaultPolicies.retry, max: 3, on: ["failure", "offline"] },
      },
    });
  });

  it("name all their problems at once", () => {
    const parsed = parseSchedulePolicies({
      misfire: { policy: "later", max: 1000 },
      retry: { firstMs: 60_000, maxMs: 1000, on: ["success"] },
      jitter: 5,
    });
    expect(parsed.kind === "problems" && parsed.problems.map(({ path }) => path)).toEqual([
      "jitter",
      "misfire.policy",
      "misfire.max",
      "retry.on",
      "retry.maxMs",
    ]);
  });
});
