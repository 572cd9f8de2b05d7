// Removes machines that were to vanish by themselves, once they have stayed away for as long as their join token said.
import { machineLeft } from "@cmdop/authority";
import type { Clock } from "@cmdop/base";
import { sql } from "kysely";
import { oldestContactMs } from "../../core/machines/presence.ts";
import { type Repeated, repeat } from "../../repeat.ts";
import type { UnitOfWork } from "../unit-of-work.ts";

const sweepEveryMs = 60_000;
/** In one transaction. */
const removedMax = 200;

/** A pass says how many were removed. */
export const startMachineSweep = (options: {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Pick<Clock, "after" | "wallMs">;
  readonly tokenMs: number;
  readonly failed: (cause: unknown) => void;
}): Repeated<number> => {
  const { unitOfWork, clock, tokenMs, failed } = options;
  const actor = { kind: "system", id: "machine-sweep" } as const;

  const sweep = (): Promise<number> =>
    unitOfWork.record(actor, { requestId: "machine-sweep" }, async (tx) => {
      const gone = await tx.db
        .deleteFrom("machines")
        .where("id", "in", (select) =>
          select
            .selectFrom("machines")
            .select("id")
            .where("ephemeral_after_ms", "is not", null)
            .where(
              sql<boolean>`last_contact_at < ${tx.now}::timestamptz - ephemeral_after_ms * interval '1 millisecond'`,
            )
            .where((where) =>
              where.or([
                where("online_edge", "is", null),
                where("last_contact_at", "<", new Date(oldestContactMs({ nowMs: tx.nowMs, tokenMs }))),
              ]),
            )
            .limit(removedMax)
            .forUpdate()
            .skipLocked(),
        )
        .returning(["id", "fleet_id", "name", "last_contact_at"])
        .execute();
      for (const machine of gone) {
        tx.audit({
          action: "machine.remove",
          fleet: machine.fleet_id,
          target: { kind: "machine", id: machine.id },
          reason: "ephemeral",
          body: { name: machine.name, lastContactAt: machine.last_contact_at.toISOString() },
        });
        tx.revoke([machine.id, machineLeft(machine.fleet_id, machine.id)], "ephemeral machine removed");
        tx.publish("machine", machine.id, machine.fleet_id);
      }
      return gone.length;
    });

  return repeat({ clock, everyMs: sweepEveryMs, pass: sweep, failed });
};
