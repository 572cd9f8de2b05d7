// Fleets, people and schedules put into the tables as the operations would.

import { newId } from "@cmdop/base";
import { scheduleOf } from "../../core/schedules/testing/schedules.ts";
import { nextDue } from "../../core/schedules/timetable.ts";
import type { ScheduleCommand, ScheduleTarget } from "../../store/tables/schedule-tables.ts";
import type { UnitOfWork } from "../../store/unit-of-work.ts";
import { schedulerStep } from "../scheduler-step.ts";

export interface FleetRows {
  readonly fleetId: string;
  readonly accountId: string;
}

export const addFleet = async (unitOfWork: UnitOfWork, slug: string): Promise<FleetRows> => {
  const fleetId = newId("flt");
  const accountId = newId("acc");
  await schedulerStep(unitOfWork, async ({ db, now }) => {
    await db
      .insertInto("accounts")
      .values({
        id: accountId,
        email: `${slug}@example.org`,
        name: slug,
        password_hash: null,
        created_at: now,
      })
      .execute();
    await db.insertInto("fleets").values({ id: fleetId, slug, name: slug, created_at: now }).execute();
    await db
      .insertInto("memberships")
      .values({
        id: newId("mem"),
        fleet_id: fleetId,
        account_id: accountId,
        role: "owner",
        invited_by: null,
        created_at: now,
      })
      .execute();
  });
  return { fleetId, accountId };
};

export const addSchedule = async (
  unitOfWork: UnitOfWork,
  fleet: FleetRows,
  options: {
    readonly name: string;
    readonly spec: object;
    readonly policies?: object;
    readonly machines?: readonly string[];
    readonly target?: ScheduleTarget;
    readonly command?: ScheduleCommand;
  },
): Promise<string> => {
  const id = newId("sch");
  await schedulerStep(unitOfWork, async ({ db, now, nowMs }) => {
    const { spec, policies } = scheduleOf(options.spec, options.policies ?? {}, nowMs);
    const next = nextDue(spec, nowMs);
    const nextAt = next.kind === "due" ? new Date(next.at) : null;
    await db
      .insertInto("schedules")
      .values({
        id,
        fleet_id: fleet.fleetId,
        name: options.name,
        spec: JSON.stringify(spec),
        policies: JSON.stringify(policies),
        target: JSON.stringify(
          options.target ?? { kind: "machines", machines: options.machines ?? ["mch_one"] },
        ),
        command: JSON.stringify(options.command ?? { argv: ["true"] }),
        run_as_kind: "account",
        run_as_id: fleet.accountId,
        last_due: now,
        next_at: nextAt,
        wake_at: nextAt,
        created_at: now,
        created_by: fleet.accountId,
        updated_at: now,
      })
      .execute();
  });
  return id;
};
