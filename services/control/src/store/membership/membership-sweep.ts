// Ends what has an end: memberships that have run out, and fleets whose time to be taken back is over. What has run
// out allows nothing from that moment on (core/access/can.ts, I3); the sweep tells edges, and cleans up.
import type { Clock } from "@cmdop/base";
import { type Repeated, repeat } from "../../repeat.ts";
import { revokeKeys } from "../keys/keys.ts";
import type { UnitOfWork } from "../unit-of-work.ts";

const sweepEveryMs = 30_000;
/** In one transaction. */
const endedMax = 100;

export const startMembershipSweep = (options: {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Pick<Clock, "after">;
  readonly failed: (cause: unknown) => void;
}): Repeated<void> => {
  const { unitOfWork, clock, failed } = options;
  const actor = { kind: "system", id: "membership-sweep" } as const;
  const origin = { requestId: "membership-sweep" };

  const endMemberships = (): Promise<unknown> =>
    unitOfWork.record(actor, origin, async (tx) => {
      const ended = await tx.db
        .deleteFrom("memberships")
        .where("id", "in", (select) =>
          select
            .selectFrom("memberships")
            .select("id")
            .where("expires_at", "<=", tx.now)
            .limit(endedMax)
            .forUpdate()
            .skipLocked(),
        )
        .returning(["id", "fleet_id", "account_id", "role"])
        .execute();
      for (const { id, fleet_id: fleetId, account_id: accountId, role } of ended) {
        tx.audit({
          action: "member.expire",
          fleet: fleetId,
          target: { kind: "member", id },
          body: { account: accountId, role },
        });
        tx.revoke([id], "the membership has ended");
        await revokeKeys(tx, { fleetId, accountId }, "the membership has ended");
        tx.publish("members", id, fleetId);
      }
    });

  const purgeFleets = (): Promise<unknown> =>
    unitOfWork.record(actor, origin, async (tx) => {
      const purged = await tx.db
        .deleteFrom("fleets")
        .where("id", "in", (select) =>
          select
            .selectFrom("fleets")
            .select("id")
            .where("delete_after", "<=", tx.now)
            .limit(1)
            .forUpdate()
            .skipLocked(),
        )
        .returning(["id", "slug"])
        .execute();
      for (const { id, slug } of purged) {
        tx.audit({ action: "fleet.purge", fleet: id, target: { kind: "fleet", id }, body: { slug } });
        tx.revoke([id], "the fleet is gone");
      }
    });

  const sweep = async (): Promise<void> => {
    await endMemberships();
    await purgeFleets();
  };
  return repeat({ clock, everyMs: sweepEveryMs, pass: sweep, failed });
};
