// Changes of one machine that are one update, one audit entry and one revocation.
import type { UpdateObject } from "kysely";
import { requireMembership, writeOperation } from "../../operation.ts";
import { lockMachine } from "../../store/machines/find-machine.ts";
import type { Schema } from "../../store/schema.ts";
import { machineParams, machineSchema, toMachine } from "./machine-view.ts";

const change = (changed: {
  readonly id: string;
  readonly verb: string;
  readonly summary: string;
  readonly description: string;
  readonly set: (now: Date) => UpdateObject<Schema, "machines">;
  /** Why its tokens no longer hold; undefined: they do. */
  readonly revokes: string | undefined;
}) =>
  writeOperation({
    id: changed.id,
    method: "POST",
    path: `/v1/fleets/{fleet}/machines/{machine}/${changed.verb}`,
    tag: "Machines",
    summary: changed.summary,
    description: changed.description,
    access: { kind: "fleet", right: "machines:manage" },
    params: machineParams,
    answers: { 200: machineSchema },
    handle: async ({ params, tx, services, authorize, ...call }) => {
      const membership = requireMembership(call);
      const { fleetId } = membership;
      const found = await lockMachine(tx, membership, params.machine);
      authorize("machines:manage", { fleetId, machineId: found.id });
      const row = await tx.db
        .updateTable("machines")
        .set((set) => ({ ...changed.set(tx.now), version: set("version", "+", 1) }))
        .where("id", "=", found.id)
        .returningAll()
        .executeTakeFirstOrThrow();
      tx.audit({
        action: `machine.${changed.verb.replaceAll("-", "_")}`,
        fleet: fleetId,
        target: { kind: "machine", id: row.id },
        body: { name: row.name },
      });
      if (changed.revokes !== undefined) tx.revoke([row.id], changed.revokes);
      tx.publish("machine", row.id, fleetId);
      return { status: 200, body: await toMachine(tx.db, services, row), version: row.version };
    },
  });

export const disableMachine = change({
  id: "disableMachine",
  verb: "disable",
  summary: "Shut a machine out",
  description: "Its link ends, and it gets no token until it is enabled. What runs on it runs on.",
  set: (now) => ({ disabled_at: now, disabled_reason: "disabled" }),
  revokes: "machine disabled",
});

export const enableMachine = change({
  id: "enableMachine",
  verb: "enable",
  summary: "Let a disabled or locked machine in again",
  description: "After a lock the first that proves the machine's key is taken for it.",
  set: () => ({ disabled_at: null, disabled_reason: null, generation_mark: null }),
  revokes: undefined,
});

export const rotateMachineKey = change({
  id: "rotateMachineKey",
  verb: "rotate-key",
  summary: "Have a machine make a new key",
  description:
    "Its link ends for a moment; it proposes a new key, and the old one is dropped when it has used the new one.",
  set: (now) => ({ rotation_wanted_at: now }),
  revokes: "machine key rotated",
});
