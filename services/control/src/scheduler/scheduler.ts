// The loop of one process: looks when the nearest schedule's time has come, when somebody has changed something, and
// every `pollMs` in any case. Every process runs it; rows are locked, so that none does what another does.

import type { Clock, Random } from "@cmdop/base";
import { nextDue } from "../core/schedules/timetable.ts";
import type { CommandRunner } from "../ports.ts";
import type { StopListening } from "../store/database.ts";
import { schedulesChannel, toCoreSchedule } from "../store/schedules/schedules.ts";
import type { ControlDatabase } from "../store/schema.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";
import { adoptRuns } from "./leases.ts";
import { schedulerLimits } from "./limits.ts";
import { pruneHistory } from "./prune-history.ts";
import { RunExecutor } from "./run-executor.ts";
import { schedulerStep } from "./scheduler-step.ts";
import { settleSchedules } from "./settle-schedules.ts";

export interface SchedulerOptions {
  readonly database: Pick<ControlDatabase, "listen">;
  readonly unitOfWork: UnitOfWork;
  readonly runner: CommandRunner;
  readonly clock: Clock;
  readonly random: Random;
  /** This process, among all that share the database. */
  readonly holder: string;
  /** The version of the tz data in use; when it has changed, dues are computed anew. */
  readonly tzData: string;
  readonly failed: (cause: unknown, runId?: string) => void;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #executor: RunExecutor;
  #stopListening: StopListening | undefined;
  #cancelTimer = (): void => undefined;
  #turn: Promise<void> | undefined;
  #isCalled = false;
  #isClosed = false;
  #renewAtMs = 0;
  #pruneAtMs = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#executor = new RunExecutor({
      ...options,
      failed: (cause, runId) => options.failed(cause, runId),
      ended: () => this.wake(),
    });
  }

  async start(): Promise<void> {
    await this.#recompute();
    this.#stopListening = await this.#options.database.listen(schedulesChannel, () => this.wake());
    this.wake();
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#isClosed) return;
    this.#isCalled = true;
    this.#turn ??= this.#run().finally(() => {
      this.#turn = undefined;
      // Called in the very last moment of the turn.
      if (this.#isCalled) this.wake();
    });
  }

  /** What runs on machines goes on; another process follows it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    await this.#stopListening?.();
    await this.#turn;
    await this.#executor.close();
  }

  async #run(): Promise<void> {
    this.#cancelTimer();
    let waitMs: number = schedulerLimits.pollMsMin;
    while (this.#isCalled && !this.#isClosed) {
      this.#isCalled = false;
      try {
        waitMs = await this.pass();
      } catch (cause) {
        waitMs = schedulerLimits.pollMsMin;
        this.#options.failed(cause);
      }
    }
    if (!this.#isClosed) this.#cancelTimer = this.#options.clock.after(waitMs, () => this.wake());
  }

  /** Does what there is to do now; says how long there will be nothing. */
  async pass(): Promise<number> {
    const { unitOfWork, random, holder, clock } = this.#options;
    const lease = { holder, leaseMs: schedulerLimits.leaseMs };
    await this.#executor.renew();
    this.#renewAtMs = clock.nowMs() + schedulerLimits.renewMs;
    const adopted = await schedulerStep(unitOfWork, (tx) =>
      adoptRuns(tx, { ...lease, room: this.#executor.room }),
    );
    for (const run of adopted) this.#executor.take(run);
    let isMore = true;
    for (let step = 0; isMore && step < schedulerLimits.stepsPerPass && !this.#isClosed; step += 1) {
      const settled = await schedulerStep(unitOfWork, (tx) =>
        settleSchedules(tx, { ...lease, random, room: this.#executor.room }),
      );
      for (const run of settled.claimed) this.#executor.take(run);
      isMore = settled.isMore;
    }
    await this.#prune();
    return isMore ? 0 : this.#waitMs();
  }

  async #prune(): Promise<void> {
    const { unitOfWork, clock } = this.#options;
    if (clock.nowMs() < this.#pruneAtMs) return;
    const { isMore } = await schedulerStep(unitOfWork, (tx) => pruneHistory(tx));
    if (!isMore) this.#pruneAtMs = clock.nowMs() + schedulerLimits.pruneEveryMs;
  }

  async #waitMs(): Promise<number> {
    const { unitOfWork, clock } = this.#options;
    const nearest = await unitOfWork.read("all", (db) =>
      db
        .selectFrom("schedules")
        .select("wake_at")
        .where("wake_at", "is not", null)
        .orderBy("wake_at")
        .limit(1)
        .executeTakeFirst(),
    );
    const { pollMs, pollMsMin } = schedulerLimits;
    const dueInMs = nearest?.wake_at ? nearest.wake_at.getTime() - clock.wallMs() : pollMs;
    const renewInMs = this.#executor.isIdle ? pollMs : this.#renewAtMs - clock.nowMs();
    // Due already and not taken: another process holds it.
    const waitMs = dueInMs <= 0 ? pollMsMin : dueInMs;
    return Math.max(0, Math.min(waitMs, renewInMs, pollMs));
  }

  /** Local times lie elsewhere once a zone's rules have changed; what is due next is what the new rules say. */
  async #recompute(): Promise<void> {
    const { unitOfWork, tzData } = this.#options;
    await schedulerStep(unitOfWork, async (tx) => {
      const state = await tx.db
        .selectFrom("scheduler_state")
        .selectAll()
        .forUpdate()
        .executeTakeFirstOrThrow();
      if (state.tz_data === tzData) return;
      const rows = await tx.db
        .selectFrom("schedules")
        .selectAll()
        .where("next_at", "is not", null)
        .where("deleted_at", "is", null)
        .orderBy("id")
        .forUpdate()
        .execute();
      for (const row of rows) {
        const next = nextDue(toCoreSchedule(row).spec, row.last_due.getTime());
        const nextAt = next.kind === "due" ? new Date(next.at) : null;
        if (nextAt?.getTime() === row.next_at?.getTime()) continue;
        await tx.db
          .updateTable("schedules")
          .set({
            next_at: nextAt,
            wake_at: tx.now,
            end_reason: next.kind === "due" ? null : next.reason,
          })
          .where("id", "=", row.id)
          .execute();
      }
      await tx.db.updateTable("scheduler_state").set({ tz_data: tzData }).execute();
    });
  }
}
