// A schedule's policies with their defaults, or everything that is wrong with them.

import { scheduleLimits } from "./limits.ts";
import { Fields, type ScheduleProblem } from "./parse-problems.ts";
import type { SchedulePolicies } from "./schedule-spec.ts";

export type ParsedSchedulePolicies =
  | { readonly kind: "policies"; readonly policies: SchedulePolicies }
  | { readonly kind: "problems"; readonly problems: readonly ScheduleProblem[] };

const hourMs = 3_600_000;

export const defaultPolicies: SchedulePolicies = {
  misfire: { policy: "once", graceMs: scheduleLimits.graceMs, windowMs: hourMs, max: 10 },
  overlap: "skip",
  jitterMs: 0,
  retry: { max: 0, firstMs: 30_000, maxMs: hourMs, on: ["failure", "timeout", "offline"] },
  timeoutMs: hourMs,
};

const retryCauses = ["failure", "timeout", "offline"] as const;
const retryDelay = { min: scheduleLimits.retryDelayMsMin, max: scheduleLimits.retryDelayMsMax };

/** Reads policies; what is absent takes its default. */
export const parseSchedulePolicies = (input: unknown): ParsedSchedulePolicies => {
  const fields = new Fields(input ?? {}, ["misfire", "overlap", "jitterMs", "retry", "timeoutMs"]);
  const misfire = fields.object("misfire", ["policy", "graceMs", "windowMs", "max"]);
  const retry = fields.object("retry", ["max", "firstMs", "maxMs", "on"]);
  const base = defaultPolicies;
  const policies: SchedulePolicies = {
    misfire: {
      policy: misfire.oneOf("policy", ["skip", "once", "all"], base.misfire.policy),
      graceMs: misfire.whole("graceMs", base.misfire.graceMs, { min: 0, max: scheduleLimits.graceMsMax }),
      windowMs: misfire.whole("windowMs", base.misfire.windowMs, {
        min: 0,
        max: scheduleLimits.misfireWindowMsMax,
      }),
      max: misfire.whole("max", base.misfire.max, { min: 1, max: scheduleLimits.misfireMaxMax }),
    },
    overlap: fields.oneOf("overlap", ["skip", "queue_one", "allow", "cancel_running"], base.overlap),
    jitterMs: fields.whole("jitterMs", base.jitterMs, { min: 0, max: scheduleLimits.jitterMsMax }),
    retry: {
      max: retry.whole("max", base.retry.max, { min: 0, max: scheduleLimits.retryMaxMax }),
      firstMs: retry.whole("firstMs", base.retry.firstMs, retryDelay),
      maxMs: retry.whole("maxMs", base.retry.maxMs, retryDelay),
      on: retry.someOf("on", retryCauses, base.retry.on),
    },
    timeoutMs: fields.whole("timeoutMs", base.timeoutMs, {
      min: scheduleLimits.timeoutMsMin,
      max: scheduleLimits.timeoutMsMax,
    }),
  };
  if (policies.retry.maxMs < policies.retry.firstMs) retry.problem("maxMs", "Must not be less than firstMs.");
  return fields.problems.length === 0
    ? { kind: "policies", policies }
    : { kind: "problems", problems: fields.problems };
};
