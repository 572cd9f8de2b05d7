import { keysPerBearerMax } from "../../core/keys/limits.ts";
import type { NewKey } from "../../store/keys/new-credentials.ts";
import { assertRoom } from "../../store/turns.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";

/** `max` live ones of one bearer in one fleet, those in their overlap too. */
export const assertRoomForKey = (
  tx: WriteTransaction,
  bearer: NewKey["bearer"],
  { fleetId, max = keysPerBearerMax }: { readonly fleetId: string; readonly max?: number },
): Promise<void> =>
  assertRoom(tx.db, {
    turn: `keys of ${bearer.id} in ${fleetId}`,
    rows: tx.db
      .selectFrom("credentials")
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where("fleet_id", "=", fleetId)
      .where(bearer.kind === "account" ? "account_id" : "service_account_id", "=", bearer.id)
      .where("revoked_at", "is", null)
      .where("expires_at", ">", tx.now),
    max,
    full: `There are ${max} live keys: revoke what is not used.`,
  });
