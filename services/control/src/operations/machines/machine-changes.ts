// What a machine's own requests bring about.
import type { MachineRow } from "../../store/machines/machines.ts";
import { machineActor } from "../../store/machines/machines.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";

/** Two have the machine's key. Which is the right one nobody here can tell: both are shut out. */
export const lockCopied = async (
  tx: WriteTransaction,
  machine: MachineRow,
  keyFingerprint: string,
): Promise<void> => {
  await tx.db
    .updateTable("machines")
    .set((set) => ({ disabled_at: tx.now, disabled_reason: "copied", version: set("version", "+", 1) }))
    .where("id", "=", machine.id)
    .execute();
  tx.audit(
    {
      action: "machine.lock",
      outcome: "denied",
      reason: "copied",
      fleet: machine.fleet_id,
      target: { kind: "machine", id: machine.id },
      body: { name: machine.name, generation: machine.generation },
    },
    machineActor(machine, keyFingerprint),
  );
  tx.revoke([machine.id], "machine locked: its key is in use twice");
  tx.publish("alert", machine.id, machine.fleet_id);
  tx.publish("machine", machine.id, machine.fleet_id);
};

/** The first use of a proposed key drops the one before, and ends what was made with that. */
export const takeKeyIntoUse = async (
  tx: WriteTransaction,
  machine: MachineRow,
  { keyFingerprint, keyState }: { readonly keyFingerprint: string; readonly keyState: "active" | "proposed" },
): Promise<void> => {
  if (keyState === "proposed") {
    const old = await tx.db
      .deleteFrom("machine_keys")
      .where("machine_id", "=", machine.id)
      .where("state", "=", "active")
      .returning("fingerprint")
      .executeTakeFirst();
    tx.audit(
      {
        action: "machine.key_rotate",
        fleet: machine.fleet_id,
        target: { kind: "machine", id: machine.id },
        body: { before: old?.fingerprint ?? null, after: keyFingerprint },
      },
      machineActor(machine, keyFingerprint),
    );
    if (old) tx.revoke([old.fingerprint], "machine key rotated");
    tx.publish("machine", machine.id, machine.fleet_id);
  }
  await tx.db
    .updateTable("machine_keys")
    .set({ state: "active", last_used_at: tx.now })
    .where("fingerprint", "=", keyFingerprint)
    .execute();
};
