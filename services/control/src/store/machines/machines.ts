// Machines as operations find and make them.
import { Failure, newMachineId, type Random } from "@cmdop/base";
import type { Selectable } from "kysely";
import { freeName } from "../../core/machines/free-name.ts";
import { machinesPerFleetMax } from "../../core/machines/limits.ts";
import type { Reader } from "../schema.ts";
import type { MachineTable } from "../tables/machine-tables.ts";
import { takeTurns } from "../turns.ts";
import type { Actor, WriteTransaction } from "../unit-of-work.ts";

export type MachineRow = Selectable<MachineTable>;

export interface NewMachine {
  readonly fleetId: string;
  readonly name: string;
  readonly hostname: string;
  readonly tags: readonly string[];
  readonly facts: Readonly<Record<string, unknown>>;
  readonly publicKey: Buffer;
  readonly keyFingerprint: string;
  readonly joinedWith: string;
  readonly ephemeralAfterMs: number | null;
  readonly generationMark: string;
}

/** One after the other: those that give names to machines of a fleet, and count them. */
export const lockNames = (tx: WriteTransaction, ...fleetIds: readonly string[]): Promise<void> =>
  takeTurns(
    tx.db,
    fleetIds.map((fleetId) => `machines of ${fleetId}`),
  );

/** The names of a fleet's machines, in lower case. `lockNames` keeps them as they are. */
export const takenNames = async (db: Reader, fleetId: string): Promise<ReadonlySet<string>> => {
  const rows = await db.selectFrom("machines").select("name").where("fleet_id", "=", fleetId).execute();
  return new Set(rows.map(({ name }) => name.toLowerCase()));
};

/** `lockNames` was called. */
export const addMachine = async (
  tx: WriteTransaction,
  random: Random,
  wanted: NewMachine,
): Promise<MachineRow> => {
  const names = await takenNames(tx.db, wanted.fleetId);
  if (names.size >= machinesPerFleetMax) {
    throw new Failure("limit_reached", `A fleet has ${machinesPerFleetMax} machines at most.`);
  }
  const machine = await tx.db
    .insertInto("machines")
    .values({
      id: newMachineId(random),
      fleet_id: wanted.fleetId,
      name: freeName(wanted.name, names),
      hostname: wanted.hostname,
      tags: [...wanted.tags],
      facts: JSON.stringify(wanted.facts),
      created_at: tx.now,
      joined_with: wanted.joinedWith,
      ephemeral_after_ms: wanted.ephemeralAfterMs,
      disabled_reason: null,
      generation_mark: wanted.generationMark,
      last_contact_at: tx.now,
      online_edge: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await tx.db
    .insertInto("machine_keys")
    .values({
      fingerprint: wanted.keyFingerprint,
      machine_id: machine.id,
      fleet_id: wanted.fleetId,
      public_key: wanted.publicKey,
      state: "active",
      created_at: tx.now,
      last_used_at: tx.now,
    })
    .execute();
  tx.audit(
    {
      action: "machine.join",
      fleet: machine.fleet_id,
      target: { kind: "machine", id: machine.id },
      body: {
        name: machine.name,
        hostname: machine.hostname,
        key: wanted.keyFingerprint,
        joinToken: wanted.joinedWith,
        tags: machine.tags,
      },
    },
    machineActor(machine, wanted.keyFingerprint),
  );
  tx.publish("machine", machine.id, machine.fleet_id);
  return machine;
};

/** A machine as the one who did something. */
export const machineActor = (machine: Pick<MachineRow, "id" | "name">, keyFingerprint: string): Actor => ({
  kind: "machine",
  id: machine.id,
  name: machine.name,
  fingerprint: keyFingerprint,
});
