import type { Operation } from "../../operation.ts";
import { disableMachine, enableMachine, rotateMachineKey } from "./change-machine.ts";
import { getMachine } from "./get-machine.ts";
import { issueMachineToken, machineTokenChallenge } from "./issue-machine-token.ts";
import { listMachines } from "./list-machines.ts";
import { moveMachine } from "./move-machine.ts";
import { proposeMachineKey } from "./propose-machine-key.ts";
import { removeMachine } from "./remove-machine.ts";
import { updateMachine } from "./update-machine.ts";

export const machineOperations: readonly Operation[] = [
  listMachines,
  getMachine,
  updateMachine,
  disableMachine,
  enableMachine,
  rotateMachineKey,
  moveMachine,
  removeMachine,
  machineTokenChallenge,
  issueMachineToken,
  proposeMachineKey,
];
