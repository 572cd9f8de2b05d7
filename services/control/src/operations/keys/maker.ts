// A key that is made with a key is not wider than it: not in rights, not in limits, not in time.
import { Failure } from "@cmdop/base";
import type { Principal } from "../../core/access/principal.ts";
import { type FleetRight, isFleetRight } from "../../core/access/rights.ts";
import { type KeyLimits, narrowLimits, widerLimit } from "../../core/keys/narrower.ts";
import { keyLimitsSchema } from "../../store/edges/router-part.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";

interface Wanted {
  /** Null: all that the bearer may. */
  readonly scopes: readonly FleetRight[] | null;
  readonly limits: KeyLimits;
  readonly expiresAt: Date;
}

/** What is wanted, cut to the credential that asks; `permission_denied` where a limit is named that is wider. */
export const fitToMaker = async (
  tx: WriteTransaction,
  { credential }: Principal,
  wanted: Wanted,
): Promise<{
  readonly scopes: readonly FleetRight[] | null;
  readonly limits: Readonly<Record<string, number | readonly string[]>> | null;
  readonly expiresAt: Date;
}> => {
  const maker = await tx.db
    .selectFrom("credentials")
    .select(["limits", "expires_at"])
    .where("id", "=", credential.id)
    .executeTakeFirst();
  const isProgram = credential.kind === "api" || credential.kind === "svc";
  const makerLimits = keyLimitsSchema.parse(maker?.limits ?? {});
  const limits = narrowLimits(wanted.limits, makerLimits);
  const wider = widerLimit(limits, makerLimits);
  if (wider) {
    throw new Failure("permission_denied", `The key that asks has a smaller limit of ${wider}.`, {
      details: { limit: wider, reason: "not_grantable" },
    });
  }
  const until = isProgram ? maker?.expires_at : undefined;
  return {
    scopes: wanted.scopes ?? (credential.scopes === "*" ? null : credential.scopes.filter(isFleetRight)),
    limits: Object.keys(limits).length === 0 ? null : limits,
    expiresAt: until && until < wanted.expiresAt ? until : wanted.expiresAt,
  };
};
