// The start of an attempt: on which machines, in whose name, and under which lease.
import { newId, type Random } from "@cmdop/base";
import { can } from "../core/access/can.ts";
import { isRetried } from "../core/schedules/run-status.ts";
import type { Schedule } from "../core/schedules/schedule-spec.ts";
import { absentPrincipal } from "../store/identity/principals.ts";
import type { RunRow, ScheduleRow } from "../store/schedules/schedules.ts";
import { targetMachinesMax, targetsOf } from "../store/schedules/targets.ts";
import type { WriteTransaction } from "../store/unit-of-work.ts";
import type { ClaimedExecution, ClaimedRun, LeaseTerms } from "./claimed-run.ts";

interface Beginning {
  readonly row: ScheduleRow;
  readonly schedule: Schedule;
  readonly run: RunRow;
  readonly options: LeaseTerms & { readonly random: Random };
}

export type Begun =
  | { readonly kind: "claimed"; readonly run: ClaimedRun }
  /** There is nothing to run on: the run is over. */
  | { readonly kind: "over" }
  /** Whoever it runs for may not: the run is over and the schedule is paused. */
  | { readonly kind: "refused" };

export const beginRun = async (tx: WriteTransaction, beginning: Beginning): Promise<Begun> => {
  const { row, run } = beginning;
  const machines = await machinesOf(tx, beginning);
  if (machines.length === 0) {
    await endRun(tx, beginning, { status: "failed", reason: "no_machine", code: "machine_not_found" });
    return { kind: "over" };
  }
  if (machines.length > targetMachinesMax) {
    await endRun(tx, beginning, { status: "failed", reason: "too_many_machines", code: "limit_reached" });
    return { kind: "over" };
  }
  const allowed = await allowedOf(tx, row, machines);
  if (allowed.machines.length === 0) {
    await endRun(tx, beginning, { status: "refused", reason: allowed.reason, code: "permission_denied" });
    await pauseRefused(tx, row, allowed.reason);
    return { kind: "refused" };
  }
  const executions = await insertExecutions(tx, beginning, machines, new Set(allowed.machines));
  const fence = run.fence + 1;
  const leaseUntilMs = tx.nowMs + beginning.options.leaseMs;
  await tx.db
    .updateTable("schedule_runs")
    .set({
      status: "running",
      attempt_started_at: tx.now,
      started_at: run.started_at ?? tx.now,
      lease_holder: beginning.options.holder,
      lease_until: new Date(leaseUntilMs),
      fence,
    })
    .where("id", "=", run.id)
    .execute();
  tx.audit({
    action: "run.start",
    fleet: row.fleet_id,
    target: { kind: "run", id: run.id },
    body: {
      schedule: row.id,
      attempt: run.attempt,
      machines: allowed.machines.length,
      runAs: row.run_as_id,
      dueAt: run.due_at.toISOString(),
    },
  });
  tx.publish("run.changed", run.id, row.fleet_id);
  return {
    kind: "claimed",
    run: {
      id: run.id,
      fleetId: row.fleet_id,
      scheduleId: row.id,
      scheduleName: row.name,
      attempt: run.attempt,
      fence,
      leaseUntilMs,
      startedAtMs: tx.nowMs,
      timeoutMs: row.policies.timeoutMs,
      command: row.command,
      executions,
      isCancelling: false,
      isAdopted: false,
      subjects: [row.run_as_id, row.fleet_id],
      revSeq: allowed.revSeq,
    },
  };
};

/** All of the target's at the first attempt; then those on which the one before failed and is tried again. */
const machinesOf = async (tx: WriteTransaction, { row, run }: Beginning): Promise<readonly string[]> => {
  if (run.attempt === 1) return targetsOf(tx.db, row.fleet_id, row.target);
  const before = await tx.db
    .selectFrom("run_executions")
    .select(["machine_id", "status"])
    .where("run_id", "=", run.id)
    .where("attempt", "=", run.attempt - 1)
    .orderBy("machine_id")
    .execute();
  return before.filter(({ status }) => isRetried(status, row.policies)).map((one) => one.machine_id);
};

/** The machines on which whoever it runs for may open sessions now; if there is none, why. */
const allowedOf = async (
  tx: WriteTransaction,
  row: ScheduleRow,
  machines: readonly string[],
): Promise<{ readonly machines: readonly string[]; readonly reason: string; readonly revSeq: number }> => {
  const kind = row.run_as_kind === "service" ? "service" : "account";
  const principal = await absentPrincipal(tx.db, { kind, id: row.run_as_id });
  if (!principal) return { machines: [], reason: "owner_gone", revSeq: 0 };
  let reason = "";
  const allowed = machines.filter((machineId) => {
    const decision = can(principal, "sessions:open", { fleetId: row.fleet_id, machineId }, tx.nowMs);
    if (decision.kind === "deny") reason = decision.reason;
    return decision.kind === "allow";
  });
  return { machines: allowed, reason, revSeq: principal.revSeq };
};

const insertExecutions = async (
  tx: WriteTransaction,
  { row, run, options }: Beginning,
  machines: readonly string[],
  allowed: ReadonlySet<string>,
): Promise<readonly ClaimedExecution[]> => {
  const executions = machines.map(
    (machineId): ClaimedExecution => ({
      id: newId("exe", options.random),
      machineId,
      status: allowed.has(machineId) ? "starting" : "refused",
      sessionId: undefined,
    }),
  );
  await tx.db
    .insertInto("run_executions")
    .values(
      executions.map(({ id, machineId, status }) => ({
        id,
        fleet_id: row.fleet_id,
        run_id: run.id,
        attempt: run.attempt,
        machine_id: machineId,
        status,
        ...(status === "refused" ? { error_code: "permission_denied", finished_at: tx.now } : {}),
      })),
    )
    .execute();
  return executions;
};

const endRun = async (
  tx: WriteTransaction,
  { row, run }: Beginning,
  end: { readonly status: "failed" | "refused"; readonly reason: string; readonly code: string },
): Promise<void> => {
  const { status, reason } = end;
  await tx.db
    .updateTable("schedule_runs")
    .set({
      status,
      status_reason: reason,
      error_code: end.code,
      started_at: run.started_at ?? tx.now,
      finished_at: tx.now,
    })
    .where("id", "=", run.id)
    .execute();
  await tx.db
    .updateTable("schedules")
    .set({ last_run_id: run.id, last_run_status: status, last_run_at: tx.now })
    .where("id", "=", row.id)
    .execute();
  tx.audit({
    action: "run.end",
    outcome: status === "refused" ? "denied" : "allowed",
    reason,
    fleet: row.fleet_id,
    target: { kind: "run", id: run.id },
    body: { schedule: row.id, status, runAs: row.run_as_id },
  });
  tx.publish("run.changed", run.id, row.fleet_id);
  tx.publish("schedule.failed", run.id, row.fleet_id);
};

const pauseRefused = async (tx: WriteTransaction, row: ScheduleRow, reason: string): Promise<void> => {
  await tx.db
    .updateTable("schedules")
    .set((set) => ({
      paused_at: tx.now,
      paused_reason: reason,
      next_at: null,
      version: set("version", "+", 1),
      updated_at: tx.now,
    }))
    .where("id", "=", row.id)
    .execute();
  tx.audit({
    action: "schedule.pause",
    reason,
    fleet: row.fleet_id,
    target: { kind: "schedule", id: row.id },
    body: { runAs: row.run_as_id },
  });
  tx.publish("schedule.changed", row.id, row.fleet_id);
};
