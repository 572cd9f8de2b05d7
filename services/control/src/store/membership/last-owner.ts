// A fleet always has somebody who may do everything with it and stays.
import { Failure } from "@cmdop/base";
import type { WriteTransaction } from "../unit-of-work.ts";

/** Changes of owners come one after the other: call it before reading who they are. */
export const lockOwners = async (tx: WriteTransaction, fleetId: string): Promise<void> => {
  await tx.db.selectFrom("fleets").select("id").where("id", "=", fleetId).forUpdate().execute();
};

/** `last_owner` when nobody is left who is an owner without an end. `lockOwners` was called, the change is made. */
export const assertOwnerLeft = async (tx: WriteTransaction, fleetId: string): Promise<void> => {
  const left = await tx.db
    .selectFrom("memberships")
    .innerJoin("accounts", "accounts.id", "memberships.account_id")
    .select("memberships.id")
    .where("memberships.fleet_id", "=", fleetId)
    .where("memberships.role", "=", "owner")
    .where("memberships.expires_at", "is", null)
    .where("accounts.disabled_at", "is", null)
    .limit(1)
    .executeTakeFirst();
  if (!left) throw new Failure("last_owner");
};
