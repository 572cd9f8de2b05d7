import { z } from "zod";
import { describeSchedule } from "../../core/schedules/describe-schedule.ts";
import { toWallText } from "../../core/schedules/local-text.ts";
import { runStatuses } from "../../core/schedules/run-status.ts";
import type { OnceSpec, ScheduleSpec } from "../../core/schedules/schedule-spec.ts";
import type { ScheduleRow } from "../../store/schedules/schedules.ts";
import type { Reader } from "../../store/schema.ts";

const timeText = z
  .string()
  .max(40)
  .describe("2026-03-29T02:30 (local) or 2026-03-29T02:30:00+01:00 (an instant)");

/** As it is asked for; what is wrong with it is said by the core, with a pointer to each field. */
export const specInputSchema = z.looseObject({
  kind: z.enum(["cron", "interval", "once"]),
  timezone: z.string().max(64).optional().describe("An IANA name; default UTC"),
  expression: z.string().max(512).optional().describe("Of cron: five fields, or six with seconds: true"),
  seconds: z.boolean().optional(),
  dst: z
    .looseObject({
      gap: z.enum(["run_after", "skip"]).optional(),
      overlap: z.enum(["first", "last", "both"]).optional(),
    })
    .optional(),
  everyS: z.number().optional().describe("Of interval: seconds from one due time to the next"),
  anchorAt: timeText.nullish(),
  at: timeText.nullish().describe("Of once"),
  startsAt: timeText.nullish(),
  endsAt: timeText.nullish(),
  maxRuns: z.number().nullish(),
});

export const policiesInputSchema = z.looseObject({
  misfire: z
    .looseObject({
      policy: z.enum(["skip", "once", "all"]).optional(),
      graceMs: z.number().optional(),
      windowMs: z.number().optional(),
      max: z.number().optional(),
    })
    .optional(),
  overlap: z.enum(["skip", "queue_one", "allow", "cancel_running"]).optional(),
  jitterMs: z.number().optional(),
  retry: z
    .looseObject({
      max: z.number().optional(),
      firstMs: z.number().optional(),
      maxMs: z.number().optional(),
      on: z.array(z.enum(["failure", "timeout", "offline"])).optional(),
    })
    .optional(),
  timeoutMs: z.number().optional(),
});

const envNames = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/);

const commandFields = {
  argv: z
    .array(z.string().max(8_192))
    .min(1)
    .max(256)
    .optional()
    .describe("Program and arguments; no shell reads them"),
  shell: z.string().min(1).max(65_536).optional().describe("A line for the machine's /bin/sh -c"),
  cwd: z.string().max(4_096).optional(),
};

export const commandInputSchema = z
  .strictObject({ ...commandFields, env: z.record(envNames, z.string().max(8_192)).optional() })
  .refine((command) => (command.argv === undefined) !== (command.shell === undefined), {
    message: "either argv or shell is expected",
  });

export const nameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/, "lowercase letters, digits, dots and dashes are expected");

export const scheduleParams = z.object({
  fleet: z.string().max(64).describe("Id or slug"),
  schedule: z.string().max(64).describe("Id or name"),
});

const specSchema = z
  .object({
    kind: z.enum(["cron", "interval", "once"]),
    timezone: z.string(),
    expression: z.string().optional(),
    seconds: z.boolean().optional(),
    dst: z
      .object({ gap: z.enum(["run_after", "skip"]), overlap: z.enum(["first", "last", "both"]) })
      .optional(),
    everyS: z.number().optional(),
    anchorAt: z.string().optional(),
    at: z.string().optional(),
    startsAt: z.string().nullable(),
    endsAt: z.string().nullable(),
    maxRuns: z.number().nullable(),
  })
  .meta({ id: "ScheduleSpec" });

