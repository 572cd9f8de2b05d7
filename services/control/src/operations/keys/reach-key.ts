// Which keys somebody sees, and which are theirs.
import { Failure } from "@cmdop/base";
import { can } from "../../core/access/can.ts";
import type { Membership, Principal } from "../../core/access/principal.ts";
import type { FleetRight } from "../../core/access/rights.ts";
import { type ReadCall, requireMembership, requirePrincipal, type WriteCall } from "../../operation.ts";
import { keyRows } from "../../store/keys/keys.ts";
import type { Reader } from "../../store/schema.ts";
import type { KeyRow } from "./key-view.ts";

type Asker = Pick<ReadCall | WriteCall, "principal" | "membership" | "services">;

export interface ReachedKey {
  readonly row: KeyRow;
  readonly isOwn: boolean;
  readonly principal: Principal;
  readonly membership: Membership;
}

const isOwn = (principal: Principal, row: KeyRow): boolean =>
  (principal.kind === "account" ? row.account_id : row.service_account_id) === principal.id;

export const may = (call: Asker, right: FleetRight): boolean =>
  can(
    requirePrincipal(call),
    right,
    { fleetId: requireMembership(call).fleetId },
    call.services.clock.wallMs(),
  ).kind === "allow";

/** One's own, or any with keys:read. `not_found` for the rest. */
export const reachKey = async (db: Reader, call: Asker, keyId: string): Promise<ReachedKey> => {
  const principal = requirePrincipal(call);
  const membership = requireMembership(call);
  const row = await keyRows(db)
    .where("credentials.id", "=", keyId)
    .where("credentials.fleet_id", "=", membership.fleetId)
    .executeTakeFirst();
  if (!row || !(isOwn(principal, row) || may(call, "keys:read"))) {
    throw new Failure("not_found", "There is no such key in this fleet, or it is not yours to see.");
  }
  return { row, isOwn: isOwn(principal, row), principal, membership };
};
