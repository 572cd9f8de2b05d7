// Which machines a schedule means.
import { sql } from "kysely";
import type { Reader } from "../schema.ts";
import type { ScheduleTarget } from "../tables/schedule-tables.ts";

/** Machines of one target at most: each is a session of its own at every attempt. */
export const targetMachinesMax = 256;

/**
 * The ids of the machines that a target means now, one more than may be where there are more. Machines that are named
 * by id are taken as they are: whether they are there is the relay's word.
 */
export const targetsOf = async (
  db: Reader,
  fleetId: string,
  target: ScheduleTarget,
): Promise<readonly string[]> => {
  if (target.kind === "machines") return target.machines;
  let machines = db
    .selectFrom("machines")
    .select("id")
    .where("fleet_id", "=", fleetId)
    .where("disabled_at", "is", null)
    .orderBy("id")
    .limit(targetMachinesMax + 1);
  if (target.kind === "tag") machines = machines.where(sql<boolean>`tags @> array[${target.tag}]::text[]`);
  return (await machines.execute()).map((machine) => machine.id);
};
