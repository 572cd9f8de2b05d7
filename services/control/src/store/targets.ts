// Which machines a schedule means.
import type { Reader } from "./schema.ts";
import type { ScheduleTarget } from "./tables/schedule-tables.ts";

/** Machines of one target at most: each is a session of its own at every attempt. */
export const targetMachinesMax = 256;

/** The ids of the machines that a target means now. */
export const targetsOf = async (
  _db: Reader,
  _fleetId: string,
  target: ScheduleTarget,
): Promise<readonly string[]> => target.machines;
