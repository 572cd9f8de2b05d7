// Runs and passed dues are kept for a while, and no longer.
import { sql } from "kysely";
import type { WriteTransaction } from "../store/unit-of-work.ts";
import { schedulerLimits } from "./limits.ts";

/** Removes a bounded number of rows that are too old. */
export const pruneHistory = async ({
  db,
  nowMs,
}: WriteTransaction): Promise<{ readonly isMore: boolean }> => {
  const before = new Date(nowMs - schedulerLimits.historyMs);
  const limit = schedulerLimits.pruneRows;
  const runs = await sql`
    delete from schedule_runs where id in (
      select id from schedule_runs where finished_at < ${before} order by finished_at limit ${limit})`.execute(
    db,
  );
  const passed = await sql`
    delete from passed_dues where (schedule_id, due_at) in (
      select schedule_id, due_at from passed_dues where noted_at < ${before} order by noted_at limit ${limit})
  `.execute(db);
  const schedules = await sql`
    delete from schedules where id in (
      select id from schedules where deleted_at < ${before} and not exists (
        select from schedule_runs where schedule_id = schedules.id) order by deleted_at limit ${limit})`.execute(
    db,
  );
  const removed = [runs, passed, schedules].map(({ numAffectedRows = 0n }) => Number(numAffectedRows));
  return { isMore: removed.some((rows) => rows >= limit) };
};
