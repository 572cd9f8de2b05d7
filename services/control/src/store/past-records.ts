// What is over and that nobody needs any more: each kind with its rule, some rows at a time, so that no transaction
// holds the database for long. What is decided stays in the audit log.
import { type RawBuilder, sql } from "kysely";
import type { Writer } from "./schema.ts";

export interface Ages {
  readonly now: Date;
  /** History ends here: what was over before is forgotten. */
  readonly before: Date;
}

/** Of one kind in one transaction. */
export const rowsPerBatch = 1_000;

/** Codes say `gone` for some time after their end; then they are as unknown as any other text. */
const codesKeptMs = 86_400_000;

type Purge = (ages: Ages) => RawBuilder<unknown>;

const endedSignIns: Purge = ({ before }) => sql`
  delete from credentials where id in (
    select id from credentials
    where kind in ('ses', 'cli') and (
      revoked_at < ${before} or expires_at < ${before}
      or coalesce(last_used_at, created_at) + idle_ms * interval '1 millisecond' < ${before})
    limit ${rowsPerBatch})`;

const deviceGrants: Purge = ({ now }) => sql`
  delete from device_grants where id in (
    select id from device_grants where expires_at < ${codesBefore(now)} limit ${rowsPerBatch})`;

const authorizationCodes: Purge = ({ now }) => sql`
  delete from authorization_codes where hash in (
    select hash from authorization_codes where expires_at < ${codesBefore(now)} limit ${rowsPerBatch})`;

const oneTimeCodes: Purge = ({ now }) => sql`
  delete from one_time_codes where id in (
    select id from one_time_codes where expires_at < ${codesBefore(now)} limit ${rowsPerBatch})`;

const challenges: Purge = ({ now }) => sql`
  delete from spent_challenges where id in (
    select id from spent_challenges where expires_at < ${codesBefore(now)} limit ${rowsPerBatch})`;

const backupCodes: Purge = ({ before }) => sql`
  delete from backup_codes where (account_id, hash) in (
    select account_id, hash from backup_codes where used_at < ${before} limit ${rowsPerBatch})`;

const invitations: Purge = ({ before }) => sql`
  delete from invitations where id in (
    select id from invitations
    where least(expires_at, accepted_at, cancelled_at) < ${before} limit ${rowsPerBatch})`;

const usageEvents: Purge = ({ before }) => sql`
  delete from usage_events where request_id in (
    select request_id from usage_events where at < ${before} limit ${rowsPerBatch})`;

/** By fleet, as the catalogue is indexed. A lost one that comes back after all is told by its relay anew. */
const sessions: Purge = ({ before }) => sql`
  with gone as (
    select old.id from fleets cross join lateral (
      select id from sessions
      where fleet_id = fleets.id and state in ('ended', 'lost') and created_at < ${before}
        and coalesce(ended_at, updated_at) < ${before}
      limit ${rowsPerBatch}) old
    limit ${rowsPerBatch}
  ), attachments as (
    delete from session_attachments where session_id in (select id from gone)
  )
  delete from sessions where id in (select id from gone)`;

const codesBefore = (now: Date): Date => new Date(now.getTime() - codesKeptMs);

/** Each by itself: a transaction for each batch of each. */
export const purges: readonly Purge[] = [
  endedSignIns,
  deviceGrants,
  authorizationCodes,
  oneTimeCodes,
  challenges,
  backupCodes,
  invitations,
  usageEvents,
  sessions,
];

/** How many rows went; fewer than `rowsPerBatch`: these were the last ones. */
export const purgeBatch = async (db: Writer, purge: Purge, ages: Ages): Promise<number> => {
  const { numAffectedRows = 0n } = await purge(ages).execute(db);
  return Number(numAffectedRows);
};
