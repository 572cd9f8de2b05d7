import type { Operation } from "../../operation.ts";
import { acceptInvitation } from "./accept-invitation.ts";
import { cancelInvitation } from "./cancel-invitation.ts";
import { createInvitation } from "./create-invitation.ts";
import { listInvitations } from "./list-invitations.ts";

export const invitationOperations: readonly Operation[] = [
  createInvitation,
  listInvitations,
  cancelInvitation,
  acceptInvitation,
];
