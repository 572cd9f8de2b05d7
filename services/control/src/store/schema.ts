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
} from "./tables/access-tables.ts";

export interface Schema {
  readonly installation: InstallationTable;
  readonly accounts: AccountTable;
  readonly fleets: FleetTable;
  readonly roles: RoleTable;
  readonly memberships: MembershipTable;
  readonly service_accounts: ServiceAccountTable;
  readonly credentials: CredentialTable;
  readonly audit_head: AuditHeadTable;
  readonly audit_entries: AuditEntryTable;
  readonly revocations: RevocationTable;
  readonly idempotency_keys: IdempotencyKeyTable;
}

export type ControlDatabase = Database<Schema>;
/** What a query needs that only reads. */
export type Reader = Kysely<Schema> | Transaction<Schema>;
export type Writer = Transaction<Schema>;