export const scheduleSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    summary: z.string().describe("When it is due, in a sentence"),
    state: z.enum(["active", "paused", "ended"]),
    spec: specSchema,
    policies: z.object({
      misfire: z.object({
        policy: z.enum(["skip", "once", "all"]),
        graceMs: z.number(),
        windowMs: z.number(),
        max: z.number(),
      }),
      overlap: z.enum(["skip", "queue_one", "allow", "cancel_running"]),
      jitterMs: z.number(),
      retry: z.object({
        max: z.number(),
        firstMs: z.number(),
        maxMs: z.number(),
        on: z.array(z.enum(["failure", "timeout", "offline"])),
      }),
      timeoutMs: z.number(),
    }),
    target: z.object({
      kind: z.enum(["machines", "tag", "all"]),
      machines: z.array(z.string()).optional(),
      tag: z.string().optional(),
    }),
    command: z.object({
      ...commandFields,
      env: z
        .record(z.string(), z.string().nullable())
        .optional()
        .describe("Values are null for those who may not manage schedules"),
    }),
    runAs: z
      .object({ kind: z.enum(["account", "service"]), id: z.string(), name: z.string().nullable() })
      .describe("Whose rights it uses: who made, changed or resumed it last"),
    nextAt: z.iso.datetime().nullable(),
    pausedAt: z.iso.datetime().nullable(),
    pausedReason: z.string().nullable(),
    endReason: z.string().nullable(),
    runsMade: z.number().int(),
    lastRun: z
      .object({ id: z.string(), status: z.enum(runStatuses), finishedAt: z.iso.datetime() })
      .nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version: z.number().int(),
  })
  .meta({ id: "Schedule" });

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));
const onceText = ({ at }: OnceSpec): string => (at.form === "local" ? toWallText(at.wallMs) : iso(at.at));

/** As the API takes it: what is given back unchanged means the same. */
export const toSpecView = (spec: ScheduleSpec): z.input<typeof specSchema> => {
  const every = {
    kind: spec.kind,
    timezone: spec.timezone,
    startsAt: isoOrNull(spec.startsAt),
    endsAt: isoOrNull(spec.endsAt),
    maxRuns: spec.maxRuns,
  };
  switch (spec.kind) {
    case "cron":
      return { ...every, expression: spec.expression, seconds: spec.seconds, dst: { ...spec.dst } };
    case "interval":
      return { ...every, everyS: spec.everyS, anchorAt: iso(spec.anchorAt) };
    case "once":
      return { ...every, at: onceText(spec) };
  }
};

export const scheduleState = (row: ScheduleRow): "active" | "paused" | "ended" =>
  row.paused_at ? "paused" : row.next_at ? "active" : "ended";

export interface ScheduleViewOptions {
  readonly nowMs: number;
  /** Environment variables may hold what is not for everybody. */
  readonly isEnvShown: boolean;
  readonly names: ReadonlyMap<string, string>;
}

export const toSchedule = (
  row: ScheduleRow,
  { nowMs, isEnvShown, names }: ScheduleViewOptions,
): z.input<typeof scheduleSchema> => {
  const { env, argv, ...command } = row.command;
  const { retry, misfire } = row.policies;
  const status = runStatuses.find((name) => name === row.last_run_status);
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    summary: describeSchedule({ ...row.spec, paused: row.paused_at !== null }, nowMs),
    state: scheduleState(row),
    spec: toSpecView(row.spec),
    policies: { ...row.policies, misfire: { ...misfire }, retry: { ...retry, on: [...retry.on] } },
    target:
      row.target.kind === "machines" ? { ...row.target, machines: [...row.target.machines] } : row.target,
    command: {
      ...command,
      ...(argv ? { argv: [...argv] } : {}),
      ...(env
        ? {
            env: Object.fromEntries(
              Object.entries(env).map(([name, value]) => [name, isEnvShown ? value : null]),
            ),
          }
        : {}),
    },
    runAs: {
      kind: row.run_as_kind === "service" ? "service" : "account",
      id: row.run_as_id,
      name: names.get(row.run_as_id) ?? null,
    },
    nextAt: row.next_at?.toISOString() ?? null,
    pausedAt: row.paused_at?.toISOString() ?? null,
    pausedReason: row.paused_reason,
    endReason: row.paused_at ? null : row.end_reason,
    runsMade: row.runs_made,
    lastRun:
      row.last_run_id !== null && status && row.last_run_at
        ? { id: row.last_run_id, status, finishedAt: row.last_run_at.toISOString() }
        : null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
};

/** Names of those whose rights these schedules use. */
export const bearerNames = async (
  db: Reader,
  rows: readonly ScheduleRow[],
): Promise<ReadonlyMap<string, string>> => {
  const ids = [...rows.map((row) => row.run_as_id), ""];
  const accounts = await db.selectFrom("accounts").select(["id", "name"]).where("id", "in", ids).execute();
  const services = await db
    .selectFrom("service_accounts")
    .select(["id", "name"])
    .where("id", "in", ids)
    .execute();
  return new Map([...accounts, ...services].map(({ id, name }) => [id, name]));
};
