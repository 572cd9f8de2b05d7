// Times as people write them: 2026-03-29T02:30 in a zone, 2026-03-29T02:30:00+01:00 as an instant.

import { scheduleLimits } from "./limits.ts";
import { resolveWall, type TimeZone } from "./time-zone.ts";

const timePattern =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:\d{2})?$/;

const two = (value: number): string => String(value).padStart(2, "0");

const toOffsetText = (offsetMs: number): string => {
  const minutes = Math.abs(Math.trunc(offsetMs / 60_000));
  return `${offsetMs < 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
};

/** 2026-03-29T02:30:00, from a local time read as if it were UTC. */
export const toWallText = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 19);

/** 2026-03-29T02:30:00+01:00 */
export const toLocalText = (zone: TimeZone, at: number): string => {
  const offsetMs = zone.offsetMs(at);
  return `${toWallText(at + offsetMs)}${toOffsetText(offsetMs)}`;
};

/** 2026-03-29T01:30:00Z */
export const toUtcText = (at: number): string => `${toWallText(at)}Z`;

/** One way to mean a local time that is not there or is there twice. */
export interface LocalCandidate {
  readonly at: number;
  /** With its offset: the same field takes it as it stands. */
  readonly text: string;
  readonly note: string;
}

export type TimeText =
  | { readonly kind: "instant"; readonly at: number }
  | { readonly kind: "local"; readonly at: number; readonly wallMs: number }
  | { readonly kind: "skipped" | "repeated"; readonly candidates: readonly LocalCandidate[] }
  | { readonly kind: "malformed" };

const isInRange = (at: number): boolean => at >= scheduleLimits.instantMin && at < scheduleLimits.instantMax;

/** Reads a time. Without an offset it is local in `zone`, where it may be skipped or repeated. */
export const parseTimeText = (text: string, zone: TimeZone): TimeText => {
  const match = timePattern.exec(text);
  if (match === null) return { kind: "malformed" };
  const [, year, month, day, hour, minute, second = "0", fraction = "0", offset] = match;
  const wallMs =
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) +
    Number(fraction.padEnd(3, "0"));
  // Date.UTC turns 31 February into 3 March; what does not come back unchanged was not a date.
  const written = `${year}-${month}-${day}T${hour}:${minute}:${two(Number(second))}`;
  if (!isInRange(wallMs) || toWallText(wallMs) !== written) return { kind: "malformed" };
  if (offset !== undefined) {
    const [hours, minutes] = offset === "Z" ? [0, 0] : [Number(offset.slice(1, 3)), Number(offset.slice(4))];
    if (hours > 23 || minutes > 59) return { kind: "malformed" };
    const offsetMs = (hours * 60 + minutes) * 60_000 * (offset.startsWith("-") ? -1 : 1);
    return { kind: "instant", at: wallMs - offsetMs };
  }
  const local = resolveWall(zone, wallMs);
  const candidate = (at: number, note: string): LocalCandidate => ({
    at,
    text: toLocalText(zone, at),
    note,
  });
  switch (local.kind) {
    case "exact":
      return { kind: "local", at: local.at, wallMs };
    case "repeated":
      return {
        kind: "repeated",
        candidates: [candidate(local.first, "the first time"), candidate(local.last, "the second time")],
      };
    case "skipped": {
      const { at, beforeMs, afterMs } = local.transition;
      const later = wallMs - beforeMs;
      const right = candidate(at, "right after the clock change");
      return {
        kind: "skipped",
        candidates: [
          candidate(wallMs - afterMs, "earlier, by as much as the clock skips"),
          right,
          ...(later === at ? [] : [candidate(later, "later, by as much as the clock skips")]),
        ],
      };
    }
  }
};
