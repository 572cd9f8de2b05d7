// When each credential was last used, and from where: gathered and written together, since nobody waits for it.
import { type Clock, systemClock } from "@cmdop/base";
import { sql } from "kysely";
import { repeat } from "../../repeat.ts";
import type { ControlDatabase, Writer } from "../schema.ts";

export interface CredentialUse {
  readonly credentialId: string;
  readonly atMs: number;
  readonly from: string;
  /** A first use is written at once. */
  readonly isFirst: boolean;
}

export interface CredentialUses {
  record(use: CredentialUse): void;
  close(): Promise<void>;
}

const flushEveryMs = 10_000;
const waitingMax = 10_000;
/** One that cannot be written so often is let go: its credential is gone. */
const triesMax = 3;

interface Waiting {
  readonly use: CredentialUse;
  readonly tries: number;
}

export const createCredentialUses = (options: {
  readonly database: ControlDatabase;
  readonly failed: (cause: unknown) => void;
  readonly clock?: Pick<Clock, "after">;
}): CredentialUses => {
  const { database, failed, clock = systemClock } = options;
  let waiting = new Map<string, Waiting>();

  const write = async (): Promise<void> => {
    if (waiting.size === 0) return;
    const taken = waiting;
    waiting = new Map();
    let written: readonly string[] = [];
    try {
      written = await database.transaction((db) => writeUses(db, [...taken.values()]));
    } finally {
      for (const id of written) taken.delete(id);
      for (const [id, { use, tries }] of taken)
        if (tries + 1 < triesMax && !waiting.has(id)) waiting.set(id, { use, tries: tries + 1 });
    }
  };

  const writing = repeat({ clock, everyMs: flushEveryMs, pass: write, failed });
  return {
    record: (use) => {
      if (waiting.size >= waitingMax && !waiting.has(use.credentialId)) return;
      waiting.set(use.credentialId, { use, tries: 0 });
      // One is written and one waits, however many ask: on a slow disk a first use stays one for many requests.
      if (use.isFirst) void writing.wake();
    },
    close: async () => {
      await writing.close();
      await write().catch(failed);
    },
  };
};

/**
 * Returns the ids of those that were written. A credential that another transaction holds waits for the next time: two
 * that each want several of them, in whatever order, could wait for each other for ever.
 */
const writeUses = async (db: Writer, waiting: readonly Waiting[]): Promise<readonly string[]> => {
  const uses = waiting.map(({ use }) => use);
  const ids = uses.map(({ credentialId }) => credentialId);
  const { rows } = await sql<{ readonly id: string }>`
    with free as (select id from credentials where id = any(${ids}::text[]) for no key update skip locked),
    used as (
      select unnest(${ids}::text[]) as id,
             unnest(${uses.map(({ atMs }) => new Date(atMs))}::timestamptz[]) as at,
             unnest(${uses.map(({ from }) => from)}::text[]) as source
    )
    update credentials set last_used_at = greatest(last_used_at, used.at), last_used_from = used.source
    from used join free on free.id = used.id
    where credentials.id = used.id
    returning credentials.id`.execute(db);
  return rows.map(({ id }) => id);
};
