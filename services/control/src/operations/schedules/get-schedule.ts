import { readOperation, requireMembership } from "../../operation.ts";
import { findSchedule } from "../../store/schedules/schedules.ts";
import { viewFor } from "./schedule-input.ts";
import { scheduleParams, scheduleSchema } from "./schedule-view.ts";

export const getSchedule = readOperation({
  id: "getSchedule",
  method: "GET",
  path: "/v1/fleets/{fleet}/schedules/{schedule}",
  tag: "Schedules",
  summary: "One schedule",
  access: { kind: "fleet", right: "schedules:read" },
  params: scheduleParams,
  answers: { 200: scheduleSchema },
  handle: async (call) => {
    const { fleetId } = requireMembership(call);
    const row = await findSchedule(call.db, fleetId, call.params.schedule);
    return { status: 200, body: await viewFor(call, call.db, row), version: row.version };
  },
});
