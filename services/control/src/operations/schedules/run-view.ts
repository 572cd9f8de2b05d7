import type { Selectable } from "kysely";
import { z } from "zod";
import { endedRunStatuses, runStatuses } from "../../core/schedules/run-status.ts";
import type { RunRow } from "../../store/schedules/schedules.ts";
import type { Reader } from "../../store/schema.ts";
import type { RunExecutionTable } from "../../store/tables/schedule-tables.ts";

const executionSchema = z
  .object({
    machineId: z.string(),
    attempt: z.number().int(),
    status: z.enum(["starting", "running", ...endedRunStatuses]),
    sessionId: z.string().nullable().describe("Its output is in the machine's log under this id"),
    outputBytes: z.number().int().nullable().describe("The output is [0, outputBytes) of the session"),
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    errorCode: z.string().nullable(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "RunExecution" });

export const runSchema = z
  .object({
    id: z.string(),
    schedule: z.object({ id: z.string(), name: z.string() }),
    trigger: z.enum(["due", "manual"]),
    requestedBy: z.string().nullable(),
    dueAt: z.iso.datetime(),
    isLate: z.boolean().describe("It makes up for a due that was noticed late"),
    status: z.enum(runStatuses),
    statusReason: z.string().nullable(),
    attempt: z.number().int(),
    notBefore: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    durationMs: z.number().int().nullable(),
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    errorCode: z.string().nullable().describe("A code of docs/reference/failures.md"),
    executions: z.array(executionSchema).describe("Each attempt on each machine"),
  })
  .meta({ id: "Run" });

type ExecutionRow = Selectable<RunExecutionTable>;

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

const toExecution = (row: ExecutionRow): z.input<typeof executionSchema> => ({
  machineId: row.machine_id,
  attempt: row.attempt,
  status: row.status,
  sessionId: row.session_id,
  outputBytes: row.output_bytes === null ? null : Number(row.output_bytes),
  exitCode: row.exit_code,
  signal: row.signal,
  errorCode: row.error_code,
  startedAt: iso(row.started_at),
  finishedAt: iso(row.finished_at),
});

export const toRun = (row: RunRow, executions: readonly ExecutionRow[]): z.input<typeof runSchema> => ({
  id: row.id,
  schedule: { id: row.schedule_id, name: row.schedule_name },
  trigger: row.trigger,
  requestedBy: row.requested_by,
  dueAt: row.due_at.toISOString(),
  isLate: row.is_late,
  status: row.status,
  statusReason: row.status_reason,
  attempt: row.attempt,
  notBefore: row.not_before.toISOString(),
  startedAt: iso(row.started_at),
  finishedAt: iso(row.finished_at),
  durationMs: row.started_at && row.finished_at ? row.finished_at.getTime() - row.started_at.getTime() : null,
  exitCode: row.exit_code,
  signal: row.signal,
  errorCode: row.error_code,
  executions: executions.map(toExecution),
});

/** By run. */
export const executionsOf = async (
  db: Reader,
  runs: readonly RunRow[],
): Promise<ReadonlyMap<string, readonly ExecutionRow[]>> =>
  Map.groupBy(
    await db
      .selectFrom("run_executions")
      .selectAll()
      .where("run_id", "in", [...runs.map((run) => run.id), ""])
      .orderBy("attempt")
      .orderBy("machine_id")
      .execute(),
    (row) => row.run_id,
  );

export const runParams = z.object({
  fleet: z.string().max(64).describe("Id or slug"),
  run: z.string().max(64),
});
