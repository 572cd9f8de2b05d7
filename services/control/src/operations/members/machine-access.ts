import { Failure } from "@cmdop/base";
import { z } from "zod";
import { isHigherLevel, machineLevels } from "../../core/membership/machine-levels.ts";
import { assertGrantable, refuse } from "../../grants.ts";
import { readOperation, requireMembership, writeOperation } from "../../operation.ts";
import { type AccessBearer, machineAccessOf, setMachineAccess } from "../../store/machines/machine-access.ts";
import { rightsOf } from "../../store/membership/memberships.ts";
import type { Reader } from "../../store/schema.ts";
import { memberParams } from "./member-view.ts";

const levelSchema = z.enum(machineLevels);

const machineAccessSchema = z
  .object({ machineId: z.string(), machineName: z.string(), level: levelSchema })
  .meta({ id: "MachineAccess" });

interface FoundBearer {
  readonly id: string;
  readonly role: string;
  readonly bearer: AccessBearer;
}

/** By a member's or a service account's id; `isKept`: not removed before the transaction is over. */
const findBearer = async (
  db: Reader,
  fleetId: string,
  id: string,
  { isKept = false }: { readonly isKept?: boolean } = {},
): Promise<FoundBearer> => {
  const member = await db
    .selectFrom("memberships")
    .select("role")
    .where("id", "=", id)
    .where("fleet_id", "=", fleetId)
    .$if(isKept, (row) => row.forKeyShare())
    .executeTakeFirst();
  if (member) return { id, role: member.role, bearer: { membershipId: id } };
  const service = await db
    .selectFrom("service_accounts")
    .select("role")
    .where("id", "=", id)
    .where("fleet_id", "=", fleetId)
    .$if(isKept, (row) => row.forKeyShare())
    .executeTakeFirst();
  if (service) return { id, role: service.role, bearer: { serviceAccountId: id } };
  throw new Failure("not_found", "There is no such member or service account in this fleet.");
};

export const listMachineAccess = readOperation({
  id: "listMachineAccess",
  method: "GET",
  path: "/v1/fleets/{fleet}/members/{member}/machines",
  tag: "Members",
  summary: "The machines with which a member or service account may do less than its role says",
  access: { kind: "fleet", right: "members:read" },
  params: memberParams,
  answers: { 200: z.object({ items: z.array(machineAccessSchema) }) },
  handle: async ({ db, params, ...call }) => {
    const { fleetId } = requireMembership(call);
    const { id } = await findBearer(db, fleetId, params.member);
    const levels = await machineAccessOf(db, id);
    const machines = await db
      .selectFrom("machines")
      .select(["id", "name"])
      .where("fleet_id", "=", fleetId)
      .where("id", "in", [...levels.keys(), ""])
      .orderBy("name")
      .execute();
    return {
      status: 200,
      body: {
        items: machines.map((machine) => ({
          machineId: machine.id,
          machineName: machine.name,
          level: levels.get(machine.id) ?? "full",
        })),
      },
    };
  },
});

export const updateMachineAccess = writeOperation({
  id: "updateMachineAccess",
  method: "PUT",
  path: "/v1/fleets/{fleet}/members/{member}/machines/{machine}",
  tag: "Members",
  summary: "Say what a member or service account may do with one machine",
  description:
    "full: what the role says; execute: open and operate sessions, run schedules; view: watch; none: it is not there for them. Never more than you may yourself.",
  access: { kind: "fleet", right: "members:manage" },
  params: memberParams.extend({ machine: z.string().max(256).describe("Id or exact name") }),
  body: z.object({ level: levelSchema }),
  answers: { 200: machineAccessSchema },
  handle: async ({ params, body, tx, services, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    const { id, role, bearer } = await findBearer(tx.db, fleetId, params.member, { isKept: true });
    const rights = await rightsOf(tx.db, role, fleetId);
    assertGrantable({ ...call, services }, { rights, fleetId, operation: "updateMachineAccess" });
    const machine = await tx.db
      .selectFrom("machines")
      .select(["id", "name"])
      .where("fleet_id", "=", fleetId)
      .where((is) => is.or([is("id", "=", params.machine), is("name", "=", params.machine)]))
      // Not removed before this is over.
      .forKeyShare()
      .executeTakeFirst();
    if (!machine) throw new Failure("machine_not_found", "There is no such machine in this fleet.");
    const before = (await machineAccessOf(tx.db, id)).get(machine.id) ?? "full";
    const own = membership.machineAccess.get(machine.id) ?? "full";
    // Nobody gives a level above their own, nor takes one away that is.
    if (isHigherLevel(before, own) || isHigherLevel(body.level, own)) {
      throw refuse(
        { ...call, services },
        {
          operation: "updateMachineAccess",
          fleetId,
          reason: "not_grantable",
          text: `Your own access to this machine is ${own}.`,
        },
      );
    }
    await setMachineAccess(tx, bearer, { fleetId, machineId: machine.id, level: body.level });
    tx.audit({
      action: "member.set_machine_access",
      fleet: fleetId,
      target: { kind: "member", id },
      body: { machine: machine.id, levelBefore: before, level: body.level },
    });
    if (isHigherLevel(before, body.level)) tx.revoke([id], "the access to a machine was narrowed");
    tx.publish("members", id, fleetId);
    return { status: 200, body: { machineId: machine.id, machineName: machine.name, level: body.level } };
  },
});
