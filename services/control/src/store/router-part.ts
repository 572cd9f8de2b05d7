// What a token may do at the router: which models, how often, for how much, and with which providers of its own.
import type { RouterPart } from "@cmdop/edge";
import { z } from "zod";
import type { Principal } from "../core/access/principal.ts";
import type { Reader } from "./schema.ts";

/** What `credentials.limits` holds for an API or service key. */
export const keyLimitsSchema = z.object({
  models: z.array(z.string().min(1).max(256)).max(1024).optional(),
  requestsPerMinute: z.int().min(0).optional(),
  tokensPerMinute: z.int().min(0).optional(),
  concurrent: z.int().min(0).optional(),
});
export type KeyLimits = z.infer<typeof keyLimitsSchema>;

export const routerPartOf = async (
  db: Reader,
  principal: Principal,
  _fleetId: string,
  _nowMs: number,
): Promise<RouterPart> => {
  const row = await db
    .selectFrom("credentials")
    .select("limits")
    .where("id", "=", principal.credential.id)
    .executeTakeFirst();
  const limits = keyLimitsSchema.parse(row?.limits ?? {});
  return {
    models: limits.models ?? "*",
    limits: {
      requestsPerMinute: limits.requestsPerMinute ?? null,
      tokensPerMinute: limits.tokensPerMinute ?? null,
      concurrent: limits.concurrent ?? null,
    },
    budgets: [],
    providers: [],
  };
};
