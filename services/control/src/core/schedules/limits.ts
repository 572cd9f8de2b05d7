// Every bound of schedules in one place, with its arithmetic.

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export const scheduleLimits = {
  /** Longest cron expression; the longest sensible one (every list spelled out) has about 400 characters. */
  expressionCharsMax: 512,
  timezoneCharsMax: 64,
  everySMin: 1,
  everySMax: 366 * 86_400,
  /** Times outside are typing mistakes, and tz data says nothing about them. */
  instantMin: Date.UTC(2000, 0, 1),
  instantMax: Date.UTC(2200, 0, 1),
  maxRunsMax: 1_000_000_000,
  /**
   * How far ahead a due time is looked for. 29 February on a Monday comes every 28 years, and every 40 across
   * a century without a leap day.
   */
  horizonMs: 41 * 366 * dayMs,
  /** Steps of one search that find nothing: a step is a clock change, a repeated time or a jump ahead. */
  idleStepsMax: 20_000,
  /** Dues that one tick looks at. The next tick goes on from there, at once. About 25 ms of work. */
  duesPerTickMax: 512,
  previewMax: 100,
  /** How late a due may be noticed and still count as on time: a restart, a slow tick. */
  graceMs: minuteMs,
  graceMsMax: 5 * minuteMs,
  misfireWindowMsMax: 31 * dayMs,
  misfireMaxMax: 100,
  /** Missed dues that get a row each in one tick; older ones share one row that counts them. */
  missedRowsMax: 100,
  /** Runs of one schedule that wait or run at once under the overlap policy `allow`. */
  activeRunsMax: 16,
  jitterMsMax: hourMs,
  retryMaxMax: 20,
  retryDelayMsMin: secondMs,
  retryDelayMsMax: dayMs,
  timeoutMsMin: secondMs,
  timeoutMsMax: 7 * dayMs,
} as const;
