// Carries runs that this process holds a lease on: starts their command on each machine, waits for its end, records
// both under the lease's fencing number.
//
// I1  A command is started by the process that made its execution row, once. Whoever takes a run over looks for what
//     was begun and follows it; what cannot be found is recorded as lost and is not started again.
// I2  Whoever has lost a lease writes nothing any more and leaves what runs alone.

import type { Clock, FailureCode } from "@cmdop/base";
import { toFailure } from "@cmdop/base";
import type { ExecutionStatus } from "../core/schedules/run-status.ts";
import type { CommandOutcome, CommandPlace, CommandRunner } from "../ports.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";
import type { ClaimedExecution, ClaimedRun } from "./claimed-run.ts";
import { finishAttempt } from "./finish-attempt.ts";
import { type HeldRun, releaseLeases, renewLeases } from "./leases.ts";
import { schedulerLimits } from "./limits.ts";
import { schedulerStep } from "./scheduler-step.ts";

interface CarriedRun {
  readonly run: ClaimedRun;
  /** Aborted when the lease is lost, or this process ends. */
  readonly dropped: AbortController;
  readonly live: Map<string, { readonly place: CommandPlace; readonly sessionId: string }>;
  isCancelling: boolean;
  done: Promise<void>;
}

export interface RunExecutorOptions {
  readonly unitOfWork: UnitOfWork;
  readonly runner: CommandRunner;
  readonly clock: Clock;
  readonly failed: (cause: unknown, runId: string) => void;
  /** A run has ended: what waits for it may start. */
  readonly ended: () => void;
}

interface ExecutionEnd {
  readonly status: ExecutionStatus;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly code?: FailureCode;
  readonly outputBytes?: number;
}

export class RunExecutor {
  readonly #options: RunExecutorOptions;
  readonly #carried = new Map<string, CarriedRun>();

  constructor(options: RunExecutorOptions) {
    this.#options = options;
  }

  /** Runs that can still be taken. */
  get room(): number {
    return Math.max(0, schedulerLimits.runsMax - this.#carried.size);
  }

  get isIdle(): boolean {
    return this.#carried.size === 0;
  }

  take(run: ClaimedRun): void {
    // Taken over from itself: this process was stopped for longer than its lease. The newer fence carries on.
    this.#carried.get(run.id)?.dropped.abort();
    const carried: CarriedRun = {
      run,
      dropped: new AbortController(),
      live: new Map(),
      isCancelling: run.isCancelling,
      done: Promise.resolve(),
    };
    this.#carried.set(run.id, carried);
    carried.done = this.#carry(carried).finally(() => {
      if (this.#carried.get(run.id) === carried) this.#carried.delete(run.id);
      this.#options.ended();
    });
  }

  /** Renews the leases, learns what is to be cancelled, drops what is somebody else's by now. */
  async renew(): Promise<void> {
    if (this.isIdle) return;
    const asked = [...this.#carried.values()];
    const kept = await schedulerStep(this.#options.unitOfWork, (tx) =>
      renewLeases(tx, asked.map(toHeld), schedulerLimits.leaseMs),
    );
    const byId = new Map(kept.map((run) => [run.id, run]));
    for (const carried of asked) {
      const renewed = byId.get(carried.run.id);
      if (!renewed) carried.dropped.abort();
      else if (renewed.isCancelling) this.#cancel(carried);
    }
  }

  /** Lets go of everything: what runs goes on, and another process follows it. */
  async close(): Promise<void> {
    const carried = [...this.#carried.values()];
    for (const one of carried) one.dropped.abort();
    await Promise.all(carried.map((one) => one.done));
    if (carried.length === 0) return;
    await schedulerStep(this.#options.unitOfWork, (tx) => releaseLeases(tx, carried.map(toHeld)));
  }

  async #carry(carried: CarriedRun): Promise<void> {
    const { run, dropped } = carried;
    try {
      const waiting = [...run.executions];
      const worker = async (): Promise<void> => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          if (dropped.signal.aborted) return;
          await this.#execute(carried, next);
        }
      };
      await Promise.all(Array.from({ length: schedulerLimits.machinesAtOnce }, worker));
      if (dropped.signal.aborted) return;
      await schedulerStep(this.#options.unitOfWork, (tx) =>
        finishAttempt(tx, { runId: run.id, scheduleId: run.scheduleId, fence: run.fence }),
      );
    } catch (cause) {
      // Nothing is known to be written. The lease runs out, and whoever takes the run over goes on from the rows.
      this.#options.failed(cause, run.id);
    }
  }

