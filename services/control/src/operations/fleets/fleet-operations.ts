import type { Operation } from "../../operation.ts";
import { createFleet } from "./create-fleet.ts";
import { deleteFleet } from "./delete-fleet.ts";
import { getFleet } from "./get-fleet.ts";
import { listFleets } from "./list-fleets.ts";
import { restoreFleet } from "./restore-fleet.ts";
import { updateFleet } from "./update-fleet.ts";

export const fleetOperations: readonly Operation[] = [
  createFleet,
  getFleet,
  listFleets,
  updateFleet,
  deleteFleet,
  restoreFleet,
];
