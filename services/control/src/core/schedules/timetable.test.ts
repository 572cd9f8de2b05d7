import { describe, expect, it } from "vitest";
import { scheduleLimits } from "./limits.ts";
import { specOf } from "./testing/schedules.ts";
import { duesBetween, nextDue, preview } from "./timetable.ts";

const dayMs = 86_400_000;

interface Row {
  readonly why: string;
  readonly zone: string;
  readonly cron: string;
  /** A UTC date; three days from its midnight are looked at. */
  readonly from: string;
  readonly dst?: { readonly gap?: string; readonly overlap?: string };
  readonly local: readonly string[];
}

const rows: readonly Row[] = [
  {
    why: "New York, the skipped half past two runs right after",
    zone: "America/New_York",
    cron: "30 2 * * *",
    from: "2026-03-07",
    local: ["2026-03-07T02:30:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"],
  },
  {
    why: "New York, the skipped half past two does not run",
    zone: "America/New_York",
    cron: "30 2 * * *",
    from: "2026-03-07",
    dst: { gap: "skip" },
    local: ["2026-03-07T02:30:00-05:00", "2026-03-09T02:30:00-04:00"],
  },
  {
    why: "New York, the repeated half past one runs the first time",
    zone: "America/New_York",
    cron: "30 1 * * *",
    from: "2026-10-31",
    local: ["2026-10-31T01:30:00-04:00", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"],
  },
  {
    why: "New York, the repeated half past one runs the last time",
    zone: "America/New_York",
    cron: "30 1 * * *",
    from: "2026-10-31",
    dst: { overlap: "last" },
    local: ["2026-10-31T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-02T01:30:00-05:00"],
  },
  {
    why: "New York, the repeated half past one runs both times",
    zone: "America/New_York",
    cron: "30 1 * * *",
    from: "2026-10-31",
    dst: { overlap: "both" },
    local: [
      "2026-10-31T01:30:00-04:00",
      "2026-11-01T01:30:00-04:00",
      "2026-11-01T01:30:00-05:00",
      "2026-11-02T01:30:00-05:00",
    ],
  },
  {
    why: "Berlin, several skipped times and the hour after them are one run",
    zone: "Europe/Berlin",
    cron: "0,20,40 2,3 29 3 *",
    from: "2026-03-28",
    local: ["2026-03-29T03:00:00+02:00", "2026-03-29T03:20:00+02:00", "2026-03-29T03:40:00+02:00"],
  },
  {
    why: "Lord Howe skips half an hour",
    zone: "Australia/Lord_Howe",
    cron: "15 2 * * *",
    from: "2026-10-02",
    local: ["2026-10-03T02:15:00+10:30", "2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
  },
  {
    why: "Lord Howe repeats half an hour",
    zone: "Australia/Lord_Howe",
    cron: "45 1 * * *",
    from: "2026-04-03",
    dst: { overlap: "both" },
    local: [
      "2026-04-04T01:45:00+11:00",
      "2026-04-05T01:45:00+11:00",
      "2026-04-05T01:45:00+10:30",
      "2026-04-06T01:45:00+10:30",
    ],
  },
  {
    why: "Casablanca puts the clock back for Ramadan",
    zone: "Africa/Casablanca",
    cron: "30 2 * * *",
    from: "2026-02-14",
    dst: { overlap: "both" },
    local: [
      "2026-02-14T02:30:00+01:00",
      "2026-02-15T02:30:00+01:00",
      "2026-02-15T02:30:00+00:00",
      "2026-02-16T02:30:00+00:00",
    ],
  },
  {
    why: "Casablanca puts it forward again a month later",
    zone: "Africa/Casablanca",
    cron: "30 2 * * *",
    from: "2026-03-21",
    local: ["2026-03-21T02:30:00+00:00", "2026-03-22T03:00:00+01:00", "2026-03-23T02:30:00+01:00"],
  },
  {
    why: "Dublin, whose winter time is the exception by law",
    zone: "Europe/Dublin",
    cron: "30 1 * * *",
    from: "2026-10-24",
    local: ["2026-10-24T01:30:00+01:00", "2026-10-25T01:30:00+01:00", "2026-10-26T01:30:00+00:00"],
  },
  {
    why: "Chatham skips from 02:45 to 03:45",
    zone: "Pacific/Chatham",
    cron: "0 3 * * *",
    from: "2026-09-25",
    local: ["2026-09-26T03:00:00+12:45", "2026-09-27T03:45:00+13:45", "2026-09-28T03:00:00+13:45"],
  },
  {
    why: "Apia had no 30 December 2011",
    zone: "Pacific/Apia",
    cron: "0 12 * * *",
    from: "2011-12-29",
    local: [
      "2011-12-29T12:00:00-10:00",
      "2011-12-31T00:00:00+14:00",
      "2011-12-31T12:00:00+14:00",
      "2012-01-01T12:00:00+14:00",
    ],
  },
  {
    why: "Kiritimati had no 31 December 1994, and whoever wants no substitute has none",
    zone: "Pacific/Kiritimati",
    cron: "0 12 * * *",
    from: "1994-12-30",
    dst: { gap: "skip" },
    local: ["1994-12-30T12:00:00-10:00", "1995-01-01T12:00:00+14:00", "1995-01-02T12:00:00+14:00"],
  },
  {
    why: "Santiago's day begins at one in the morning",
    zone: "America/Santiago",
    cron: "0 0 * * *",
    from: "2026-09-05",
    local: ["2026-09-05T00:00:00-04:00", "2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"],
  },
  {
    why: "a run every hour is every hour when the clock is put back",
    zone: "Europe/Berlin",
    cron: "15 * 25 10 *",
    from: "2026-10-24",
    local: [
      ...["00:15:00+02:00", "01:15:00+02:00", "02:15:00+02:00", "02:15:00+01:00", "03:15:00+01:00"],
      ...Array.from({ length: 20 }, (_, n) => `${String(n + 4).padStart(2, "0")}:15:00+01:00`),
    ].map((time) => `2026-10-25T${time}`),
  },
];

describe("clock changes", () => {
  it.each(rows)("$why", ({ zone, cron, from, dst, local }) => {
    const spec = specOf({ kind: "cron", expression: cron, timezone: zone, dst }, Date.UTC(1990, 0, 1));
    const start = Date.parse(`${from}T00:00Z`);
    const count = duesBetween(spec, start - 1, start + 3 * dayMs - 1, 100).dues.length;
    const shown = preview(spec, count, start - 1).entries.flatMap((entry) =>
      entry.kind === "run" ? [entry.local] : [],
    );
    expect(shown).toEqual(local);
  });

  it("a run every half hour is every half hour of elapsed time, whatever the clock does", () => {
    for (const [from, zone] of [
      [Date.UTC(2026, 2, 28), "Europe/Berlin"],
      [Date.UTC(2026, 9, 24), "Europe/Berlin"],
      [Date.UTC(2026, 2, 7), "America/New_York"],
    ] as const) {
      const spec = specOf({ kind: "cron", expression: "*/30 * * * *", timezone: zone });
      const { dues } = duesBetween(spec, from - 1, from + 3 * dayMs - 1, 1000);
      expect(dues).toEqual(Array.from({ length: 144 }, (_, n) => from + n * 1_800_000));
    }
  });
});

describe("preview", () => {
  it("says what a clock change does to each run", () => {
    const berlin = { kind: "cron", expression: "30 2 * * *", timezone: "Europe/Berlin" };
    const notes = (dst: object, from: string) =>
      preview(specOf({ ...berlin, dst }), 2, Date.parse(from)).entries.map((entry) => entry.note);
    expect(preview(specOf(berlin), 2, Date.parse("2026-03-28T12:00Z"))).toEqual({
      end: null,
      entries: [
        {
          kind: "run",
          at: Date.UTC(2026, 2, 29, 1),
          local: "2026-03-29T03:00:00+02:00",
          utc: "2026-03-29T01:00:00Z",
          note: "02:30 is skipped by a clock change: runs right after",
        },
        {
          kind: "run",
          at: Date.UTC(2026, 2, 30, 0, 30),
          local: "2026-03-30T02:30:00+02:00",
          utc: "2026-03-30T00:30:00Z",
          note: null,
        },
      ],
    });
    expect(preview(specOf({ ...berlin, dst: { gap: "skip" } }), 1, Date.parse("2026-03-28T12:00Z"))).toEqual({
      end: null,
      entries: [
        {
          kind: "skipped",
          local: "2026-03-29T02:30:00",
          note: "02:30 is skipped by a clock change: does not run",
        },
        {
          kind: "run",
          at: Date.UTC(2026, 2, 30, 0, 30),
          local: "2026-03-30T02:30:00+02:00",
          utc: "2026-03-30T00:30:00Z",
          note: null,
        },
      ],
    });
    expect(notes({ overlap: "both" }, "2026-10-24T12:00Z")).toEqual([
      "02:30 comes twice: runs the first time",
      "02:30 comes twice: runs the second time",
    ]);
    expect(notes({ overlap: "last" }, "2026-10-24T12:00Z")).toEqual([
      "02:30 comes twice: runs the second time only",
      null,
    ]);
  });

  it("ends with the schedule and with its number of runs", () => {
    const spec = { kind: "cron", expression: "0 12 * * *" };
    const ended = preview(specOf({ ...spec, endsAt: "2026-01-03T12:00Z" }), 5, Date.UTC(2026, 0, 1));
    expect(ended.entries.map((entry) => entry.local)).toEqual([
      "2026-01-01T12:00:00+00:00",
      "2026-01-02T12:00:00+00:00",
    ]);
    expect(ended.end).toBe("ended");
    expect(preview(specOf({ ...spec, maxRuns: 3 }), 5, Date.UTC(2026, 0, 1)).entries).toHaveLength(3);
    expect(preview(specOf(spec), 1_000_000, 0).entries).toHaveLength(scheduleLimits.previewMax);
  });
});

describe("nextDue", () => {
  it("is strictly after the instant, so that a search goes on where it stopped", () => {
    const spec = specOf({
      kind: "cron",
      expression: "30 2 * * *",
      timezone: "Europe/Berlin",
      dst: { overlap: "both" },
    });
    const from = Date.UTC(2026, 2, 27);
    const to = from + 300 * dayMs;
    const all = duesBetween(spec, from, to, 1000).dues;
    const oneByOne: number[] = [];
    for (let at = from; ; ) {
      const next = nextDue(spec, at);
      if (next.kind === "none" || next.at > to) break;
      oneByOne.push(next.at);
      at = next.at;
    }
    expect(oneByOne).toEqual(all);
    expect(all).toHaveLength(301);
  });

  it("finds what comes once in decades, and says when nothing ever comes", () => {
    const day = specOf({ kind: "cron", expression: "30 2 29 2 +1", timezone: "Europe/Berlin" });
    expect(nextDue(day, Date.UTC(2026, 0, 1))).toEqual({ kind: "due", at: Date.UTC(2044, 1, 29, 1, 30) });
    // 02:30 on the last Sunday of March is always skipped in Berlin.
    const inGap = {
      ...specOf({ kind: "cron", expression: "30 2 * 3 7L", timezone: "Europe/Berlin" }),
      dst: { gap: "skip", overlap: "first" },
    } as const;
    const started = performance.now();
    expect(nextDue(inGap as never, Date.UTC(2026, 0, 1))).toEqual({ kind: "none", reason: "never" });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("an interval counts elapsed time from its anchor", () => {
    const spec = specOf({
      kind: "interval",
      everyS: 5400,
      anchorAt: "2026-03-29T00:00Z",
      timezone: "Europe/Berlin",
    });
    expect(nextDue(spec, 0)).toEqual({ kind: "due", at: Date.UTC(2026, 2, 29) });
    expect(nextDue(spec, Date.UTC(2026, 2, 29))).toEqual({ kind: "due", at: Date.UTC(2026, 2, 29, 1, 30) });
    expect(nextDue(spec, Date.UTC(2026, 2, 29, 1, 30) - 1)).toEqual({
      kind: "due",
      at: Date.UTC(2026, 2, 29, 1, 30),
    });
  });

  it("a one-off is due once", () => {
    const spec = specOf({ kind: "once", at: "2026-07-01T09:00", timezone: "Europe/Berlin" });
    expect(nextDue(spec, 0)).toEqual({ kind: "due", at: Date.UTC(2026, 6, 1, 7) });
    expect(nextDue(spec, Date.UTC(2026, 6, 1, 7))).toEqual({ kind: "none", reason: "ended" });
  });

  it("starts at startsAt and ends before endsAt", () => {
    const spec = specOf({
      kind: "cron",
      expression: "0 * * * *",
      startsAt: "2026-01-01T10:00Z",
      endsAt: "2026-01-01T12:00Z",
    });
    expect(duesBetween(spec, 0, Date.UTC(2027, 0, 1), 10)).toEqual({
      dues: [Date.UTC(2026, 0, 1, 10), Date.UTC(2026, 0, 1, 11)],
      hasMore: false,
    });
    expect(nextDue(spec, Date.UTC(2026, 0, 1, 11))).toEqual({ kind: "none", reason: "ended" });
  });

  it("seconds work with six fields", () => {
    const spec = specOf({
      kind: "cron",
      expression: "*/20 30 2 * * *",
      seconds: true,
      timezone: "Asia/Kathmandu",
    });
    const from = Date.UTC(2026, 0, 1, 20, 45);
    expect(duesBetween(spec, from - 1, from + 59_000, 10).dues).toEqual([from, from + 20_000, from + 40_000]);
  });
});
