// Due times against a scanner that knows nothing but the clock of each zone (testing/minute-scanner.ts).
// SCHEDULE_ZONES=all scans every clock change of every zone from 1990 to 2037 (minutes); the default is a sample.

import { SeededRandom, testSeed } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import type { CronSpec, DstPolicy } from "./schedule-spec.ts";
import {
  createWallReader,
  cronMatcher,
  scanDues,
  scanMinutes,
  type WallReader,
} from "./testing/minute-scanner.ts";
import { duesBetween } from "./timetable.ts";

const isWhole = process.env.SCHEDULE_ZONES === "all";
const seed = testSeed();
const zones = Intl.supportedValuesOf("timeZone");
const firstYear = Date.UTC(1990, 0, 1);
const lastYear = Date.UTC(2038, 0, 1);
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const policies: readonly DstPolicy[] = (["run_after", "skip"] as const).flatMap((gap) =>
  (["first", "last", "both"] as const).map((overlap) => ({ gap, overlap })),
);

const specOf = (timezone: string, expression: string, dst: DstPolicy): CronSpec => ({
  kind: "cron",
  timezone,
  expression,
  seconds: false,
  everyHour: false,
  dst,
  startsAt: null,
  endsAt: null,
  maxRuns: null,
  paused: false,
});

/** The hours in which a zone's clock changes. */
const changesBetween = (read: WallReader, from: number, to: number): number[] => {
  const found: number[] = [];
  const drift = (at: number): number => read(at) - at / 60_000;
  const search = (low: number, high: number): void => {
    if (high - low <= hourMs) {
      found.push(low);
      return;
    }
    const middle = low + Math.floor((high - low) / 2 / hourMs) * hourMs;
    if (drift(low) !== drift(middle)) search(low, middle);
    if (drift(middle) !== drift(high)) search(middle, high);
  };
  const stepMs = 5 * dayMs;
  for (let at = from; at < to; at += stepMs) {
    if (drift(at) !== drift(at + stepMs)) search(at, at + stepMs);
  }
  return found;
};

/** Fields that hit clock changes often: small hours, quarters, the days and the month at hand. */
const randomExpression = (random: SeededRandom, near: Date): string => {
  const minute = random.pick([
    "0",
    "30",
    "15,45",
    "*/15",
    "*",
    "*/7",
    "10-20",
    "59",
    String(random.int(0, 59)),
  ]);
  const hour = random.pick([
    "*",
    "2",
    "0",
    "1-3",
    "23",
    "*/2",
    "*/5",
    "0,12",
    "3",
    String(random.int(0, 23)),
  ]);
  const date = near.getUTCDate();
  const day = random.pick(["*", "*", "*", String(date), "*/2", "25-31"]);
  const month = random.pick(["*", "*", String(near.getUTCMonth() + 1)]);
  const weekday = random.pick(["*", "*", "*", "0", "1-5", "0,6"]);
  return `${minute} ${hour} ${day} ${month} ${weekday}`;
};

/** No clock was ever put back by more since 1990. */
const marginMs = 4 * hourMs;

/** Compares one span, with clock minutes around it so that repeated times at its edges are seen whole. */
const compare = (
  random: SeededRandom,
  timezone: string,
  read: WallReader,
  from: number,
  to: number,
  count: number,
) => {
  const table = scanMinutes(read, from - marginMs, to + marginMs);
  for (let round = 0; round < count; round += 1) {
    const expression = randomExpression(random, new Date(random.int(from, to)));
    const dst = random.pick(policies);
    const expected = scanDues(table, cronMatcher(expression), dst).filter((at) => at > from && at <= to);
    const { dues } = duesBetween(specOf(timezone, expression, dst), from, to, 100_000);
    expect({ timezone, expression, dst, from, dues }).toEqual({
      timezone,
      expression,
      dst,
      from,
      dues: expected,
    });
  }
  return count;
};

describe("due times are those that a scan of every minute of the zone's clock finds", () => {
  const where = isWhole ? `at every clock change 1990–2037 of all ${zones.length} zones` : "in a sample";
  it(`${where} (seed ${seed})`, { timeout: isWhole ? 3_600_000 : 60_000 }, () => {
    const random = new SeededRandom(seed);
    let compared = 0;
    let changes = 0;
    let zonesDone = 0;
    const sample = isWhole ? zones : Array.from({ length: 60 }, () => random.pick(zones));
    for (const timezone of sample) {
      const read = createWallReader(timezone);
      const start = isWhole ? firstYear : Date.UTC(random.int(1990, 2035), random.int(0, 11), 1);
      const all = changesBetween(read, start, isWhole ? lastYear : start + 730 * dayMs);
      const found = isWhole ? all : all.slice(0, 2);
      const spanMs = (isWhole ? 6 : 30) * hourMs;
      for (const change of found) {
        compared += compare(random, timezone, read, change - 3 * hourMs, change + spanMs, 4);
        changes += 1;
      }
      const anywhere = Math.floor(random.int(firstYear / 60_000, lastYear / 60_000)) * 60_000;
      compared += compare(random, timezone, read, anywhere, anywhere + dayMs, 2);
      zonesDone += 1;
      if (zonesDone % 50 === 0)
        console.info(`${zonesDone} zones, ${changes} clock changes, ${compared} schedules`);
    }
    console.info(`seed ${seed}: ${compared} schedules at ${changes} clock changes in ${sample.length} zones`);
    expect(changes).toBeGreaterThan(0);
  });
});
