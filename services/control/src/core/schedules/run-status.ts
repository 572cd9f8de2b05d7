// The states of a run and of what it started on each machine, and what the machines' outcomes make of the run.

import type { AttemptOutcome } from "./plan-runs.ts";
import type { SchedulePolicies } from "./schedule-spec.ts";

export const activeRunStatuses = ["waiting", "running", "cancelling"] as const;
export const endedRunStatuses = [
  "succeeded",
  "failed",
  "timed_out",
  "offline",
  "cancelled",
  /** Whoever it ran for may not any more. */
  "refused",
  /** How it ended, or whether it began, is not known. It is not run again. */
  "lost",
] as const;
export const runStatuses = [...activeRunStatuses, ...endedRunStatuses] as const;

type EndedRunStatus = (typeof endedRunStatuses)[number];
export type RunStatus = (typeof runStatuses)[number];
export type ExecutionStatus = "starting" | "running" | EndedRunStatus;

const outcomes: Readonly<Record<EndedRunStatus, AttemptOutcome>> = {
  succeeded: "success",
  failed: "failure",
  timed_out: "timeout",
  offline: "offline",
  cancelled: "cancelled",
  refused: "refused",
  lost: "lost",
};

const statuses: Readonly<Record<AttemptOutcome, EndedRunStatus>> = {
  success: "succeeded",
  failure: "failed",
  timeout: "timed_out",
  offline: "offline",
  cancelled: "cancelled",
  refused: "refused",
  lost: "lost",
};

export const toRunStatus = (outcome: AttemptOutcome): EndedRunStatus => statuses[outcome];

const isEnded = (status: ExecutionStatus): status is EndedRunStatus =>
  endedRunStatuses.some((ended) => ended === status);

/** The worst comes first. */
const severity: readonly EndedRunStatus[] = [
  "lost",
  "failed",
  "timed_out",
  "offline",
  "refused",
  "cancelled",
];

/** The execution that a run is judged by: its worst one. Undefined while one of them has not ended. */
export const worstOf = <Execution extends { readonly status: ExecutionStatus }>(
  executions: readonly Execution[],
): Execution | undefined => {
  if (!executions.every(({ status }) => isEnded(status))) return undefined;
  for (const status of severity) {
    const found = executions.find((execution) => execution.status === status);
    if (found) return found;
  }
  return executions[0];
};

/** Whether an execution that ended like this is tried again, as far as the policy goes. */
export const isRetried = (status: ExecutionStatus, policies: SchedulePolicies): boolean =>
  isEnded(status) && policies.retry.on.some((cause) => cause === outcomes[status]);

/**
 * What an attempt came to. Machines on which it succeeded are not asked again, so one outcome that is retried makes
 * the attempt one that is retried; what was cancelled is over.
 */
export const attemptOutcome = (
  executions: readonly { readonly status: ExecutionStatus }[],
  policies: SchedulePolicies,
  isCancelled: boolean,
): AttemptOutcome => {
  const worst = worstOf(executions)?.status;
  if (worst === undefined || !isEnded(worst)) return "lost";
  if (worst === "succeeded") return "success";
  if (isCancelled) return "cancelled";
  const retried = worstOf(executions.filter(({ status }) => isRetried(status, policies)))?.status;
  return outcomes[retried !== undefined && isEnded(retried) ? retried : worst];
};
