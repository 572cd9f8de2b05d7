// Leases on runs. A run belongs to one process until its lease is over; then whoever notices it takes it, with a
// higher fencing number, and looks for what the former one began. Nothing is begun twice.
import type { Writer } from "../store/schema.ts";
import type { WriteTransaction } from "../store/unit-of-work.ts";
import type { ClaimedRun, LeaseTerms } from "./claimed-run.ts";

export interface HeldRun {
  readonly id: string;
  readonly fence: number;
}

export interface RenewedRun extends HeldRun {
  readonly isCancelling: boolean;
}

/** Renews the leases of these runs. What is not in the answer is in somebody else's hands, or over. */
export const renewLeases = async (
  tx: WriteTransaction,
  held: readonly HeldRun[],
  leaseMs: number,
): Promise<readonly RenewedRun[]> => {
  const fences = new Map(held.map((run) => [run.id, run.fence]));
  // In one order everywhere, so that two processes never wait for each other.
  const rows = await tx.db
    .selectFrom("schedule_runs")
    .select(["id", "fence", "status"])
    .where("id", "in", [...fences.keys(), ""])
    .where("status", "in", ["running", "cancelling"])
    .orderBy("id")
    .forUpdate()
    .execute();
  const kept = rows.filter((row) => fences.get(row.id) === row.fence);
  if (kept.length > 0) {
    await tx.db
      .updateTable("schedule_runs")
      .set({ lease_until: new Date(tx.nowMs + leaseMs) })
      .where(
        "id",
        "in",
        kept.map((row) => row.id),
      )
      .execute();
  }
  return kept.map((row) => ({ id: row.id, fence: row.fence, isCancelling: row.status === "cancelling" }));
};

/** Gives leases back at a process's end, so that the next one need not wait. */
export const releaseLeases = async (tx: WriteTransaction, held: readonly HeldRun[]): Promise<void> => {
  for (const { id, fence } of held) {
    await tx.db
      .updateTable("schedule_runs")
      .set({ lease_until: tx.now })
      .where("id", "=", id)
      .where("fence", "=", fence)
      .where("status", "in", ["running", "cancelling"])
      .execute();
  }
};

/** Takes runs whose lease is over. */
export const adoptRuns = async (
  tx: WriteTransaction,
  options: LeaseTerms & { readonly room: number },
): Promise<readonly ClaimedRun[]> => {
  const { holder, leaseMs } = options;
  const rows = await tx.db
    .selectFrom("schedule_runs")
    .selectAll()
    .where("status", "in", ["running", "cancelling"])
    .where("lease_until", "<=", tx.now)
    .orderBy("id")
    .limit(Math.max(0, options.room))
    .forUpdate()
    .skipLocked()
    .execute();
  const adopted: ClaimedRun[] = [];
  for (const row of rows) {
    const fence = row.fence + 1;
    const leaseUntilMs = tx.nowMs + leaseMs;
    await tx.db
      .updateTable("schedule_runs")
      .set({ fence, lease_holder: holder, lease_until: new Date(leaseUntilMs) })
      .where("id", "=", row.id)
      .execute();
    tx.audit({
      action: "run.take_over",
      fleet: row.fleet_id,
      target: { kind: "run", id: row.id },
      body: { schedule: row.schedule_id, attempt: row.attempt, fence },
    });
    adopted.push({
      id: row.id,
      fleetId: row.fleet_id,
      scheduleId: row.schedule_id,
      scheduleName: row.schedule_name,
      attempt: row.attempt,
      fence,
      leaseUntilMs,
      startedAtMs: (row.attempt_started_at ?? row.created_at).getTime(),
      isCancelling: row.status === "cancelling",
      isAdopted: true,
      ...(await factsOf(tx, row.schedule_id)),
      executions: await executionsOf(tx.db, row.id, row.attempt),
    });
  }
  return adopted;
};

const factsOf = async (
  { db }: WriteTransaction,
  scheduleId: string,
): Promise<Pick<ClaimedRun, "command" | "timeoutMs" | "subjects" | "revSeq">> => {
  const schedule = await db
    .selectFrom("schedules")
    .select(["command", "policies", "run_as_id", "fleet_id"])
    .where("id", "=", scheduleId)
    .executeTakeFirstOrThrow();
  const head = await db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow();
  return {
    command: schedule.command,
    timeoutMs: schedule.policies.timeoutMs,
    subjects: [schedule.run_as_id, schedule.fleet_id],
    revSeq: Number(head.revocation_seq),
  };
};

const executionsOf = async (db: Writer, runId: string, attempt: number): Promise<ClaimedRun["executions"]> =>
  (
    await db
      .selectFrom("run_executions")
      .select(["id", "machine_id", "status", "session_id"])
      .where("run_id", "=", runId)
      .where("attempt", "=", attempt)
      .orderBy("machine_id")
      .execute()
  ).map((row) => ({
    id: row.id,
    machineId: row.machine_id,
    status: row.status,
    sessionId: row.session_id ?? undefined,
  }));
