import { z } from "zod";

/** The path of everything in a fleet. */
export const fleetParams = z.object({ fleet: z.string().max(64).describe("Id or slug") });
