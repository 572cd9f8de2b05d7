import { Failure } from "@cmdop/base";
import { z } from "zod";
import { tagsMax } from "../../core/machines/limits.ts";
import { assertVersion, requireMembership, writeOperation } from "../../operation.ts";
import { lockMachine } from "../../store/machines/find-machine.ts";
import { machineNameSchema, tagSchema } from "../../store/machines/machine-schemas.ts";
import { lockNames, takenNames } from "../../store/machines/machines.ts";
import { machineParams, machineSchema, toMachine } from "./machine-view.ts";

export const updateMachine = writeOperation({
  id: "updateMachine",
  method: "PATCH",
  path: "/v1/fleets/{fleet}/machines/{machine}",
  tag: "Machines",
  summary: "Rename or tag a machine",
  description: "A new name ends its link for a moment: it comes back with a token that says the name.",
  access: { kind: "fleet", right: "machines:manage" },
  params: machineParams,
  body: z.object({
    name: machineNameSchema.optional(),
    tags: z.array(tagSchema).max(tagsMax).optional(),
  }),
  answers: { 200: machineSchema },
  handle: async ({ body, params, tx, services, ifMatch, authorize, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    await lockNames(tx, fleetId);
    const row = await lockMachine(tx, membership, params.machine);
    authorize("machines:manage", { fleetId, machineId: row.id });
    assertVersion(row, ifMatch);
    const name = body.name ?? row.name;
    const isRenamed = name !== row.name;
    if (
      name.toLowerCase() !== row.name.toLowerCase() &&
      (await takenNames(tx.db, fleetId)).has(name.toLowerCase())
    ) {
      throw new Failure("name_taken", `The name ${name} is taken.`);
    }
    const changed = await tx.db
      .updateTable("machines")
      .set((set) => ({
        name,
        tags: body.tags ? [...new Set(body.tags)] : row.tags,
        version: set("version", "+", 1),
      }))
      .where("id", "=", row.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    tx.audit({
      action: "machine.update",
      fleet: fleetId,
      target: { kind: "machine", id: row.id },
      body: { before: { name: row.name, tags: row.tags }, after: { name, tags: changed.tags } },
    });
    if (isRenamed) tx.revoke([row.id], "machine renamed");
    tx.publish("machine", row.id, fleetId);
    return { status: 200, body: await toMachine(tx.db, services, changed), version: changed.version };
  },
});
