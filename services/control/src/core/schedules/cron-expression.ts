// Cron expressions as a calendar of local times. Croner reads them and finds the next match; it is always asked in
// UTC, where no clock changes: what a local time means in a zone is decided in cron-dues.ts alone.

import { Cron, CronPattern } from "croner";
import { scheduleLimits } from "./limits.ts";
import { memoized } from "./memo.ts";

const nicknames: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

export type CronExpression =
  | { readonly kind: "expression"; readonly expression: string; readonly everyHour: boolean }
  | { readonly kind: "problem"; readonly text: string };

const modeOf = (seconds: boolean): "5-part" | "6-part" => (seconds ? "6-part" : "5-part");

/** Reads an expression of 5 fields, or of 6 with `seconds`. A nickname becomes its fields. */
export const parseCronExpression = (text: string, seconds: boolean): CronExpression => {
  const problem = (what: string): CronExpression => ({ kind: "problem", text: what });
  if (text.length > scheduleLimits.expressionCharsMax) {
    return problem(`The expression is longer than ${scheduleLimits.expressionCharsMax} characters.`);
  }
  const fields = text.trim().split(/\s+/);
  const nickname = fields.length === 1 ? nicknames[(fields[0] ?? "").toLowerCase()] : undefined;
  if (nickname !== undefined && seconds) return problem("A nickname has no seconds: leave `seconds` out.");
  const expression = nickname ?? fields.join(" ");
  const count = expression.split(" ").length;
  if (count === 6 && !seconds) {
    return problem("Six fields begin with seconds, which needs `seconds: true`. Without it: five fields.");
  }
  if (count !== (seconds ? 6 : 5)) {
    return problem(
      `Needs ${seconds ? "six" : "five"} fields (${seconds ? "second " : ""}minute hour day month weekday).`,
    );
  }
  try {
    const pattern = new CronPattern(expression, "UTC", { mode: modeOf(seconds) });
    return { kind: "expression", expression, everyHour: pattern.hour.every((hour) => hour === 1) };
  } catch (error) {
    return problem(
      error instanceof Error ? error.message.replace(/^CronPattern: /, "") : "Not an expression.",
    );
  }
};

export interface CronCalendar {
  /** The first match at or after a local time (read as if it were UTC), in ms; null when there is none. */
  nextWall(wallMs: number): number | null;
}

const secondMs = 1000;
const dayMs = 86_400_000;

/** The first n at or after `from` whose flag is set, or -1. */
const firstSet = (flags: readonly number[], from: number): number => flags.indexOf(1, from);

/**
 * The calendar of an expression that `parseCronExpression` returned: six fields begin with seconds. The times of day are the same on every day that
 * matches, so croner is asked for days only: its search for one match takes 60 µs, and a schedule that runs every
 * second has 86,400 of them a day.
 */
const createCronCalendar = (expression: string): CronCalendar => {
  const fields = expression.split(" ");
  const { second, minute, hour } = new CronPattern(expression, "UTC", { mode: modeOf(fields.length === 6) });
  const days = new Cron(`0 0 ${fields.slice(-3).join(" ")}`, {
    mode: "5-part",
    timezone: "UTC",
  });

  const nextTimeOfDay = (fromMs: number): number | null => {
    const from = Math.ceil(fromMs / secondMs);
    const fromHour = Math.floor(from / 3600);
    const fromMinute = Math.floor(from / 60) % 60;
    const at = (h: number, m: number, s: number): number => ((h * 60 + m) * 60 + s) * secondMs;
    if (hour[fromHour] === 1) {
      const s = minute[fromMinute] === 1 ? firstSet(second, from % 60) : -1;
      if (s >= 0) return at(fromHour, fromMinute, s);
      const m = firstSet(minute, fromMinute + 1);
      if (m >= 0) return at(fromHour, m, firstSet(second, 0));
    }
    const h = firstSet(hour, fromHour + 1);
    return h < 0 ? null : at(h, firstSet(minute, 0), firstSet(second, 0));
  };

  // The last answer: every day from `asked` to `day` has it.
  let asked = Number.POSITIVE_INFINITY;
  let day: number | null = null;
  const nextDay = (from: number): number | null => {
    if (from < asked || (day !== null && from > day)) {
      day = days.nextRun(new Date(from - secondMs))?.getTime() ?? null;
      asked = from;
    }
    return day;
  };

  return {
    nextWall: (wallMs) => {
      const today = Math.floor(wallMs / dayMs) * dayMs;
      const first = nextDay(today);
      if (first === null) return null;
      const time = nextTimeOfDay(first === today ? wallMs - today : 0);
      if (time !== null) return first + time;
      const second = nextDay(first + dayMs);
      return second === null ? null : second + (nextTimeOfDay(0) ?? 0);
    },
  };
};

export const cronCalendar = memoized(256, createCronCalendar);
