// When a schedule is due, and what it does about misfires, overlaps and failures. Plain JSON values: they are stored
// as they stand. All times are milliseconds since 1970.

export type GapPolicy = "run_after" | "skip";
export type OverlapTimePolicy = "first" | "last" | "both";

/** What happens to local times that a clock change skips or repeats. */
export interface DstPolicy {
  /** A skipped time runs right after the change, or not at all. */
  readonly gap: GapPolicy;
  /** A repeated time runs the first time, the last, or both times. */
  readonly overlap: OverlapTimePolicy;
}

interface EverySpec {
  /** An IANA name. */
  readonly timezone: string;
  /** The first instant at which it may be due. */
  readonly startsAt: number | null;
  /** It is not due at this instant or later. */
  readonly endsAt: number | null;
  /** Runs that it may start; retries, missed and skipped dues do not count. */
  readonly maxRuns: number | null;
  readonly paused: boolean;
}

export interface CronSpec extends EverySpec {
  readonly kind: "cron";
  readonly expression: string;
  readonly seconds: boolean;
  /** The expression matches in every hour of a day: it follows the clock's minutes and not a time of day. */
  readonly everyHour: boolean;
  readonly dst: DstPolicy;
}

/** Due at anchorAt + n * everyS: elapsed time, which no clock change touches. */
export interface IntervalSpec extends EverySpec {
  readonly kind: "interval";
  readonly everyS: number;
  readonly anchorAt: number;
}

/** Due once: at an instant, or at a local time, which moves when tz data changes before it comes. */
export interface OnceSpec extends EverySpec {
  readonly kind: "once";
  readonly at:
    | { readonly form: "instant"; readonly at: number }
    | { readonly form: "local"; readonly wallMs: number };
}

export type ScheduleSpec = CronSpec | IntervalSpec | OnceSpec;

export type MisfirePolicy = "skip" | "once" | "all";
export type OverlapPolicy = "skip" | "queue_one" | "allow" | "cancel_running";
export type RetryCause = "failure" | "timeout" | "offline";

export interface SchedulePolicies {
  readonly misfire: {
    /** What happens to dues that are noticed more than `graceMs` late. */
    readonly policy: MisfirePolicy;
    readonly graceMs: number;
    /** Dues older than this are missed whatever the policy says. */
    readonly windowMs: number;
    /** Late dues that `all` makes up for in one go, the latest ones. */
    readonly max: number;
  };
  /** What happens to a due while an earlier run waits or runs. */
  readonly overlap: OverlapPolicy;
  /** A run starts up to this much after its due time; how much follows from the schedule and the due time. */
  readonly jitterMs: number;
  readonly retry: {
    /** Attempts after the first. */
    readonly max: number;
    /** The wait before the second attempt; it doubles with each one, up to `maxMs`. */
    readonly firstMs: number;
    readonly maxMs: number;
    readonly on: readonly RetryCause[];
  };
  /** How long an attempt may run. */
  readonly timeoutMs: number;
}

export interface Schedule {
  readonly id: string;
  readonly spec: ScheduleSpec;
  readonly policies: SchedulePolicies;
}
