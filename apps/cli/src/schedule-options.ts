// What the options of `cmdop schedules create` and `preview` say of when a schedule is due.
import { isMachineId } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import { usageError } from "./cli-error.ts";
import type { Context } from "./context.ts";
import type { Options } from "./options.ts";

/** A type and not an interface: the API takes further members and says itself which it does not know. */
export type SpecInput = {
  readonly kind: "cron" | "interval" | "once";
  readonly timezone: string;
  readonly expression?: string;
  readonly seconds?: boolean;
  readonly everyS?: number;
  readonly at?: string;
  readonly startsAt?: string;
  readonly endsAt?: string;
  readonly maxRuns?: number;
  readonly dst?: { readonly gap?: "run_after" | "skip"; readonly overlap?: "first" | "last" | "both" };
};

const next = 'For example: --cron "30 2 * * *" --zone Europe/Berlin, --every 15m, --at 2027-03-01T09:00';

/** The zone of this machine: what people mean who name none. */
const ownZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

const choice = <const Value extends string>(
  options: Options,
  name: string,
  values: readonly Value[],
): Value | undefined => {
  const given = options.text(name)?.replaceAll("-", "_");
  return values.find((value) => value === given);
};

/** `used wrongly` unless exactly one option says when. */
export const specOf = (options: Options): SpecInput => {
  const cron = options.text("cron");
  const everyMs = options.number("every");
  const at = options.text("at");
  if ([cron, everyMs, at].filter((given) => given !== undefined).length !== 1) {
    throw usageError("Give one of --cron, --every and --at.", next);
  }
  const startsAt = options.text("starts");
  const endsAt = options.text("ends");
  const maxRuns = options.number("max-runs");
  const every = {
    timezone: options.text("zone") ?? ownZone(),
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(maxRuns === undefined ? {} : { maxRuns }),
  };
  if (everyMs !== undefined) return { kind: "interval", ...every, everyS: everyMs / 1000 };
  if (at !== undefined) return { kind: "once", ...every, at };
  const expression = cron ?? "";
  const gap = choice(options, "dst-gap", ["run_after", "skip"]);
  const overlap = choice(options, "dst-overlap", ["first", "last", "both"]);
  return {
    kind: "cron",
    ...every,
    expression,
    ...(expression.trim().split(/\s+/).length === 6 ? { seconds: true } : {}),
    ...(gap || overlap ? { dst: { ...(gap ? { gap } : {}), ...(overlap ? { overlap } : {}) } } : {}),
  };
};

/** What is not given takes its default at the control plane. */
export const policiesOf = (options: Options) => {
  const misfire = choice(options, "misfire", ["skip", "once", "all"]);
  const overlap = choice(options, "overlap", ["skip", "queue_one", "allow", "cancel_running"]);
  const retries = options.number("retry");
  const timeoutMs = options.number("timeout");
  const jitterMs = options.number("jitter");
  return {
    ...(misfire ? { misfire: { policy: misfire } } : {}),
    ...(overlap ? { overlap } : {}),
    ...(retries === undefined ? {} : { retry: { max: retries } }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(jitterMs === undefined ? {} : { jitterMs }),
  };
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
