// From what was asked for to what is stored, and what everybody who orders a command must be allowed to do.
import { Failure } from "@cmdop/base";
import type { z } from "zod";
import type { ScheduleProblem } from "../../core/schedules/parse-problems.ts";
import { parseSchedulePolicies } from "../../core/schedules/parse-schedule-policies.ts";
import { parseScheduleSpec } from "../../core/schedules/parse-schedule-spec.ts";
import type { SchedulePolicies, ScheduleSpec } from "../../core/schedules/schedule-spec.ts";
import { type PrepareCall, requirePrincipal } from "../../operation.ts";
import type { ScheduleRow } from "../../store/schedules/schedules.ts";
import { targetsOf } from "../../store/schedules/targets.ts";
import type { Reader } from "../../store/schema.ts";
import type { ScheduleTarget } from "../../store/tables/schedule-tables.ts";
import {
  bearerNames,
  type policiesInputSchema,
  type scheduleSchema,
  type specInputSchema,
  toSchedule,
  toSpecView,
} from "./schedule-view.ts";

const toError = (root: string, { path, text, candidates }: ScheduleProblem) => ({
  pointer: `/${[root, ...path.split(".")].filter((part) => part !== "").join("/")}`,
  detail: text,
  ...(candidates
    ? {
        candidates: candidates.map(({ at, text: value, note }) => ({
          value,
          at: new Date(at).toISOString(),
          note,
        })),
      }
    : {}),
});

const refuse = (root: string, problems: readonly ScheduleProblem[]): never => {
  const errors = problems.map((problem) => toError(root, problem));
  const first = errors[0];
  throw new Failure("schedule_invalid", first && `${first.pointer}: ${first.detail}`, {
    details: { errors },
  });
};

/** `schedule_invalid` with everything that is wrong. */
export const readSpec = (input: z.output<typeof specInputSchema>, nowMs: number): ScheduleSpec => {
  if ("paused" in input)
    refuse("spec", [{ path: "paused", text: "A schedule is paused and resumed by itself." }]);
  const parsed = parseScheduleSpec(input, nowMs);
  return parsed.kind === "spec" ? parsed.spec : refuse("spec", parsed.problems);
};

export const readPolicies = (input: z.output<typeof policiesInputSchema> | undefined): SchedulePolicies => {
  const parsed = parseSchedulePolicies(input);
  return parsed.kind === "policies" ? parsed.policies : refuse("policies", parsed.problems);
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  );
};

/** Whether it was given back as it was read: then a one-off that has passed is no mistake. */
export const isSameSpec = (input: z.output<typeof specInputSchema>, spec: ScheduleSpec): boolean =>
  JSON.stringify(sorted(input)) === JSON.stringify(sorted(toSpecView(spec)));

/** Nobody orders what they may not run: `permission_denied` unless the caller may open sessions on every target. */
export const authorizeTarget = async (
  call: Pick<PrepareCall, "authorize">,
  db: Reader,
  fleetId: string,
  target: ScheduleTarget,
): Promise<void> => {
  call.authorize("sessions:open", { fleetId });
  for (const machineId of await targetsOf(db, fleetId, target)) {
    call.authorize("sessions:open", { fleetId, machineId });
  }
};

/** Whose rights the schedule uses from now on. */
export const runAsCaller = (call: Pick<PrepareCall, "principal">) => {
  const principal = requirePrincipal(call);
  return { run_as_kind: principal.kind, run_as_id: principal.id };
};

/** The schedule as its caller may see it. */
export const viewFor = async (
  call: Pick<PrepareCall, "membership" | "services">,
  db: Reader,
  row: ScheduleRow,
): Promise<z.input<typeof scheduleSchema>> =>
  toSchedule(row, {
    nowMs: call.services.clock.wallMs(),
    isEnvShown: call.membership?.rights.has("schedules:manage") ?? false,
    names: await bearerNames(db, [row]),
  });
