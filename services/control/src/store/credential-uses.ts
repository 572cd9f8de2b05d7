// When each credential was last used, and from where: gathered and written together, since nobody waits for it.
import { type Clock, systemClock } from "@cmdop/base";
import { sql } from "kysely";
import { repeat } from "../repeat.ts";
import type { ControlDatabase } from "./schema.ts";

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

export const createCredentialUses = (options: {
  readonly database: ControlDatabase;
  readonly failed: (cause: unknown) => void;
  readonly clock?: Pick<Clock, "after">;
}): CredentialUses => {
  const { database, failed, clock = systemClock } = options;
  let waiting = new Map<string, CredentialUse>();

  const write = async (): Promise<void> => {
    if (waiting.size === 0) return;
    const uses = [...waiting.values()];
    waiting = new Map();
    await database.transaction(async (db) => {
      await sql`
        update credentials set last_used_at = greatest(last_used_at, used.at), last_used_from = used.source
        from (
          select unnest(${uses.map((use) => use.credentialId)}::text[]) as id,
                 unnest(${uses.map((use) => new Date(use.atMs))}::timestamptz[]) as at,
                 unnest(${uses.map((use) => use.from)}::text[]) as source
        ) as used
        where credentials.id = used.id`.execute(db);
    });
  };

  const writing = repeat({ clock, everyMs: flushEveryMs, pass: write, failed });
  return {
    record: (use) => {
      if (waiting.size >= waitingMax && !waiting.has(use.credentialId)) return;
      waiting.set(use.credentialId, use);
      // One is written and one waits, however many ask: on a slow disk a first use stays one for many requests.
      if (use.isFirst) void writing.wake();
    },
    close: async () => {
      await writing.close();
      await write().catch(failed);
    },
  };
};
