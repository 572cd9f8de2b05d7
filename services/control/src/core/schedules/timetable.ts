// When a schedule is due. Knows no run, no policy on runs and no clock.

import { type CronEvent, cronEvents, type DueCause } from "./cron-dues.ts";
import { scheduleLimits } from "./limits.ts";
import { toLocalText, toUtcText, toWallText } from "./local-text.ts";
import type { CronSpec, IntervalSpec, OnceSpec, ScheduleSpec } from "./schedule-spec.ts";
import { resolveWall, timeZone } from "./time-zone.ts";

export type NextDue =
  | { readonly kind: "due"; readonly at: number }
  /** `ended`: its end or its last due has passed. `never`: nothing is due within the horizon (41 years). */
  | { readonly kind: "none"; readonly reason: "ended" | "never" };

/** A one-off whose local time tz data has moved into a gap or a repeat since it was accepted is not lost. */
export const onceAt = (spec: OnceSpec): number => {
  if (spec.at.form === "instant") return spec.at.at;
  const local = resolveWall(timeZone(spec.timezone), spec.at.wallMs);
  switch (local.kind) {
    case "exact":
      return local.at;
    case "repeated":
      return local.first;
    case "skipped":
      return local.transition.at;
  }
};

function* onceEvents(spec: OnceSpec, after: number): Generator<CronEvent, void> {
  const at = onceAt(spec);
  const wallMs = at + timeZone(spec.timezone).offsetMs(at);
  if (at > after) yield { kind: "due", at, wallMs, cause: "plain" };
}

function* intervalEvents(spec: IntervalSpec, after: number): Generator<CronEvent, void> {
  const everyMs = spec.everyS * 1000;
  const zone = timeZone(spec.timezone);
  const passed = Math.floor((after - spec.anchorAt) / everyMs) + 1;
  for (let n = Math.max(0, passed); ; n += 1) {
    const at = spec.anchorAt + n * everyMs;
    yield { kind: "due", at, wallMs: at + zone.offsetMs(at), cause: "plain" };
  }
}

const eventsOf = (spec: ScheduleSpec, after: number): Generator<CronEvent, void> => {
  switch (spec.kind) {
    case "cron":
      return cronEvents(spec, after);
    case "interval":
      return intervalEvents(spec, after);
    case "once":
      return onceEvents(spec, after);
  }
};

/** What happens after an instant, between the schedule's start and end. */
function* eventsAfter(spec: ScheduleSpec, after: number): Generator<CronEvent, NextDue & { kind: "none" }> {
  const ended = { kind: "none", reason: "ended" } as const;
  const from = spec.startsAt === null ? after : Math.max(after, spec.startsAt - 1);
  if (spec.endsAt !== null && from >= spec.endsAt) return ended;
  for (const event of eventsOf(spec, from)) {
    if (spec.endsAt !== null && event.at >= spec.endsAt) return ended;
    yield event;
  }
  return spec.kind === "once" ? ended : { kind: "none", reason: "never" };
}

/** The first due strictly after an instant. Pausing and counts of runs are the tick's business. */
export const nextDue = (spec: ScheduleSpec, after: number): NextDue => {
  const events = eventsAfter(spec, after);
  for (;;) {
    const step = events.next();
    if (step.done) return step.value;
    if (step.value.kind === "due") return { kind: "due", at: step.value.at };
  }
};

export interface Dues {
  readonly dues: readonly number[];
  /** There are more in the span than were asked for. */
  readonly hasMore: boolean;
}

/** The dues in (from, to], oldest first, at most `max`. */
export const duesBetween = (spec: ScheduleSpec, from: number, to: number, max: number): Dues => {
  const dues: number[] = [];
  for (const event of eventsAfter(spec, from)) {
    if (event.at > to) break;
    if (event.kind !== "due") continue;
    if (dues.length >= max) return { dues, hasMore: true };
    dues.push(event.at);
  }
  return { dues, hasMore: false };
};

export type PreviewEntry =
  | {
      readonly kind: "run";
      readonly at: number;
      readonly local: string;
      readonly utc: string;
      readonly note: string | null;
    }
  /** A local time at which nothing will run, though the expression names it. */
  | { readonly kind: "skipped"; readonly local: string; readonly note: string };

export interface Preview {
  readonly entries: readonly PreviewEntry[];
  /** Why there are fewer than asked for; null when there are as many. */
  readonly end: "ended" | "never" | null;
}

const clockText = (wallMs: number): string => toWallText(wallMs).slice(11).replace(/:00$/, "");

const noteOf = (spec: ScheduleSpec, cause: DueCause, wallMs: number): string | null => {
  const clock = clockText(wallMs);
  const only = spec.kind === "cron" && spec.dst.overlap !== "both" ? " only" : "";
  switch (cause) {
    case "plain":
      return null;
    case "moved":
      return `${clock} is skipped by a clock change: runs right after`;
    case "first":
      return `${clock} comes twice: runs the first time${only}`;
    case "last":
      return `${clock} comes twice: runs the second time${only}`;
  }
};

/** A gap is worth a line when somebody named the hour; what runs every hour loses nothing by it. */
const isSkipShown = (spec: ScheduleSpec): spec is CronSpec => spec.kind === "cron" && !spec.everyHour;

/** The next `count` runs after `now`, as people read them. */
export const preview = (spec: ScheduleSpec, count: number, now: number): Preview => {
  const zone = timeZone(spec.timezone);
  const wanted = Math.min(count, scheduleLimits.previewMax, spec.maxRuns ?? count);
  const entries: PreviewEntry[] = [];
  const events = eventsAfter(spec, now);
  for (let runs = 0; runs < wanted && entries.length < 2 * scheduleLimits.previewMax; ) {
    const step = events.next();
    if (step.done) return { entries, end: step.value.reason };
    const { at, wallMs } = step.value;
    if (step.value.kind === "due") {
      const note = noteOf(spec, step.value.cause, wallMs);
      entries.push({ kind: "run", at, local: toLocalText(zone, at), utc: toUtcText(at), note });
      runs += 1;
    } else if (isSkipShown(spec)) {
      const note = `${clockText(wallMs)} is skipped by a clock change: does not run`;
      entries.push({ kind: "skipped", local: toWallText(wallMs), note });
    }
  }
  return { entries, end: null };
};
