// A run that this process carries: all that its executor needs, read in the transaction that gave the lease.
import type { ExecutionStatus } from "../core/schedules/run-status.ts";
import type { ScheduleCommand } from "../store/tables/schedule-tables.ts";

export interface ClaimedExecution {
  readonly id: string;
  readonly machineId: string;
  readonly status: ExecutionStatus;
  readonly sessionId: string | undefined;
}

export interface ClaimedRun {
  readonly id: string;
  readonly fleetId: string;
  readonly scheduleId: string;
  readonly scheduleName: string;
  readonly attempt: number;
  /** What is written for this run is refused once somebody holds it with a higher one. */
  readonly fence: number;
  readonly leaseUntilMs: number;
  readonly startedAtMs: number;
  readonly timeoutMs: number;
  readonly command: ScheduleCommand;
  readonly executions: readonly ClaimedExecution[];
  readonly isCancelling: boolean;
  /** Another process carried it before: what that one began is looked for, and nothing is begun. */
  readonly isAdopted: boolean;
  /** A revocation of one of these, numbered higher than `revSeq`, ends what the run holds at a relay. */
  readonly subjects: readonly string[];
  readonly revSeq: number;
}

/** Who carries runs, and for how long it may be silent. */
export interface LeaseTerms {
  readonly holder: string;
  readonly leaseMs: number;
}
