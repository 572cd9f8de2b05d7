// From what somebody asked for to a schedule's specification, or everything that is wrong with it.

import { parseCronExpression } from "./cron-expression.ts";
import { scheduleLimits } from "./limits.ts";
import { parseTimeText, type TimeText } from "./local-text.ts";
import { Fields, type ScheduleProblem } from "./parse-problems.ts";
import type { CronSpec, IntervalSpec, OnceSpec, ScheduleSpec } from "./schedule-spec.ts";
import { parseTimezone, type TimeZone, timeZone } from "./time-zone.ts";
import { nextDue, onceAt } from "./timetable.ts";

export type ParsedScheduleSpec =
  | { readonly kind: "spec"; readonly spec: ScheduleSpec }
  | { readonly kind: "problems"; readonly problems: readonly ScheduleProblem[] };

const kinds = ["cron", "interval", "once"] as const;
const everyKind = ["kind", "timezone", "startsAt", "endsAt", "maxRuns", "paused"];
const known: Readonly<Record<ScheduleSpec["kind"], readonly string[]>> = {
  cron: [...everyKind, "expression", "seconds", "dst"],
  interval: [...everyKind, "everyS", "anchorAt"],
  once: [...everyKind, "at"],
};

type PlacedTime = Extract<TimeText, { kind: "instant" | "local" }>;

const readTime = (fields: Fields, name: string, zone: TimeZone): PlacedTime | null => {
  const text = fields.text(name, null);
  if (text === null) return null;
  const time = parseTimeText(text, zone);
  switch (time.kind) {
    case "instant":
    case "local":
      return time;
    case "malformed":
      fields.problem(name, "Must be a time such as 2026-03-29T02:30 (local) or 2026-03-29T02:30:00+01:00.");
      return null;
    case "skipped":
      fields.problem(
        name,
        `There is no such local time in ${zone.name}: a clock change skips it.`,
        time.candidates,
      );
      return null;
    case "repeated":
      fields.problem(name, `This local time comes twice in ${zone.name}: say which.`, time.candidates);
      return null;
  }
};

const readZone = (fields: Fields): TimeZone => {
  const given = fields.text("timezone", "UTC");
  const name = parseTimezone(given);
  if (name === undefined) fields.problem("timezone", "Must be an IANA time zone such as Europe/Berlin.");
  return timeZone(name ?? "UTC");
};

type EverySpec = Pick<ScheduleSpec, "timezone" | "startsAt" | "endsAt" | "maxRuns" | "paused">;

const readEvery = (fields: Fields, zone: TimeZone): EverySpec => {
  const startsAt = readTime(fields, "startsAt", zone)?.at ?? null;
  const endsAt = readTime(fields, "endsAt", zone)?.at ?? null;
  if (startsAt !== null && endsAt !== null && endsAt <= startsAt) {
    fields.problem("endsAt", "Must be after startsAt.");
  }
  const maxRuns = fields.has("maxRuns")
    ? fields.whole("maxRuns", 1, { min: 1, max: scheduleLimits.maxRunsMax })
    : null;
  return { timezone: zone.name, startsAt, endsAt, maxRuns, paused: fields.boolean("paused", false) };
};

const readCron = (fields: Fields, every: EverySpec): CronSpec => {
  const seconds = fields.boolean("seconds", false);
  const parsed = parseCronExpression(fields.text("expression", ""), seconds);
  if (parsed.kind === "problem") fields.problem("expression", parsed.text);
  const read = parsed.kind === "expression" ? parsed : { expression: "* * * * *", everyHour: true };
  const dst = fields.object("dst", ["gap", "overlap"]);
  return {
    kind: "cron",
    ...every,
    expression: read.expression,
    seconds,
    everyHour: read.everyHour,
    dst: {
      // What runs in every hour runs whenever the clock shows its minute: a change of the clocks is no reason for
      // a hole or for a run too many.
      gap: dst.oneOf("gap", ["run_after", "skip"], read.everyHour ? "skip" : "run_after"),
      overlap: dst.oneOf("overlap", ["first", "last", "both"], read.everyHour ? "both" : "first"),
    },
  };
};

const readInterval = (fields: Fields, every: EverySpec, place: Place): IntervalSpec => {
  if (!fields.has("everyS"))
    fields.problem("everyS", "Is needed: the seconds from one due time to the next.");
  const range = { min: scheduleLimits.everySMin, max: scheduleLimits.everySMax };
  const anchorAt = readTime(fields, "anchorAt", place.zone)?.at ?? every.startsAt ?? place.now;
  return {
    kind: "interval",
    ...every,
    everyS: fields.whole("everyS", 1, range),
    anchorAt: Math.floor(anchorAt / 1000) * 1000,
  };
};

const readOnce = (fields: Fields, every: EverySpec, place: Place): OnceSpec => {
  const before = fields.problems.length;
  const time = readTime(fields, "at", place.zone);
  if (time === null) {
    if (fields.problems.length === before) fields.problem("at", "Is needed: the time at which it is due.");
    return { kind: "once", ...every, at: { form: "instant", at: 0 } };
  }
  const at: OnceSpec["at"] =
    time.kind === "local" ? { form: "local", wallMs: time.wallMs } : { form: "instant", at: time.at };
  return { kind: "once", ...every, at };
};

interface Place {
  readonly zone: TimeZone;
  readonly now: number;
}

/** Problems that only the whole shows. A schedule that can never run is refused where it can still be mended. */
const checkDue = (fields: Fields, spec: ScheduleSpec, now: number): void => {
  if (spec.kind === "once" && onceAt(spec) <= now) {
    fields.problem("at", "Has passed already.");
    return;
  }
  const due = nextDue(spec, now);
  if (due.kind === "due") return;
  const field = { cron: "expression", interval: "everyS", once: "at" }[spec.kind];
  fields.problem(field, due.reason === "never" ? "Is never due." : "Is not due between startsAt and endsAt.");
};

/**
 * Reads a specification. The input holds the fields of `ScheduleSpec`, times as texts; `now` is the anchor of an
 * interval that names none.
 */
export const parseScheduleSpec = (input: unknown, now: number): ParsedScheduleSpec => {
  const probe = new Fields(input, Object.values(known).flat());
  if (!probe.has("kind")) probe.problem("kind", `Is needed: one of ${kinds.join(", ")}.`);
  const kind = probe.oneOf("kind", kinds, "cron");
  if (probe.problems.length > 0) return { kind: "problems", problems: probe.problems };

  const fields = new Fields(input, known[kind]);
  const zone = readZone(fields);
  const every = readEvery(fields, zone);
  const spec =
    kind === "cron"
      ? readCron(fields, every)
      : kind === "interval"
        ? readInterval(fields, every, { zone, now })
        : readOnce(fields, every, { zone, now });
  if (fields.problems.length === 0) checkDue(fields, spec, now);
  return fields.problems.length === 0
    ? { kind: "spec", spec }
    : { kind: "problems", problems: fields.problems };
};
