// A machine's token and what comes with it, for whoever has proven its key.
import type { Selectable } from "kysely";
import type { z } from "zod";
import type { Joining, MachineTokens } from "../../ports.ts";
import type { Reader } from "../schema.ts";
import type { MachineTable } from "../tables/machine-tables.ts";
import type { machineTokenSchema } from "./machine-schemas.ts";

/**
 * The newest revocation. Read before the machine is looked at: what is revoked after the look then has a higher number
 * and ends the token that is minted here.
 */
export const readRevocationHead = async (db: Reader): Promise<number> => {
  const head = await db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow();
  return Number(head.revocation_seq);
};

export const mintTokenFor = async (
  db: Reader,
  services: { readonly machineTokens: MachineTokens; readonly joining: Joining },
  machine: Selectable<MachineTable>,
  proven: { readonly keyFingerprint: string; readonly revSeq: number },
): Promise<z.input<typeof machineTokenSchema>> => {
  const fleet = await db
    .selectFrom("fleets")
    .select(["id", "slug"])
    .where("id", "=", machine.fleet_id)
    .executeTakeFirstOrThrow();
  const { token, expiresAt } = await services.machineTokens.mint({
    id: machine.id,
    name: machine.name,
    fleetId: machine.fleet_id,
    ...proven,
  });
  return {
    machineId: machine.id,
    name: machine.name,
    fleet,
    token,
    expiresAt: expiresAt.toISOString(),
    relays: [...services.joining.relays],
    relayCaPin: services.joining.relayCaPin ?? null,
    generation: machine.generation,
    rotateKey: machine.rotation_wanted_at !== null,
  };
};
