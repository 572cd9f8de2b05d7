// Everything that the control plane can be asked.
import type { Operation } from "./operation.ts";
import { accountOperations } from "./operations/accounts/account-operations.ts";
import { auditOperations } from "./operations/audit/audit-operations.ts";
import { budgetOperations } from "./operations/budgets/budget-operations.ts";
import { cliLoginOperations } from "./operations/cli-logins/cli-login-operations.ts";
import { edgeOperations } from "./operations/edges/edge-operations.ts";
import { eventOperations } from "./operations/events/follow-events.ts";
import { fleetOperations } from "./operations/fleets/fleet-operations.ts";
import { identityProviderOperations } from "./operations/identity-providers/identity-provider-operations.ts";
import { localExport } from "./operations/installation/local-export.ts";
import { localStatus } from "./operations/installation/local-status.ts";
import { invitationOperations } from "./operations/invitations/invitation-operations.ts";
import { joinTokenOperations } from "./operations/join-tokens/join-token-operations.ts";
import { joiningOperations } from "./operations/joining/joining-operations.ts";
import { keyOperations } from "./operations/keys/key-operations.ts";
import { machineOperations } from "./operations/machines/machine-operations.ts";
import { memberOperations } from "./operations/members/member-operations.ts";
import { providerOperations } from "./operations/providers/provider-operations.ts";
import { roleOperations } from "./operations/roles/role-operations.ts";
import { scheduleOperations } from "./operations/schedules/schedule-operations.ts";
import { serviceAccountOperations } from "./operations/service-accounts/service-account-operations.ts";
import { sessionOperations } from "./operations/sessions/session-operations.ts";
import { signInOperations } from "./operations/sign-in/sign-in-operations.ts";
import { signingKeyOperations } from "./operations/signing-keys/signing-keys.ts";
import { usageOperations } from "./operations/usage/usage-operations.ts";
import { webhookOperations } from "./operations/webhooks/webhook-operations.ts";

export const operations: readonly Operation[] = [
  ...fleetOperations,
  ...memberOperations,
  ...invitationOperations,
  ...roleOperations,
  ...keyOperations,
  ...serviceAccountOperations,
  ...signInOperations,
  ...accountOperations,
  ...cliLoginOperations,
  ...identityProviderOperations,
  ...edgeOperations,
  ...signingKeyOperations,
  localExport,
  localStatus,
  ...joinTokenOperations,
  ...joiningOperations,
  ...scheduleOperations,
  ...sessionOperations,
  ...providerOperations,
  ...usageOperations,
  ...budgetOperations,
  ...auditOperations,
  ...machineOperations,
  ...webhookOperations,
  ...eventOperations,
];
