// The order of what somebody may do with one machine.
import type { MachineAccess } from "../access/principal.ts";

export const machineLevels = ["none", "view", "execute", "full"] as const satisfies readonly MachineAccess[];

export const isHigherLevel = (level: MachineAccess, than: MachineAccess): boolean =>
  machineLevels.indexOf(level) > machineLevels.indexOf(than);
