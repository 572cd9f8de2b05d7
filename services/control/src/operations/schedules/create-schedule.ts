import { Failure, newId } from "@cmdop/base";
import { z } from "zod";
import { nextDue } from "../../core/schedules/timetable.ts";
import { requireMembership, writeOperation } from "../../operation.ts";
import { wakeSchedulers } from "../../store/schedules/schedules.ts";
import { assertRoom } from "../../store/turns.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { authorizeTarget, readPolicies, readSpec, runAsCaller, viewFor } from "./schedule-input.ts";
import {
  commandInputSchema,
  nameSchema,
  policiesInputSchema,
  scheduleSchema,
  specInputSchema,
} from "./schedule-view.ts";
import { targetInputSchema } from "./target-input.ts";

const schedulesPerFleetMax = 1_000;

export const createSchedule = writeOperation({
  id: "createSchedule",
  method: "POST",
  path: "/v1/fleets/{fleet}/schedules",
  tag: "Schedules",
  summary: "Make a schedule; it uses your rights when it fires",
  access: { kind: "fleet", right: "schedules:manage" },
  params: z.object({ fleet: z.string().max(64).describe("Id or slug") }),
  body: z.object({
    name: nameSchema,
    description: z.string().max(500).default(""),
    spec: specInputSchema,
    policies: policiesInputSchema.optional(),
    target: targetInputSchema,
    command: commandInputSchema,
    paused: z.boolean().default(false),
  }),
  answers: { 201: scheduleSchema },
  handle: async (call) => {
    const { body, tx, services } = call;
    const { fleetId } = requireMembership(call);
    await authorizeTarget(call, tx.db, fleetId, body.target);
    const spec = readSpec(body.spec, tx.nowMs);
    const policies = readPolicies(body.policies);
    await assertRoom(tx.db, {
      turn: `schedules of ${fleetId}`,
      rows: tx.db
        .selectFrom("schedules")
        .select((select) => select.fn.countAll<string>().as("count"))
        .where("fleet_id", "=", fleetId)
        .where("deleted_at", "is", null),
      max: schedulesPerFleetMax,
      full: `A fleet has at most ${schedulesPerFleetMax} schedules.`,
    });
    const next = nextDue(spec, tx.nowMs);
    const nextAt = next.kind === "due" && !body.paused ? new Date(next.at) : null;
    const id = newId("sch", services.random);
    const row = await tx.db
      .insertInto("schedules")
      .values({
        id,
        fleet_id: fleetId,
        name: body.name,
        description: body.description,
        spec: JSON.stringify({ ...spec, paused: false }),
        policies: JSON.stringify(policies),
        target: JSON.stringify(body.target),
        command: JSON.stringify(body.command),
        ...runAsCaller(call),
        paused_at: body.paused ? tx.now : null,
        paused_reason: body.paused ? "asked" : null,
        last_due: tx.now,
        next_at: nextAt,
        wake_at: nextAt,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("name_taken", `The name ${body.name} is taken.`);
        throw error;
      });
    tx.audit({
      action: "schedule.create",
      fleet: fleetId,
      target: { kind: "schedule", id },
      body: { name: body.name, target: { ...body.target } },
    });
    tx.publish("schedule.changed", id, fleetId);
    await wakeSchedulers(tx.db);
    return { status: 201, body: await viewFor(call, tx.db, row), version: row.version };
  },
});
