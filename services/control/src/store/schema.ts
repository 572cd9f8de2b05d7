// Every table as the queries see it. The tables themselves are in migrations/; an area's are in tables/.
import type { Kysely, Transaction } from "kysely";
import type { Database } from "./database.ts";
import type {
  AccountTable,
  AuditEntryTable,
  AuditHeadTable,
  CredentialTable,
  FleetTable,
  IdempotencyKeyTable,
  InstallationTable,
  MembershipTable,
  RevocationTable,
  RoleTable,
  ServiceAccountTable,
  SigningKeyTable,
  WithdrawnSigningKeyTable,
} from "./tables/access-tables.ts";
import type {
  AuditCheckpointTable,
  AuditSealedHashesTable,
  AuditSegmentTable,
  AuditSubtreeTable,
} from "./tables/audit-tables.ts";
import type {
  AuthorizationCodeTable,
  BackupCodeTable,
  DeviceGrantTable,
  FormerPasswordTable,
  IdentityGroupRoleTable,
  IdentityProviderTable,
  OneTimeCodeTable,
  OutsideIdentityTable,
  PasskeyTable,
  SignInThrottleTable,
  SpentChallengeTable,
  TotpFactorTable,
} from "./tables/identity-tables.ts";
import type {
  EnrolmentTable,
  JoinTokenTable,
  MachineKeyTable,
  MachineTable,
} from "./tables/machine-tables.ts";
import type { InvitationTable, MachineAccessTable } from "./tables/membership-tables.ts";
import type { BudgetTable, ProviderTable, UsageDayTable, UsageEventTable } from "./tables/model-tables.ts";
import type {
  PassedDueTable,
  RunExecutionTable,
  ScheduleRunTable,
  SchedulerStateTable,
  ScheduleTable,
} from "./tables/schedule-tables.ts";
import type {
  EdgeStartTable,
  EdgeStreamTable,
  SessionAttachmentTable,
  SessionTable,
} from "./tables/session-tables.ts";
import type { WebhookDeliveryTable, WebhookTable } from "./tables/webhook-tables.ts";

export interface Schema {
  readonly webhooks: WebhookTable;
  readonly webhook_deliveries: WebhookDeliveryTable;
  readonly installation: InstallationTable;
  readonly accounts: AccountTable;
  readonly fleets: FleetTable;
  readonly roles: RoleTable;
  readonly memberships: MembershipTable;
  readonly service_accounts: ServiceAccountTable;
  readonly credentials: CredentialTable;
  readonly audit_head: AuditHeadTable;
  readonly audit_entries: AuditEntryTable;
  readonly audit_checkpoints: AuditCheckpointTable;
  readonly audit_subtrees: AuditSubtreeTable;
  readonly audit_segments: AuditSegmentTable;
  readonly audit_sealed_hashes: AuditSealedHashesTable;
  readonly revocations: RevocationTable;
  readonly signing_keys: SigningKeyTable;
  readonly withdrawn_signing_keys: WithdrawnSigningKeyTable;
  readonly idempotency_keys: IdempotencyKeyTable;
  readonly one_time_codes: OneTimeCodeTable;
  readonly sign_in_throttles: SignInThrottleTable;
  readonly spent_challenges: SpentChallengeTable;
  readonly totp_factors: TotpFactorTable;
  readonly backup_codes: BackupCodeTable;
  readonly former_passwords: FormerPasswordTable;
  readonly passkeys: PasskeyTable;
  readonly identity_providers: IdentityProviderTable;
  readonly identity_group_roles: IdentityGroupRoleTable;
  readonly outside_identities: OutsideIdentityTable;
  readonly device_grants: DeviceGrantTable;
  readonly authorization_codes: AuthorizationCodeTable;
  readonly invitations: InvitationTable;
  readonly machine_access: MachineAccessTable;
  readonly providers: ProviderTable;
  readonly usage_events: UsageEventTable;
  readonly usage_days: UsageDayTable;
  readonly budgets: BudgetTable;
  readonly sessions: SessionTable;
  readonly session_attachments: SessionAttachmentTable;
  readonly edge_streams: EdgeStreamTable;
  readonly edge_starts: EdgeStartTable;
  readonly schedules: ScheduleTable;
  readonly schedule_runs: ScheduleRunTable;
  readonly run_executions: RunExecutionTable;
  readonly passed_dues: PassedDueTable;
  readonly scheduler_state: SchedulerStateTable;
  readonly join_tokens: JoinTokenTable;
  readonly machines: MachineTable;
  readonly machine_keys: MachineKeyTable;
  readonly enrolments: EnrolmentTable;
}

export type ControlDatabase = Database<Schema>;
/** What a query needs that only reads. */
export type Reader = Kysely<Schema> | Transaction<Schema>;
export type Writer = Transaction<Schema>;
