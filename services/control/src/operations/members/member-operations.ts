import type { Operation } from "../../operation.ts";
import { listMachineAccess, updateMachineAccess } from "./machine-access.ts";
import { getMember, listMembers } from "./read-members.ts";
import { removeMember } from "./remove-member.ts";
import { updateMember } from "./update-member.ts";

export const memberOperations: readonly Operation[] = [
  listMembers,
  getMember,
  updateMember,
  removeMember,
  listMachineAccess,
  updateMachineAccess,
];
