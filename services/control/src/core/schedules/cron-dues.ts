// The due times of a cron schedule: a calendar of local times laid over a zone's offsets.
//
// I1  Instants come in rising order, each once.
// I2  The sequence after an instant depends on that instant alone, so a search can stop and go on anywhere.
// I3  A local time that is there once is due then; one that is skipped or repeated is due as the policy says.
// I4  Work is bounded: a search that finds nothing ends.

import { cronCalendar } from "./cron-expression.ts";
import { scheduleLimits } from "./limits.ts";
import type { CronSpec, OverlapTimePolicy } from "./schedule-spec.ts";
import { reachMs, type TimeZone, type Transition, timeZone } from "./time-zone.ts";

const secondMs = 1000;
const dayMs = 86_400_000;

/** Whether a local time comes once, is moved behind a gap, or is one of the two times that it comes. */
export type DueCause = "plain" | "moved" | "first" | "last";

export type CronEvent =
  | { readonly kind: "due"; readonly at: number; readonly wallMs: number; readonly cause: DueCause }
  /** A clock change at `at` skips local times that match, `wallMs` the first of them, and the policy is to skip. */
  | { readonly kind: "skipped"; readonly at: number; readonly wallMs: number };

/** The clock changes around a part of the search: 36 hours of dues, and what reaches into them from both sides. */
interface Window {
  readonly until: number;
  readonly transitions: readonly Transition[];
}

const windowMs = 1.5 * dayMs;
const windowAt = (zone: TimeZone, at: number): Window => ({
  until: at + windowMs,
  transitions: zone.transitions(at - reachMs, at + windowMs + reachMs),
});

const causeOf = (window: Window, at: number, wallMs: number): "plain" | "first" | "last" => {
  for (const change of window.transitions) {
    if (at < change.at && wallMs >= change.at + change.afterMs) return "first";
    if (at >= change.at && wallMs < change.at + change.beforeMs) return "last";
  }
  return "plain";
};

const isKept = (cause: "plain" | "first" | "last", policy: OverlapTimePolicy): boolean =>
  cause === "plain" || policy === "both" || policy === cause;

/** What happens after an instant, in order, until nothing more is found within the horizon. */
export function* cronEvents(spec: CronSpec, after: number): Generator<CronEvent, void> {
  const zone = timeZone(spec.timezone);
  const calendar = cronCalendar(spec.expression);
  let at = (Math.floor(after / secondMs) + 1) * secondMs;
  let window = windowAt(zone, at);
  let horizon = at + scheduleLimits.horizonMs;
  let gapSeenAt = Number.NEGATIVE_INFINITY;

  for (let idle = 0; idle < scheduleLimits.idleStepsMax && at < horizon; idle += 1) {
    if (at >= window.until) window = windowAt(zone, at);

    const change = window.transitions.find((each) => each.at === at);
    if (change !== undefined && change.afterMs > change.beforeMs && gapSeenAt !== at) {
      gapSeenAt = at;
      const wallMs = calendar.nextWall(at + change.beforeMs);
      if (wallMs !== null && wallMs < at + change.afterMs) {
        if (spec.dst.gap === "run_after") {
          yield { kind: "due", at, wallMs, cause: "moved" };
          // What is due at this very instant anyway is the same due (I1).
          at += secondMs;
          idle = 0;
          horizon = at + scheduleLimits.horizonMs;
          continue;
        }
        yield { kind: "skipped", at, wallMs };
      }
    }

    const offsetMs = zone.offsetMs(at);
    const wallMs = calendar.nextWall(at + offsetMs);
    if (wallMs === null) return;
    const due = wallMs - offsetMs;
    const next = window.transitions.find((each) => each.at > at)?.at;
    if (due < window.until && (next === undefined || due < next)) {
      const cause = causeOf(window, due, wallMs);
      at = due + secondMs;
      if (!isKept(cause, spec.dst.overlap)) continue;
      yield { kind: "due", at: due, wallMs, cause };
      idle = 0;
      horizon = at + scheduleLimits.horizonMs;
    } else if (next !== undefined && next <= window.until) {
      at = next;
    } else if (next === undefined) {
      // No clock is put back within reach of here, so no local time before `wallMs` comes again: jump there.
      at = Math.max(window.until, wallMs - 3 * dayMs);
    } else {
      at = window.until;
    }
  }
}