  async #execute(carried: CarriedRun, execution: ClaimedExecution): Promise<void> {
    if (execution.status !== "starting" && execution.status !== "running") return;
    const place = toPlace(carried.run, execution);
    const begun = await this.#begin(carried, execution, place);
    if (typeof begun !== "string") return this.#record(carried, execution, begun);
    carried.live.set(execution.id, { place, sessionId: begun });
    if (execution.sessionId !== begun) await this.#recordStart(carried, execution, begun);
    if (carried.isCancelling) this.#cancel(carried);
    const { dropped, run } = carried;
    const untilMs = run.startedAtMs + run.timeoutMs + schedulerLimits.tellingMs;
    const outcome = await this.#options.runner
      .outcome(place, begun, { untilMs, signal: dropped.signal })
      .catch((cause: unknown) => {
        if (dropped.signal.aborted) return undefined;
        throw cause;
      });
    carried.live.delete(execution.id);
    if (outcome) await this.#record(carried, execution, toEnd(outcome, carried.isCancelling));
  }

  /** The session's id, or how it ended without one. */
  async #begin(
    carried: CarriedRun,
    execution: ClaimedExecution,
    place: CommandPlace,
  ): Promise<string | ExecutionEnd> {
    const { run } = carried;
    if (execution.sessionId !== undefined) return execution.sessionId;
    const { runner } = this.#options;
    if (run.isAdopted) return (await runner.find(place)) ?? { status: "lost" };
    if (carried.isCancelling) return { status: "cancelled" };
    const started = await runner.start(place, { ...run.command, timeoutMs: run.timeoutMs });
    switch (started.kind) {
      case "started":
        return started.sessionId;
      case "offline":
        return { status: "offline", code: started.code };
      case "failed":
        return { status: "failed", code: started.code };
      case "unknown":
        return (await runner.find(place)) ?? { status: "lost", code: started.code };
    }
  }

  #cancel(carried: CarriedRun): void {
    const isNew = !carried.isCancelling;
    carried.isCancelling = true;
    if (!isNew && carried.live.size === 0) return;
    for (const { place, sessionId } of carried.live.values()) {
      this.#options.runner.cancel(place, sessionId).catch((cause: unknown) => {
        this.#options.failed(toFailure(cause), carried.run.id);
      });
    }
  }

  #recordStart(carried: CarriedRun, execution: ClaimedExecution, sessionId: string): Promise<void> {
    return this.#write(carried, execution, (now) => ({
      status: "running",
      session_id: sessionId,
      started_at: now,
    }));
  }

  #record(carried: CarriedRun, execution: ClaimedExecution, end: ExecutionEnd): Promise<void> {
    return this.#write(carried, execution, (now) => ({
      status: end.status,
      exit_code: end.exitCode ?? null,
      signal: end.signal ?? null,
      error_code: end.code ?? null,
      output_bytes: end.outputBytes ?? null,
      finished_at: now,
    }));
  }

  /** Writes under the fence; whoever has lost it drops the run. */
  async #write(
    { run, dropped }: CarriedRun,
    execution: ClaimedExecution,
    values: (now: Date) => {
      readonly status: ExecutionStatus;
      readonly session_id?: string;
      readonly started_at?: Date;
      readonly exit_code?: number | null;
      readonly signal?: string | null;
      readonly error_code?: string | null;
      readonly output_bytes?: number | null;
      readonly finished_at?: Date;
    },
  ): Promise<void> {
    const isWritten = await schedulerStep(this.#options.unitOfWork, async (tx) => {
      const held = await tx.db
        .selectFrom("schedule_runs")
        .select("id")
        .where("id", "=", run.id)
        .where("fence", "=", run.fence)
        .forUpdate()
        .executeTakeFirst();
      if (!held) return false;
      await tx.db.updateTable("run_executions").set(values(tx.now)).where("id", "=", execution.id).execute();
      tx.publish("run.changed", run.id, run.fleetId);
      return true;
    });
    if (!isWritten) dropped.abort();
  }
}

const toHeld = ({ run }: CarriedRun): HeldRun => ({ id: run.id, fence: run.fence });

const nameCharsMax = 40;
const idChars = 10;

const toPlace = (run: ClaimedRun, { id, machineId }: ClaimedExecution): CommandPlace => ({
  fleetId: run.fleetId,
  machineId,
  operator: `schedule:${run.scheduleName}`,
  sessionName: `${run.scheduleName.slice(0, nameCharsMax)}.${id.slice(-idChars)}`,
  subjects: [...run.subjects, machineId],
  revSeq: run.revSeq,
});

const toEnd = (outcome: CommandOutcome, isCancelling: boolean): ExecutionEnd => {
  switch (outcome.kind) {
    case "exited": {
      const { exitCode, signal, outputBytes } = outcome;
      const status = exitCode === 0 ? "succeeded" : isCancelling ? "cancelled" : "failed";
      return { status, exitCode, signal, outputBytes };
    }
    case "timed_out":
      return { status: "timed_out", outputBytes: outcome.outputBytes };
    case "closed":
      return { status: "cancelled", outputBytes: outcome.outputBytes };
    case "failed":
      return { status: "failed", code: outcome.code };
    case "lost":
      return { status: "lost", code: outcome.code };
  }
};
