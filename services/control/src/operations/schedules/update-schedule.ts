import { Failure } from "@cmdop/base";
import { z } from "zod";
import { nextDue } from "../../core/schedules/timetable.ts";
import { assertVersion, requireMembership, writeOperation } from "../../operation.ts";
import { findSchedule, wakeSchedulers } from "../../store/schedules/schedules.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import {
  authorizeTarget,
  isSameSpec,
  readPolicies,
  readSpec,
  runAsCaller,
  viewFor,
} from "./schedule-input.ts";
import {
  commandInputSchema,
  nameSchema,
  policiesInputSchema,
  scheduleParams,
  scheduleSchema,
  specInputSchema,
} from "./schedule-view.ts";
import { targetInputSchema } from "./target-input.ts";

export const updateSchedule = writeOperation({
  id: "updateSchedule",
  method: "PATCH",
  path: "/v1/fleets/{fleet}/schedules/{schedule}",
  tag: "Schedules",
  summary: "Change a schedule; from then on it uses your rights",
  description:
    "What is absent stays. `spec` and `policies` are replaced whole. Dues before a change of `spec` are not made up for.",
  access: { kind: "fleet", right: "schedules:manage" },
  params: scheduleParams,
  body: z.object({
    name: nameSchema.optional(),
    description: z.string().max(500).optional(),
    spec: specInputSchema.optional(),
    policies: policiesInputSchema.optional(),
    target: targetInputSchema.optional(),
    command: commandInputSchema.optional(),
  }),
  answers: { 200: scheduleSchema },
  handle: async (call) => {
    const { body, tx, params, ifMatch } = call;
    const { fleetId } = requireMembership(call);
    const before = await findSchedule(tx.db, fleetId, params.schedule, "for_update");
    assertVersion(before, ifMatch);
    await authorizeTarget(call, tx.db, fleetId, body.target ?? before.target);
    const spec = body.spec && !isSameSpec(body.spec, before.spec) ? readSpec(body.spec, tx.nowMs) : undefined;
    const lastDue = Math.max(before.last_due.getTime(), tx.nowMs);
    const next = spec && !before.paused_at ? nextDue(spec, lastDue) : undefined;
    const row = await tx.db
      .updateTable("schedules")
      .set({
        ...runAsCaller(call),
        name: body.name ?? before.name,
        description: body.description ?? before.description,
        ...(spec ? { spec: JSON.stringify({ ...spec, paused: false }), last_due: new Date(lastDue) } : {}),
        ...(next
          ? {
              next_at: next.kind === "due" ? new Date(next.at) : null,
              end_reason: next.kind === "due" ? null : next.reason,
            }
          : {}),
        ...(body.policies ? { policies: JSON.stringify(readPolicies(body.policies)) } : {}),
        ...(body.target ? { target: JSON.stringify(body.target) } : {}),
        ...(body.command ? { command: JSON.stringify(body.command) } : {}),
        wake_at: tx.now,
        updated_at: tx.now,
        version: before.version + 1,
      })
      .where("id", "=", before.id)
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("name_taken", `The name ${body.name} is taken.`);
        throw error;
      });
    tx.audit({
      action: "schedule.update",
      fleet: fleetId,
      target: { kind: "schedule", id: row.id },
      body: { changed: Object.keys(body) },
    });
    tx.publish("schedule.changed", row.id, fleetId);
    await wakeSchedulers(tx.db);
    return { status: 200, body: await viewFor(call, tx.db, row), version: row.version };
  },
});
