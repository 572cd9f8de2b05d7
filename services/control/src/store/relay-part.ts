// What a token may do at a relay: in which role, on which machines.
import type { RelayPart } from "@cmdop/edge";
import type { Membership, Principal } from "../core/access/principal.ts";
import type { FleetRight } from "../core/access/rights.ts";
import type { Reader } from "./schema.ts";

/** Undefined: nothing at all. */
export const relayPartOf = async (
  _db: Reader,
  principal: Principal,
  _membership: Membership,
  isAllowed: (right: FleetRight) => boolean,
): Promise<RelayPart | undefined> => {
  const mayOperate = isAllowed("sessions:operate");
  if (!mayOperate && !isAllowed("sessions:observe")) return undefined;
  return {
    role: mayOperate ? "operator" : "observer",
    actor: principal.actor ?? (principal.credential.kind === "cli" ? "human" : "program"),
    machines: "*",
    observedMachines: [],
  };
};
