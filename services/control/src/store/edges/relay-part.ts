// What a token may do at a relay: in which role, on which machines.
import type { RelayPart } from "@cmdop/edge";
import type { Membership, Principal } from "../../core/access/principal.ts";
import type { FleetRight } from "../../core/access/rights.ts";
import type { Reader } from "../schema.ts";

/** Undefined: nothing at all. */
export const relayPartOf = async (
  db: Reader,
  principal: Principal,
  membership: Membership,
  isAllowed: (right: FleetRight) => boolean,
): Promise<RelayPart | undefined> => {
  const mayOperate = isAllowed("sessions:operate");
  if (!mayOperate && !isAllowed("sessions:observe")) return undefined;
  return {
    role: mayOperate ? "operator" : "observer",
    actor: principal.actor ?? (principal.credential.kind === "cli" ? "human" : "program"),
    ...(await machinesOf(db, membership)),
  };
};

/** A machine that is hidden from somebody cannot be said: all the others are named instead. */
const machinesOf = async (
  db: Reader,
  { fleetId, machineAccess }: Membership,
): Promise<Pick<RelayPart, "machines" | "observedMachines">> => {
  const watched = new Set<string>();
  const hidden = new Set<string>();
  for (const [machineId, level] of machineAccess) {
    if (level === "view") watched.add(machineId);
    if (level === "none") hidden.add(machineId);
  }
  if (hidden.size === 0) return { machines: "*", observedMachines: [...watched] };
  const machines = await db.selectFrom("machines").select("id").where("fleet_id", "=", fleetId).execute();
  const ids = machines.map(({ id }) => id).filter((id) => !hidden.has(id));
  return {
    machines: ids.filter((id) => !watched.has(id)),
    observedMachines: ids.filter((id) => watched.has(id)),
  };
};
