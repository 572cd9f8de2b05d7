// A time zone as the offsets that Intl knows. Knows no schedule and no policy.

import { scheduleLimits } from "./limits.ts";
import { memoized } from "./memo.ts";

const hourMs = 3_600_000;
/** Clock changes closer together than this would be seen as one; the closest known pair lies weeks apart. */
const probeMs = 12 * hourMs;
/** No offset lies further from UTC, and no clock ever jumped by more. */
export const reachMs = 26 * hourMs;

/** A change of a zone's offset. `before < after`: the clock skips; `before > after`: it repeats. */
export interface Transition {
  /** The first instant with the new offset. */
  readonly at: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

export interface TimeZone {
  readonly name: string;
  /** What is added to UTC at this instant to get local time. */
  offsetMs(at: number): number;
  /** The changes in [from, to], oldest first. Work grows with the span: ask for days, not for decades. */
  transitions(from: number, to: number): Transition[];
}

const offsetPattern = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;

const parseOffsetMs = (text: string): number => {
  const match = offsetPattern.exec(text);
  if (match === null) throw new Error(`not an offset: ${text}`);
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = match;
  const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return sign === "-" ? -ms : ms;
};

const createTimeZone = (name: string): TimeZone => {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  const offsetMs = (at: number): number => parseOffsetMs(format.format(at));

  const firstInstantOf = (afterMs: number, low: number, high: number): number => {
    // Clocks change at whole seconds.
    let before = Math.floor(low / 1000);
    let after = Math.floor(high / 1000);
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetMs(middle * 1000) === afterMs) after = middle;
      else before = middle;
    }
    return after * 1000;
  };

  const transitions = (from: number, to: number): Transition[] => {
    const found: Transition[] = [];
    let at = from - 1;
    let beforeMs = offsetMs(at);
    while (at < to) {
      const next = Math.min(at + probeMs, to);
      const afterMs = offsetMs(next);
      if (afterMs !== beforeMs) found.push({ at: firstInstantOf(afterMs, at, next), beforeMs, afterMs });
      beforeMs = afterMs;
      at = next;
    }
    return found;
  };

  return { name, offsetMs, transitions };
};

/** A zone by its name, which `parseTimezone` has checked. Making its formatter takes 0.1 ms. */
export const timeZone = memoized(64, createTimeZone);

const namePattern = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;

/** The name as tz data spells it (links keep the name that was given), or undefined: there is no such zone. */
export const parseTimezone = (name: string): string | undefined => {
  // Offsets such as +02:00 are no zones: Intl takes them, but they never change with the clocks.
  if (name.length > scheduleLimits.timezoneCharsMax || !namePattern.test(name)) return undefined;
  try {
    const known = new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
    return known.toLowerCase() === name.toLowerCase() ? known : name;
  } catch {
    return undefined;
  }
};

/** What a local time is in a zone. `wallMs` is the local time read as if it were UTC. */
export type LocalTime =
  | { readonly kind: "exact"; readonly at: number }
  | { readonly kind: "repeated"; readonly first: number; readonly last: number }
  | { readonly kind: "skipped"; readonly transition: Transition };

export const resolveWall = (zone: TimeZone, wallMs: number): LocalTime => {
  const changes = zone.transitions(wallMs - reachMs, wallMs + reachMs);
  const offsets = new Set([zone.offsetMs(wallMs - reachMs), ...changes.map((change) => change.afterMs)]);
  const instants = [...offsets]
    .map((offsetMs) => ({ at: wallMs - offsetMs, offsetMs }))
    .filter(({ at, offsetMs }) => zone.offsetMs(at) === offsetMs)
    .map(({ at }) => at)
    .sort((left, right) => left - right);
  const [first] = instants;
  const last = instants.at(-1);
  if (first !== undefined && last !== undefined) {
    return first === last ? { kind: "exact", at: first } : { kind: "repeated", first, last };
  }
  const transition = changes.find(
    ({ at, beforeMs, afterMs }) => at + beforeMs <= wallMs && wallMs < at + afterMs,
  );
  if (transition === undefined) throw new Error("a local time is neither there nor skipped");
  return { kind: "skipped", transition };
};
