// Many rows at once, as a benchmark finds them in the database.
import { type AuditEntryDraft, appendEntry, parseHead } from "@cmdop/audit";
import { mintOpaqueToken } from "@cmdop/authority";
import { newId } from "@cmdop/base";
import { sql } from "kysely";
import type { Database } from "../store/database.ts";
import type { Schema } from "../store/schema.ts";

export interface SeededKey {
  readonly id: string;
  readonly secret: string;
}

type Rows = Database<Schema>;

const fleetIdOf = async (database: Rows, slug: string): Promise<string> => {
  const { id } = await database.kysely
    .selectFrom("fleets")
    .select("id")
    .where("slug", "=", slug)
    .executeTakeFirstOrThrow();
  return id;
};

/** Of service accounts of the role "automation", so many keys each. */
export const addKeys = async (
  database: Rows,
  options: { readonly fleet: string; readonly serviceAccounts: number; readonly keysEach: number },
): Promise<readonly SeededKey[]> => {
  const fleetId = await fleetIdOf(database, options.fleet);
  const createdAt = new Date();
  const keys: SeededKey[] = [];
  for (let index = 0; index < options.serviceAccounts; index += 1) {
    const account = newId("sva");
    await database.transaction(async (tx) => {
      await tx
        .insertInto("service_accounts")
        .values({
          id: account,
          fleet_id: fleetId,
          name: `service-${index}`,
          role: "automation",
          created_at: createdAt,
        })
        .execute();
      const minted = Array.from({ length: options.keysEach }, () => mintOpaqueToken("svc"));
      await tx
        .insertInto("credentials")
        .values(
          minted.map(({ id, hash, fingerprint }, number) => ({
            id,
            kind: "svc" as const,
            hash,
            fingerprint,
            account_id: null,
            service_account_id: account,
            fleet_id: fleetId,
            fleets: [fleetId],
            name: `key-${number}`,
            scopes: null,
            limits: null,
            client: "{}",
            created_at: createdAt,
            created_by: account,
            last_used_from: null,
            revoked_reason: null,
            replaced_by: null,
          })),
        )
        .execute();
      keys.push(...minted.map(({ id, token }) => ({ id, secret: token })));
    });
  }
  return keys;
};

/** A year of them: 20 machines, 40 openers, a few words that are common and names that are unique. */
export const addSessions = async (
  database: Rows,
  options: { readonly fleet: string; readonly count: number },
): Promise<void> => {
  const fleetId = await fleetIdOf(database, options.fleet);
  // In pieces: the embedded engine works in a small memory.
  const piece = 10_000;
  for (let from = 0; from < options.count; from += piece) {
    const to = Math.min(options.count, from + piece) - 1;
    await sql`
      insert into sessions (
        id, fleet_id, machine_id, version, kind, name, program, state, opened_by, opened_by_account, created_at,
        ended_at, exit_code, output_bytes, input_bytes, attachments, updated_at
      )
      select 'ses_' || lpad(n::text, 22, '0'), ${fleetId}, 'mch_bench' || n % 20, 3,
        case when n % 3 = 0 then 'terminal' else 'command' end,
        (array['deploy','build','backup','migrate','debug'])[1 + n % 5] || ' job' || n,
        (array['bash','python3','psql','node','make','git'])[1 + n % 6],
        case when n % 1000 = 0 then 'live' else 'ended' end, 'person' || n % 40, 'acc_bench' || n % 40,
        now() - (${options.count} - n) * interval '5 minutes',
        now() - (${options.count} - n) * interval '5 minutes' + interval '2 minutes', 0, n, n % 500, 1, now()
      from generate_series(${from}::int, ${to}::int) n`.execute(database.kysely);
  }
  // As the hourly upkeep leaves it.
  await sql`vacuum (analyze) sessions`.execute(database.kysely);
};

const draftOf = (number: number): AuditEntryDraft => ({
  at: new Date(1_760_000_000_000 + number * 1_000).toISOString(),
  actor: { kind: "account", id: `acc_${number % 40}`, fingerprint: "0123456789abcdef", name: "Ada Lovelace" },
  action: number % 3 === 0 ? "session.open" : "key.create",
  target: { kind: "session", id: `ses_${number}` },
  outcome: number % 10 === 0 ? "denied" : "allowed",
  requestId: `req_${number}`,
  ip: "192.0.2.7",
  client: "cmdop/0.1.0",
  body: { machine: "web-1", argv: "deploy", columns: 80, rows: 24 },
});

const entriesPerInsert = 2_000;

/** Chained as the control plane chains them, written many at a time. */
export const addEntries = async (database: Rows, count: number): Promise<void> => {
  const stored = await database.kysely.selectFrom("audit_head").selectAll().executeTakeFirstOrThrow();
  let head = parseHead({ seq: Number(stored.seq), hash: stored.hash, frontier: stored.frontier });
  while (head.seq < count) {
    const drafts = Array.from({ length: Math.min(entriesPerInsert, count - head.seq) }, (_, index) =>
      draftOf(head.seq + 1 + index),
    );
    const rows = drafts.map((draft) => {
      const appended = appendEntry(head, draft);
      head = appended.head;
      const { seq, at, actor, action, target, outcome, requestId } = appended.entry;
      return {
        ...{ seq, at, actor_kind: actor.kind, actor_id: actor.id, action, outcome, request_id: requestId },
        ...{ target_kind: target?.kind, target_id: target?.id, fingerprint: actor.fingerprint },
        ...{ entry: appended.canonical, hash: appended.hash },
      };
    });
    await database.transaction(async (tx) => {
      await sql`
        insert into audit_entries (
          seq, at, actor_kind, actor_id, action, outcome, request_id, target_kind, target_id, fingerprint, entry, hash
        )
        select * from json_to_recordset(${JSON.stringify(rows)}::json) as rows (
          seq bigint, at timestamptz, actor_kind text, actor_id text, action text, outcome text, request_id text,
          target_kind text, target_id text, fingerprint text, entry text, hash text
        )`.execute(tx);
      await tx
        .updateTable("audit_head")
        .set({ seq: head.seq, hash: head.hash, frontier: JSON.stringify(head.frontier) })
        .execute();
    });
  }
  await sql`analyze audit_entries`.execute(database.kysely);
};
