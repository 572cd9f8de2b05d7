// What a control plane does for itself every hour: it forgets what nobody can ask for any more, and gives the embedded
// database its room back. With several processes each does it; doing it twice changes nothing.
import type { Clock, Scope } from "@cmdop/base";
import type { Logger } from "pino";
import { repeat } from "../repeat.ts";
import { purgeRevocations, revocationsKeptMs } from "../store/edges/revocation-log.ts";
import { purgeIdempotencyKeys } from "../store/idempotency.ts";
import { purgeBatch, purges, rowsPerBatch } from "../store/past-records.ts";
import type { ControlDatabase } from "../store/schema.ts";

const firstAfterMs = 5 * 60_000;
const everyMs = 3_600_000;
/** Batches of one kind in an hour; what is left goes in the next one. */
const batchesMax = 200;

export const startUpkeep = (
  scope: Scope,
  options: {
    readonly database: ControlDatabase;
    readonly clock: Clock;
    readonly log: Logger;
    /** How long what is over stays: sign-ins, sessions of the catalogue, invitations, single requests to the router. */
    readonly historyMs: number;
  },
): void => {
  const { database, clock, log, historyMs } = options;
  const pass = async (): Promise<void> => {
    const now = new Date(clock.wallMs());
    await database.transaction((db) => purgeIdempotencyKeys(db, now));
    const ages = { now, before: new Date(now.getTime() - historyMs) };
    for (const purge of purges) {
      for (let batch = 0; batch < batchesMax; batch += 1) {
        const rows = await database.transaction((db) => purgeBatch(db, purge, ages));
        if (rows < rowsPerBatch) break;
      }
    }
    const before = new Date(now.getTime() - revocationsKeptMs);
    let removed = 0;
    do {
      removed = await database.transaction((db) => purgeRevocations(db, before));
    } while (removed > 0);
    await database.vacuum();
    log.info({}, "upkeep.done");
  };
  const failed = (cause: unknown): void => log.error({ err: cause }, "upkeep.failed");
  const repeated = repeat({ clock, firstMs: firstAfterMs, everyMs, pass, failed });
  scope.add(() => repeated.close());
};
