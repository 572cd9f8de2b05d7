import { Failure } from "@cmdop/base";
import type { MachineRow } from "../../store/machines/machines.ts";
import type { Reader } from "../../store/schema.ts";

/** The machine that has this key, held until the transaction ends; a disabled one is refused. */
export const findKeyHolder = async (
  db: Reader,
  keyFingerprint: string,
): Promise<{ readonly machine: MachineRow; readonly keyState: "active" | "proposed" }> => {
  const row = await db
    .selectFrom("machines")
    .innerJoin("machine_keys", "machine_keys.machine_id", "machines.id")
    .selectAll("machines")
    .select("machine_keys.state as key_state")
    .where("machine_keys.fingerprint", "=", keyFingerprint)
    .forUpdate(["machines"])
    .executeTakeFirst();
  if (!row) throw new Failure("machine_not_found", "No machine has this key: let it join (cmdop join).");
  const { key_state: keyState, ...machine } = row;
  if (machine.disabled_at) {
    throw machine.disabled_reason === "copied"
      ? new Failure("machine_locked")
      : new Failure("permission_denied", "The machine is disabled: cmdop machines enable.");
  }
  return { machine, keyState };
};
