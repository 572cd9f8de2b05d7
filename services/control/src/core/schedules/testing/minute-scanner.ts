// The judge of the property test: it shares nothing with the code that it judges. It reads a zone's clock minute by
// minute with Intl's date fields (never an offset), matches cron fields by itself (never by croner), and applies the
// clock-change policies to the table of minutes.

import type { DstPolicy } from "../schedule-spec.ts";

const minuteMs = 60_000;

/** What a zone's clock showed at each minute, as minutes of the local time read as if it were UTC. */
export interface ClockTable {
  readonly from: number;
  readonly walls: readonly number[];
}

export type WallReader = (at: number) => number;

export const createWallReader = (timezone: string): WallReader => {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  return (at) => {
    // 03/29/2026, 02:30
    const text = format.format(at);
    const part = (from: number, to: number): number => Number(text.slice(from, to));
    return Date.UTC(part(6, 10), part(0, 2) - 1, part(3, 5), part(12, 14), part(15, 17)) / minuteMs;
  };
};

export const scanMinutes = (read: WallReader, from: number, to: number): ClockTable => {
  const walls: number[] = [];
  for (let at = from; at < to; at += minuteMs) walls.push(read(at));
  return { from, walls };
};

type Matcher = (value: number) => boolean;

const fieldMatcher = (field: string, min: number): Matcher => {
  const parts = field.split(",").map((part): Matcher => {
    const [range = "", step = "1"] = part.split("/");
    const [from = "", to = from] = range.split("-");
    const [low, high] = range === "*" ? [min, 10_000] : [Number(from), Number(to)];
    return (value) => value >= low && value <= high && (value - low) % Number(step) === 0;
  });
  return (value) => parts.some((matches) => matches(value));
};

/** Whether a minute of local time matches five plain fields (numbers, lists, ranges, steps). */
export const cronMatcher = (expression: string): Matcher => {
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = expression.split(" ");
  const isMinute = fieldMatcher(minute, 0);
  const isHour = fieldMatcher(hour, 0);
  const isDay = fieldMatcher(day, 1);
  const isMonth = fieldMatcher(month, 1);
  const isWeekday = fieldMatcher(weekday, 0);
  return (wall) => {
    const ofDay = ((wall % 1440) + 1440) % 1440;
    if (!isMinute(ofDay % 60) || !isHour(Math.floor(ofDay / 60))) return false;
    const date = new Date(wall * minuteMs);
    if (!isMonth(date.getUTCMonth() + 1)) return false;
    const dayMatches = isDay(date.getUTCDate());
    const weekdayMatches = isWeekday(date.getUTCDay());
    return day !== "*" && weekday !== "*" ? dayMatches || weekdayMatches : dayMatches && weekdayMatches;
  };
};

/** The due times that the table shows, in [from, to) of it. */
export const scanDues = (table: ClockTable, matches: Matcher, dst: DstPolicy): number[] => {
  const dues = new Set<number>();
  const shown = new Map<number, number[]>();
  table.walls.forEach((wall, index) => {
    const at = table.from + index * minuteMs;
    const before = index === 0 ? wall - 1 : (table.walls[index - 1] ?? wall);
    if (dst.gap === "run_after") {
      for (let skipped = before + 1; skipped < wall; skipped += 1) {
        // A minute that the clock never showed: it belongs to the first minute after the change.
        if (matches(skipped)) dues.add(at);
      }
    }
    if (matches(wall)) shown.set(wall, [...(shown.get(wall) ?? []), at]);
  });
  for (const times of shown.values()) {
    const kept = { first: times.slice(0, 1), last: times.slice(-1), both: times }[dst.overlap];
    for (const at of kept) dues.add(at);
  }
  return [...dues].sort((left, right) => left - right);
};
