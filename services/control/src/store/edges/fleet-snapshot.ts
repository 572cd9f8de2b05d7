// What edges keep of every fleet for the time when nobody can be asked.
import type { FleetSnapshot } from "@cmdop/edge";
import type { Reader } from "../schema.ts";

export const fleetSnapshot = async (db: Reader, nowMs: number): Promise<FleetSnapshot> => {
  const head = await db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow();
  const fleets = await db
    .selectFrom("fleets")
    .select(["id", "slug", "outage_policy", "disabled_at"])
    .orderBy("id")
    .execute();
  const disabled = await db
    .selectFrom("machines")
    .select(["id", "fleet_id"])
    .where("disabled_at", "is not", null)
    .orderBy("id")
    .execute();
  const disabledOf = Map.groupBy(disabled, (machine) => machine.fleet_id);
  return {
    revSeq: Number(head.revocation_seq),
    atMs: nowMs,
    fleets: fleets.map((fleet) => ({
      id: fleet.id,
      slug: fleet.slug,
      outage: fleet.outage_policy === "strict" ? "strict" : "best_effort",
      isDisabled: fleet.disabled_at !== null,
      disabledMachines: (disabledOf.get(fleet.id) ?? []).map(({ id }) => id),
    })),
  };
};
