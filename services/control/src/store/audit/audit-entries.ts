// Reading the audit log: with filters, in pages, never all at once.
import type { AuditEntry, HashedEntry } from "@cmdop/audit";
import { type SelectQueryBuilder, sql } from "kysely";
import type { Reader, Schema } from "../schema.ts";

export interface AuditFilter {
  readonly fleetId?: string | undefined;
  /** Whoever did it, by id. */
  readonly actor?: string | undefined;
  /** An action or what it begins with: `key.revoke`, `key.`. */
  readonly action?: string | undefined;
  /** What it was done to, by id. */
  readonly target?: string | undefined;
  readonly outcome?: "allowed" | "denied" | "failed" | undefined;
  readonly requestId?: string | undefined;
  /** Of the credential that was used. */
  readonly fingerprint?: string | undefined;
  /** RFC 3339, inclusive. */
  readonly since?: string | undefined;
  /** RFC 3339, exclusive. */
  readonly until?: string | undefined;
}

const entryColumns = ["seq", "entry", "hash"] as const;

export interface StoredEntry {
  readonly seq: number;
  /** As it was hashed. */
  readonly canonical: string;
  readonly hash: string;
}

type EntryQuery<Row> = SelectQueryBuilder<Schema, "audit_entries", Row>;

const filtered = <Row>(query: EntryQuery<Row>, filter: AuditFilter): EntryQuery<Row> => {
  const equal = [
    ["fleet_id", filter.fleetId],
    ["actor_id", filter.actor],
    ["target_id", filter.target],
    ["outcome", filter.outcome],
    ["request_id", filter.requestId],
    ["fingerprint", filter.fingerprint],
  ] as const;
  let rows = query;
  for (const [column, value] of equal) if (value !== undefined) rows = rows.where(column, "=", value);
  if (filter.action !== undefined) rows = rows.where(sql<boolean>`starts_with(action, ${filter.action})`);
  if (filter.since !== undefined) rows = rows.where("at", ">=", new Date(filter.since));
  if (filter.until !== undefined) rows = rows.where("at", "<", new Date(filter.until));
  return rows;
};

const toStored = (row: {
  readonly seq: number;
  readonly entry: string;
  readonly hash: string;
}): StoredEntry => ({
  seq: row.seq,
  canonical: row.entry,
  hash: row.hash,
});

/** The newest first; `before`: entries with smaller numbers alone. */
export const newestEntries = async (
  db: Reader,
  filter: AuditFilter,
  page: { readonly before: number | undefined; readonly limit: number },
): Promise<readonly StoredEntry[]> => {
  let rows = filtered(db.selectFrom("audit_entries").select(entryColumns), filter)
    .orderBy("seq", "desc")
    .limit(page.limit);
  if (page.before !== undefined) rows = rows.where("seq", "<", page.before);
  return (await rows.execute()).map(toStored);
};

/** The oldest first, from `after` up to `upTo`. */
export const entriesAfter = async (
  db: Reader,
  filter: AuditFilter,
  page: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<readonly StoredEntry[]> => {
  const rows = await filtered(db.selectFrom("audit_entries").select(entryColumns), filter)
    .where("seq", ">", page.after)
    .where("seq", "<=", page.upTo)
    .orderBy("seq")
    .limit(page.limit)
    .execute();
  return rows.map(toStored);
};

export const toHashedEntry = ({ canonical, hash }: StoredEntry): HashedEntry => ({
  entry: JSON.parse(canonical) as AuditEntry,
  hash,
});
