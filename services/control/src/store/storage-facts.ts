// What the database alone knows of how things stand, for the metrics.
import { sql } from "kysely";
import type { Reader } from "./schema.ts";

export interface StorageFacts {
  readonly audit_entries: number;
  readonly edge_streams: number;
  readonly edge_stream_quiet_seconds: number;
  readonly schedule_lag_seconds: number;
}

export const readStorageFacts = async (db: Reader, now: Date): Promise<StorageFacts> => {
  const { rows } = await sql<StorageFacts>`
    select
      (select seq from audit_head) as audit_entries,
      (select count(*) from edge_streams) as edge_streams,
      coalesce((select extract(epoch from ${now}::timestamptz - min(updated_at))::float8 from edge_streams
        where updated_at > ${now}::timestamptz - interval '1 hour'), 0) as edge_stream_quiet_seconds,
      greatest(0, coalesce(
        (select extract(epoch from ${now}::timestamptz - min(wake_at))::float8 from schedules), 0)) as schedule_lag_seconds
  `.execute(db);
  const [facts] = rows;
  if (!facts) throw new Error("a query of one row gave none");
  return facts;
};
