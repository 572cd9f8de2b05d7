// What a control plane does for itself every hour: it forgets what nobody can ask for any more, and gives the embedded
// database its room back. With several processes each does it; doing it twice changes nothing.
import type { Clock, Scope } from "@cmdop/base";
import type { Logger } from "pino";
import { purgeIdempotencyKeys } from "../store/idempotency.ts";
import { purgeRevocations, revocationsKeptMs } from "../store/revocation-log.ts";
import type { ControlDatabase } from "../store/schema.ts";

const firstAfterMs = 5 * 60_000;
const everyMs = 3_600_000;
/** Single requests to the router; the sums of their days stay. */
const usageEventsKeptMs = 90 * 86_400_000;

export const startUpkeep = (
  scope: Scope,
  options: { readonly database: ControlDatabase; readonly clock: Clock; readonly log: Logger },
): void => {
  const { database, clock, log } = options;
  let running = Promise.resolve();
  let cancel = (): void => undefined;

  const keepUp = async (): Promise<void> => {
    try {
      const now = new Date(clock.wallMs());
      await database.transaction(async (db) => {
        await purgeIdempotencyKeys(db, now);
        await db
          .deleteFrom("usage_events")
          .where("at", "<", new Date(now.getTime() - usageEventsKeptMs))
          .execute();
      });
      const before = new Date(now.getTime() - revocationsKeptMs);
      let removed = 0;
      do {
        removed = await database.transaction((db) => purgeRevocations(db, before));
      } while (removed > 0);
      await database.vacuum();
      log.info({}, "upkeep.done");
    } catch (cause) {
      log.error({ err: cause }, "upkeep.failed");
    }
  };
  const schedule = (delayMs: number): void => {
    cancel = clock.after(delayMs, () => {
      running = keepUp();
      schedule(everyMs);
    });
  };
  schedule(firstAfterMs);
  scope.add(async () => {
    cancel();
    await running;
  });
};
