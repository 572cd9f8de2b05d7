// What the options of `cmdop schedules create` and `preview` say of when a schedule is due.
import { isMachineId } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { choiceOf } from "./choice-option.ts";
import type { Options } from "./options.ts";

type Spec = ControlSchemas["ScheduleSpec"];

/** A type and not an interface: the API takes further members and says itself which it does not know. */
export type SpecInput = {
  readonly kind: Spec["kind"];
  readonly timezone: string;
  readonly expression?: string;
  readonly seconds?: boolean;
  readonly everyS?: number;
  readonly anchorAt?: string;
  readonly at?: string;
  readonly startsAt?: string | null;
  readonly endsAt?: string | null;
  readonly maxRuns?: number | null;
  readonly dst?: Partial<NonNullable<Spec["dst"]>>;
};

const next = 'For example: --cron "30 2 * * *" --zone Europe/Berlin, --every 15m, --at 2027-03-01T09:00';

/** The zone of this machine: what people mean who name none. */
const ownZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Without the members that are undefined: to the API they are not there. */
const given = <Fields extends Readonly<Record<string, unknown>>>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
  };

/** A time, or null for `none`. */
const timeOrNone = (options: Options, name: string): string | null | undefined => {
  const text = options.text(name);
  return text === "none" ? null : text;
};

const boundsOf = (options: Options) => {
  const maxRuns = options.number("max-runs");
  return given({
    timezone: options.text("zone"),
    startsAt: timeOrNone(options, "starts"),
    endsAt: timeOrNone(options, "ends"),
    maxRuns: maxRuns === 0 ? null : maxRuns,
  });
};

const dstOf = (options: Options) =>
  given({
    gap: choiceOf(options, "dst-gap", ["run_after", "skip"]),
    overlap: choiceOf(options, "dst-overlap", ["first", "last", "both"]),
  });

const isOneNamed = (options: Options): boolean => ["cron", "every", "at"].some((name) => options.has(name));

/** `used wrongly` unless exactly one option says when. */
export const specOf = (options: Options, before?: Spec): SpecInput => {
  const cron = options.text("cron");
  const everyMs = options.number("every");
  const at = options.text("at");
  if ([cron, everyMs, at].filter((one) => one !== undefined).length !== 1) {
    throw usageError("Give one of --cron, --every and --at.", next);
  }
  const kept = before && {
    timezone: before.timezone,
    startsAt: before.startsAt,
    endsAt: before.endsAt,
    maxRuns: before.maxRuns,
  };
  const every = { timezone: ownZone(), ...kept, ...boundsOf(options) };
  if (everyMs !== undefined) {
    return {
      kind: "interval",
      ...every,
      everyS: everyMs / 1000,
      ...given({ anchorAt: options.text("anchor") }),
    };
  }
  if (at !== undefined) return { kind: "once", ...every, at };
  const expression = cron ?? "";
  const dst = dstOf(options);
  return {
    kind: "cron",
    ...every,
    expression,
    ...(secondsOf(options, expression) ? { seconds: true } : {}),
    ...(Object.keys(dst).length === 0 ? {} : { dst }),
  };
};

/** Never taken for meant: an expression of another system with a field too many would run every second. */
const secondsOf = (options: Options, expression: string): boolean => {
  const isSaid = options.flag("seconds");
  if (isSaid || expression.trim().split(/\s+/).length !== 6) return isSaid;
  throw usageError(
    "This --cron has six fields, and the first would be seconds.",
    "If they are meant, add --seconds; else give five: minute hour day month weekday.",
  );
};

/**
 * What a schedule's time becomes: what is not named stays. A new `--cron`, `--every` or `--at` takes the place of the
 * old one, and clock changes are then treated as the new one has it by default.
 */
export const changedSpec = (options: Options, before: Spec): SpecInput => {
  if (isOneNamed(options)) return specOf(options, before);
  const dst = dstOf(options);
  return {
    ...before,
    ...boundsOf(options),
    ...given({ anchorAt: options.text("anchor") }),
    ...(Object.keys(dst).length === 0 ? {} : { dst: { ...before.dst, ...dst } }),
  };
};

/** What is not given takes its default at the control plane. */
export const policiesOf = (options: Options) => {
  const misfire = given({
    policy: choiceOf(options, "misfire", ["skip", "once", "all"]),
    graceMs: options.number("misfire-grace"),
    windowMs: options.number("misfire-window"),
    max: options.number("misfire-max"),
  });
  const retry = given({
    max: options.number("retry"),
    firstMs: options.number("retry-wait"),
    maxMs: options.number("retry-wait-max"),
    on: retryCausesOf(options),
  });
  return {
    ...(Object.keys(misfire).length === 0 ? {} : { misfire }),
    ...(Object.keys(retry).length === 0 ? {} : { retry }),
    ...given({
      overlap: choiceOf(options, "overlap", ["skip", "queue_one", "allow", "cancel_running"]),
      timeoutMs: options.number("timeout"),
      jitterMs: options.number("jitter"),
    }),
  };
};

const retryCauses = ["failure", "timeout", "offline"] as const;

const retryCausesOf = (options: Options) => {
  const words = options.list("retry-on").flatMap((list) => list.split(","));
  if (words.length === 0) return undefined;
  const causes = retryCauses.filter((cause) => words.includes(cause));
  if (words.every((word) => causes.some((cause) => cause === word))) return causes;
  throw usageError(
    `--retry-on takes ${retryCauses.join(", ")}.`,
    "For example: --retry-on timeout --retry-on offline",
  );
};

type Target =
  | { readonly kind: "machines"; readonly machines: string[] }
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "all" };

/** Machines are named by id here: a name may be another machine's tomorrow. */
export const targetOf = async (context: Context): Promise<Target> => {
  const { options } = context;
  const machines = options.list("machine");
  const tag = options.text("tag");
  const isAll = options.flag("all");
  if ([machines.length > 0, tag !== undefined, isAll].filter(Boolean).length !== 1) {
    throw usageError(
      "Give one of --machine (may be repeated), --tag and --all.",
      "For example: --machine web1",
    );
  }
  if (isAll) return { kind: "all" };
  if (tag !== undefined) return { kind: "tag", tag };
  return { kind: "machines", machines: await machineIds(context, machines) };
};

export const machineIds = async (
  { client, signal }: Context,
  names: readonly string[],
): Promise<string[]> => {
  if (names.every(isMachineId)) return [...names];
  const machines = await (await client()).machines.list({ signal });
  return names.map((name) => {
    if (isMachineId(name)) return name;
    const exact = machines.filter((machine) => machine.name === name);
    const found = exact.length > 0 ? exact : machines.filter((machine) => machine.name.startsWith(name));
    const [one, ...others] = found;
    if (!one) throw usageError(`There is no machine ${name}.`, "Type: cmdop machines");
    if (others.length > 0) {
      throw usageError(
        `${name} fits ${found.map((machine) => machine.name).join(", ")}.`,
        "Name one of them, or its id: cmdop machines",
      );
    }
    return one.id;
  });
};

export const describeTarget = (target: ControlSchemas["Schedule"]["target"]): string => {
  if (target.kind === "all") return "all machines";
  if (target.kind === "tag") return `tag ${target.tag}`;
  return (target.machines ?? []).join(" ");
};
