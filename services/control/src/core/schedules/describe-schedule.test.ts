import { describe, expect, it } from "vitest";
import { describeCron } from "./describe-cron.ts";
import { describeSchedule } from "./describe-schedule.ts";
import { specOf } from "./testing/schedules.ts";

const now = Date.UTC(2026, 0, 1);

describe("a schedule in words", () => {
  it.each([
    ["30 2 * * *", "At 02:30 every day"],
    ["0 9,17 * * 1-5", "At 09:00 and 17:00 on Monday to Friday"],
    ["0 0 * * 0,6", "At 00:00 on Sunday and Saturday"],
    ["0 0 * * 7", "At 00:00 on Sunday"],
    ["0 0 * * mon", "At 00:00 on Monday"],
    ["0 4 1 * *", "At 04:00 on day 1 of the month"],
    ["0 4 1,15 1,7 *", "At 04:00 on day 1 and 15 of the month in January and July"],
    ["0 4 L dec *", "At 04:00 on the last day of the month in December"],
    ["0 4 13 * 5", "At 04:00 on day 13 of the month and on every Friday"],
    ["* * * * *", "Every minute"],
    ["*/15 * * * *", "Every 15 minutes"],
    ["*/15 * * * 1-5", "Every 15 minutes on Monday to Friday"],
    ["*/15 9-17 * * 1-5", "Every 15 minutes from 09:00 to 17:59 on Monday to Friday"],
    ["5 * * * *", "At minute 5 of every hour"],
    ["30 */6 * * *", "Every 6 hours from 00:30, every day"],
    ["*/10 * * * * *", "Every 10 seconds"],
    ["15 30 2 * * *", "At 02:30:15 every day"],
    ["*/7 * * * *", 'By the cron expression "*/7 * * * *"'],
    ["0 0 * * 5#2", 'By the cron expression "0 0 * * 5#2"'],
    ["0 0 15W * *", 'By the cron expression "0 0 15W * *"'],
  ])("%s", (expression, text) => {
    expect(describeCron(expression)).toBe(text);
  });

  it.each([
    [
      { kind: "cron", expression: "30 2 * * *", timezone: "Europe/Berlin" },
      "At 02:30 every day, Europe/Berlin; at a clock change: a skipped time runs right after, a repeated time runs the first time",
    ],
    [{ kind: "cron", expression: "30 2 * * *", timezone: "Asia/Tokyo" }, "At 02:30 every day, Asia/Tokyo"],
    [
      { kind: "cron", expression: "*/5 * * * *", timezone: "Europe/Berlin" },
      "Every 5 minutes, Europe/Berlin",
    ],
    [
      { kind: "interval", everyS: 5400, anchorAt: "2026-01-01T00:00", maxRuns: 5, paused: true },
      "Every 1 h 30 min, counted from 2026-01-01T00:00:00+00:00; at most 5 runs; paused",
    ],
    [
      { kind: "once", at: "2026-07-01T09:00", timezone: "Europe/Berlin" },
      "Once at 2026-07-01T09:00:00, Europe/Berlin",
    ],
  ])("%#", (input, text) => {
    expect(describeSchedule(specOf(input, now), now)).toBe(text);
  });
});
