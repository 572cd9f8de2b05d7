// What members and service accounts may do with single machines.
import type { MachineAccess, Membership } from "../../core/access/principal.ts";
import type { Reader } from "../schema.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

export type AccessBearer = { readonly membershipId: string } | { readonly serviceAccountId: string };

/** Of a membership or a service account, by machine; a machine that is not named has full access. */
export const machineAccessOf = async (
  db: Reader,
  bearerId: string,
): Promise<ReadonlyMap<string, MachineAccess>> => {
  const rows = await db
    .selectFrom("machine_access")
    .select(["machine_id", "level"])
    .where((is) => is.or([is("membership_id", "=", bearerId), is("service_account_id", "=", bearerId)]))
    .execute();
  return new Map(rows.map((row) => [row.machine_id, row.level]));
};

/** Whoever is let in by somebody who may not do everything with a machine may not either. */
export const passMachineLimits = async (
  tx: WriteTransaction,
  giver: Pick<Membership, "fleetId" | "machineAccess">,
  to: AccessBearer,
): Promise<void> => {
  for (const [machineId, level] of giver.machineAccess) {
    if (level === "full") continue;
    await setMachineAccess(tx, to, { fleetId: giver.fleetId, machineId, level });
  }
};

export const setMachineAccess = async (
  tx: WriteTransaction,
  bearer: AccessBearer,
  { fleetId, machineId, level }: { fleetId: string; machineId: string; level: MachineAccess },
): Promise<void> => {
  const isMember = "membershipId" in bearer;
  const bearerColumn = isMember ? "membership_id" : "service_account_id";
  const bearerId = isMember ? bearer.membershipId : bearer.serviceAccountId;
  if (level === "full") {
    await tx.db
      .deleteFrom("machine_access")
      .where("machine_id", "=", machineId)
      .where(bearerColumn, "=", bearerId)
      .execute();
    return;
  }
  const set = { level, set_at: tx.now, set_by: tx.actor.id };
  await tx.db
    .insertInto("machine_access")
    .values({
      fleet_id: fleetId,
      machine_id: machineId,
      membership_id: isMember ? bearerId : null,
      service_account_id: isMember ? null : bearerId,
      ...set,
    })
    .onConflict((conflict) => conflict.columns([bearerColumn, "machine_id"]).doUpdateSet(set))
    .execute();
};
