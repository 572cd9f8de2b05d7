import { z } from "zod";
import { describeSchedule } from "../../core/schedules/describe-schedule.ts";
import { scheduleLimits } from "../../core/schedules/limits.ts";
import type { ScheduleSpec } from "../../core/schedules/schedule-spec.ts";
import { preview } from "../../core/schedules/timetable.ts";
import { readOperation, requireMembership } from "../../operation.ts";
import { findSchedule } from "../../store/schedules/schedules.ts";
import { readSpec } from "./schedule-input.ts";
import { scheduleParams, specInputSchema } from "./schedule-view.ts";

const countSchema = z.coerce.number().int().min(1).max(scheduleLimits.previewMax).default(10);

const previewSchema = z
  .object({
    summary: z.string(),
    entries: z.array(
      z.object({
        kind: z.enum(["run", "skipped"]),
        local: z.string(),
        utc: z.string().nullable().describe("Null where nothing runs"),
        note: z.string().nullable().describe("What a clock change does to it"),
      }),
    ),
    end: z.enum(["ended", "never"]).nullable().describe("Why there are fewer than asked for"),
  })
  .meta({ id: "SchedulePreview" });

const toPreview = (spec: ScheduleSpec, count: number, nowMs: number): z.input<typeof previewSchema> => {
  const { entries, end } = preview(spec, count, nowMs);
  return {
    summary: describeSchedule(spec, nowMs),
    entries: entries.map((entry) => ({
      kind: entry.kind,
      local: entry.local,
      utc: entry.kind === "run" ? entry.utc : null,
      note: entry.note,
    })),
    end,
  };
};

export const previewSchedule = readOperation({
  id: "previewSchedule",
  method: "GET",
  path: "/v1/fleets/{fleet}/schedules/{schedule}/preview",
  tag: "Schedules",
  summary: "When it runs next, in local time and UTC",
  access: { kind: "fleet", right: "schedules:read" },
  params: scheduleParams,
  query: z.object({ count: countSchema }),
  answers: { 200: previewSchema },
  handle: async ({ db, params, query, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    const row = await findSchedule(db, fleetId, params.schedule);
    const { maxRuns } = row.spec;
    const left = maxRuns === null ? null : Math.max(0, maxRuns - row.runs_made);
    const spec = { ...row.spec, maxRuns: left, paused: row.paused_at !== null };
    return { status: 200, body: toPreview(spec, query.count, services.clock.wallMs()) };
  },
});

export const previewSpec = readOperation({
  id: "previewSpec",
  method: "POST",
  path: "/v1/fleets/{fleet}/schedules/preview",
  tag: "Schedules",
  summary: "When a schedule would run that is not made yet",
  access: { kind: "fleet", right: "schedules:read" },
  params: z.object({ fleet: z.string().max(64).describe("Id or slug") }),
  body: z.object({ spec: specInputSchema, count: countSchema }),
  answers: { 200: previewSchema },
  handle: async ({ body, services }) => {
    const nowMs = services.clock.wallMs();
    return { status: 200, body: toPreview(readSpec(body.spec, nowMs), body.count, nowMs) };
  },
});
