import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { PassedDue } from "../../core/schedules/plan-tick.ts";
import type { ExecutionStatus, RunStatus } from "../../core/schedules/run-status.ts";
import type { SchedulePolicies, ScheduleSpec } from "../../core/schedules/schedule-spec.ts";

type Time = ColumnType<Date, Date, Date>;
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
type OptionalText = ColumnType<string | null, string | null | undefined, string | null>;
type OptionalNumber = ColumnType<number | null, number | null | undefined, number | null>;
type Json<Value extends object> = JSONColumnType<Value, string, string>;

/** Which machines a schedule's command runs on. */
export type ScheduleTarget =
  | { readonly kind: "machines"; readonly machines: readonly string[] }
  /** Those that have the tag, or are in the fleet, when it fires. */
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "all" };

/** What it runs there: a program with its arguments, or a line for the machine's `/bin/sh -c`. */
export interface ScheduleCommand {
  readonly argv?: readonly string[];
  readonly shell?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ScheduleTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly name: string;
  readonly description: Generated<string>;
  readonly spec: Json<ScheduleSpec>;
  readonly policies: Json<SchedulePolicies>;
  readonly target: Json<ScheduleTarget>;
  readonly command: Json<ScheduleCommand>;
  readonly run_as_kind: string;
  readonly run_as_id: string;
  readonly paused_at: OptionalTime;
  readonly paused_reason: OptionalText;
  readonly end_reason: OptionalText;
  readonly last_due: Time;
  readonly next_at: OptionalTime;
  readonly wake_at: OptionalTime;
  readonly runs_made: Generated<number>;
  readonly last_run_id: OptionalText;
  readonly last_run_status: OptionalText;
  readonly last_run_at: OptionalTime;
  readonly deleted_at: OptionalTime;
  readonly created_at: Time;
  readonly created_by: string;
  readonly updated_at: Time;
  readonly version: Generated<number>;
}

export interface ScheduleRunTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly schedule_id: string;
  readonly schedule_name: string;
  readonly trigger: "due" | "manual";
  readonly requested_by: OptionalText;
  readonly due_at: Time;
  readonly is_late: Generated<boolean>;
  readonly status: ColumnType<RunStatus>;
  readonly status_reason: OptionalText;
  readonly not_before: Time;
  readonly attempt: Generated<number>;
  readonly attempt_started_at: OptionalTime;
  readonly started_at: OptionalTime;
  readonly finished_at: OptionalTime;
  readonly lease_holder: OptionalText;
  readonly lease_until: OptionalTime;
  readonly fence: Generated<number>;
  readonly exit_code: OptionalNumber;
  readonly signal: OptionalText;
  readonly error_code: OptionalText;
  readonly created_at: Time;
}

export interface RunExecutionTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly run_id: string;
  readonly attempt: number;
  readonly machine_id: string;
  readonly status: ColumnType<ExecutionStatus>;
  readonly session_id: OptionalText;
  readonly exit_code: OptionalNumber;
  readonly signal: OptionalText;
  readonly error_code: OptionalText;
  readonly output_bytes: ColumnType<string | null, number | null | undefined, number | null>;
  readonly started_at: OptionalTime;
  readonly finished_at: OptionalTime;
}

export interface PassedDueTable {
  readonly schedule_id: string;
  readonly fleet_id: string;
  readonly due_at: Time;
  readonly first_due_at: Time;
  readonly count: number;
  readonly reason: PassedDue["reason"];
  readonly noted_at: Time;
}

export interface SchedulerStateTable {
  readonly id: Generated<number>;
  readonly tz_data: Generated<string>;
}
