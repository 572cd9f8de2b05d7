import { z } from "zod";
import { fleetRights } from "../../core/access/rights.ts";

export const fleetRightSchema = z.enum(fleetRights).meta({ id: "FleetRight" });
