// A schedule in a sentence, for CLI and console.

import { describeCron } from "./describe-cron.ts";
import { toLocalText, toWallText } from "./local-text.ts";
import type { CronSpec, DstPolicy, ScheduleSpec } from "./schedule-spec.ts";
import { timeZone } from "./time-zone.ts";
import { onceAt } from "./timetable.ts";

const dayMs = 86_400_000;

const durationText = (seconds: number): string => {
  const units = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ] as const;
  let left = seconds;
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(" ");
};

/** Whether the zone's clocks change in the coming year. The shortest known spell, Ramadan, lasts a month. */
const hasClockChanges = (timezone: string, now: number): boolean => {
  const zone = timeZone(timezone);
  const offsets = new Set<number>();
  for (let day = 0; day <= 370; day += 10) offsets.add(zone.offsetMs(now + day * dayMs));
  return offsets.size > 1;
};

const gapText: Readonly<Record<DstPolicy["gap"], string>> = {
  run_after: "a skipped time runs right after",
  skip: "a skipped time does not run",
};
const overlapText: Readonly<Record<DstPolicy["overlap"], string>> = {
  first: "a repeated time runs the first time",
  last: "a repeated time runs the last time",
  both: "a repeated time runs both times",
};

const clockChangeText = (spec: CronSpec, now: number): string[] => {
  if (!hasClockChanges(spec.timezone, now)) return [];
  const { gap, overlap } = spec.dst;
  if (spec.everyHour && gap === "skip" && overlap === "both") return [];
  return [`at a clock change: ${gapText[gap]}, ${overlapText[overlap]}`];
};

const timesText = (spec: ScheduleSpec, now: number): string[] => {
  const zone = timeZone(spec.timezone);
  switch (spec.kind) {
    case "cron":
      return [`${describeCron(spec.expression)}, ${spec.timezone}`, ...clockChangeText(spec, now)];
    case "interval":
      return [`Every ${durationText(spec.everyS)}, counted from ${toLocalText(zone, spec.anchorAt)}`];
    case "once": {
      const at = spec.at.form === "local" ? toWallText(spec.at.wallMs) : toLocalText(zone, onceAt(spec));
      return [`Once at ${at}, ${spec.timezone}`];
    }
  }
};

/** "At 02:30 every day, Europe/Berlin; at a clock change: a skipped time runs right after, …" */
export const describeSchedule = (spec: ScheduleSpec, now: number): string => {
  const zone = timeZone(spec.timezone);
  return [
    ...timesText(spec, now),
    ...(spec.startsAt === null ? [] : [`from ${toLocalText(zone, spec.startsAt)}`]),
    ...(spec.endsAt === null ? [] : [`until ${toLocalText(zone, spec.endsAt)}`]),
    ...(spec.maxRuns === null ? [] : [spec.maxRuns === 1 ? "one run" : `at most ${spec.maxRuns} runs`]),
    ...(spec.paused ? ["paused"] : []),
  ].join("; ");
};
