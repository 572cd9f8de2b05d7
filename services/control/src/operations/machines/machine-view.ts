import { z } from "zod";
import { isOnline } from "../../core/machines/presence.ts";
import type { Services } from "../../services.ts";
import type { MachineRow } from "../../store/machines/machines.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import type { Reader } from "../../store/schema.ts";

export const machineSchema = z
  .object({
    id: z.string(),
    fleetId: z.string(),
    name: z.string(),
    hostname: z.string(),
    tags: z.array(z.string()),
    presence: z.enum(["online", "offline"]),
    seenAt: z.iso
      .datetime()
      .describe(
        "The last contact that the control plane heard of: its link began or ended, or it asked for a token. " +
          "While it is online its relay hears it every 30 s, which is not told here",
      ),
    liveSessions: z.number().int(),
    disabledAt: z.iso.datetime().nullable(),
    disabledReason: z.string().nullable(),
    ephemeralAfterMinutes: z.number().int().nullable(),
    // What was taken in was made fit to show; an answer is not changed any more.
    facts: z.object({
      platform: z.string().optional(),
      arch: z.string().optional(),
      osVersion: z.string().optional(),
      agentVersion: z.string().optional(),
      username: z.string().optional(),
      isRoot: z.boolean().optional(),
      shell: z.string().optional(),
      cpus: z.number().optional(),
      cpuModel: z.string().optional(),
      memoryBytes: z.number().optional(),
    }),
    keyFingerprint: z.string(),
    proposedKeyFingerprint: z.string().nullable(),
    isRotationWanted: z.boolean(),
    generation: z.number().int(),
    createdAt: z.iso.datetime(),
    joinedWith: z.string().describe("The join token's id"),
    version: z.number().int(),
  })
  .meta({ id: "Machine" });

export const machineParams = fleetParams.extend({
  machine: z
    .string()
    .min(1)
    .max(256)
    .describe("Id, hostname, name, or the beginning of one that is the only such"),
});

type Keys = ReadonlyMap<string, { readonly active?: string; readonly proposed?: string }>;

const readKeys = async (db: Reader, machines: readonly MachineRow[]): Promise<Keys> => {
  const rows = await db
    .selectFrom("machine_keys")
    .select(["machine_id", "fingerprint", "state"])
    .where("machine_id", "in", [...machines.map(({ id }) => id), ""])
    .execute();
  const keys = new Map<string, { active?: string; proposed?: string }>();
  for (const { machine_id, fingerprint, state } of rows) {
    keys.set(machine_id, { ...keys.get(machine_id), [state]: fingerprint });
  }
  return keys;
};

const countLiveSessions = async (
  db: Reader,
  machines: readonly MachineRow[],
): Promise<ReadonlyMap<string, number>> => {
  const fleets = new Set(machines.map((machine) => machine.fleet_id));
  const rows = await db
    .selectFrom("sessions")
    .select((select) => ["machine_id", select.fn.countAll<string>().as("count")])
    .where("fleet_id", "in", [...fleets, ""])
    .where("state", "=", "live")
    .where("machine_id", "in", [...machines.map(({ id }) => id), ""])
    .groupBy("machine_id")
    .execute();
  return new Map(rows.map(({ machine_id, count }) => [machine_id, Number(count)]));
};

export const toMachines = async (
  db: Reader,
  services: Pick<Services, "clock" | "machineTokens">,
  rows: readonly MachineRow[],
): Promise<z.input<typeof machineSchema>[]> => {
  const keys = await readKeys(db, rows);
  const sessions = await countLiveSessions(db, rows);
  const at = { nowMs: services.clock.wallMs(), tokenMs: services.machineTokens.validMs };
  return rows.map((row) => ({
    id: row.id,
    fleetId: row.fleet_id,
    name: row.name,
    hostname: row.hostname,
    tags: row.tags,
    presence: isOnline(
      { hasLink: row.online_edge !== null, lastContactMs: row.last_contact_at.getTime() },
      at,
    )
      ? "online"
      : "offline",
    seenAt: row.last_contact_at.toISOString(),
    liveSessions: sessions.get(row.id) ?? 0,
    disabledAt: row.disabled_at?.toISOString() ?? null,
    disabledReason: row.disabled_reason,
    ephemeralAfterMinutes: row.ephemeral_after_ms === null ? null : Number(row.ephemeral_after_ms) / 60_000,
    facts: row.facts ?? {},
    keyFingerprint: keys.get(row.id)?.active ?? "",
    proposedKeyFingerprint: keys.get(row.id)?.proposed ?? null,
    isRotationWanted: row.rotation_wanted_at !== null,
    generation: row.generation,
    createdAt: row.created_at.toISOString(),
    joinedWith: row.joined_with,
    version: row.version,
  }));
};

export const toMachine = async (
  db: Reader,
  services: Pick<Services, "clock" | "machineTokens">,
  row: MachineRow,
): Promise<z.input<typeof machineSchema>> => {
  const [machine] = await toMachines(db, services, [row]);
  if (!machine) throw new Error("one row gives one machine");
  return machine;
};
