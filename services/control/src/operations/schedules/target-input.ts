import { z } from "zod";
import { targetMachinesMax } from "../../store/schedules/targets.ts";

/** Where the command runs: on machines that are named, or on those that fit when it fires. */
export const targetInputSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("machines"),
    machines: z.array(z.string().min(1).max(64)).min(1).max(targetMachinesMax).describe("Ids"),
  }),
  z.strictObject({ kind: z.literal("tag"), tag: z.string().min(1).max(64) }),
  z.strictObject({ kind: z.literal("all") }),
]);
