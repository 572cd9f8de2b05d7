import { z } from "zod";
import { targetMachinesMax } from "../../store/targets.ts";

export const targetInputSchema = z.strictObject({
  kind: z.literal("machines"),
  machines: z.array(z.string().min(1).max(64)).min(1).max(targetMachinesMax).describe("Ids"),
});
