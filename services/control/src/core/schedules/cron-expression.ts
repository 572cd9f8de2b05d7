// Cron expressions as a calendar of local times. Croner reads them and finds the next match; it is always asked in
// UTC, where no clock changes: what a local time means in a zone is decided in cron-dues.ts alone.

import { Cron, CronPattern } from "croner";
import { scheduleLimits } from "./limits.ts";

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

/** The calendar of an expression that `parseCronExpression` returned. */
export const createCronCalendar = (expression: string, seconds: boolean): CronCalendar => {
  const cron = new Cron(expression, { mode: modeOf(seconds), timezone: "UTC" });
  return {
    // Croner looks strictly after, at whole seconds.
    nextWall: (wallMs) => cron.nextRun(new Date(Math.ceil(wallMs / 1000) * 1000 - 1000))?.getTime() ?? null,
  };
};
