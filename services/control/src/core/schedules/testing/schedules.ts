// Specifications and schedules for tests, through the parsers that users' input goes through.

import { parseSchedulePolicies } from "../parse-schedule-policies.ts";
import { parseScheduleSpec } from "../parse-schedule-spec.ts";
import type { Schedule, ScheduleSpec } from "../schedule-spec.ts";

export const specOf = (input: object, now = Date.UTC(2000, 0, 1)): ScheduleSpec => {
  const parsed = parseScheduleSpec(input, now);
  if (parsed.kind === "problems") throw new Error(JSON.stringify(parsed.problems));
  return parsed.spec;
};

export const scheduleOf = (spec: object, policies: object = {}, now?: number): Schedule => {
  const parsed = parseSchedulePolicies(policies);
  if (parsed.kind === "problems") throw new Error(JSON.stringify(parsed.problems));
  return { id: "sch_test", spec: specOf(spec, now), policies: parsed.policies };
};
