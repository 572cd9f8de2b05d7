// Whether a machine comes in: by its key when that is known, else by a use of the join token, else when somebody has
// said so.
//
// I1  A use is counted once for each machine, in one guarded update: of many at once no more win than there are uses.
// I2  A key is one machine, whatever it joins with.
// I3  A machine that was turned away or disabled does not come in with a token that it still has.
// I4  What somebody let in is what comes in: by the token that it waited with, under the name that was shown.
import { Failure, newId, type Random } from "@cmdop/base";
import type { Selectable } from "kysely";
import { enrolmentWaitsMs, waitingEnrolmentsPerFleetMax } from "../../core/machines/limits.ts";
import { addMachine, lockNames, type MachineRow, machineActor } from "../../store/machines/machines.ts";
import type { EnrolmentTable, JoinTokenTable } from "../../store/tables/machine-tables.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { isUniqueViolation } from "../../store/violations.ts";

export interface Applicant {
  readonly tokenHash: Buffer;
  readonly publicKey: Buffer;
  readonly keyFingerprint: string;
  readonly mark: string;
  readonly name: string;
  readonly hostname: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly from: string | undefined;
}

type JoinTokenRow = Selectable<JoinTokenTable>;
type EnrolmentRow = Selectable<EnrolmentTable>;

export type Admitted =
  | { readonly kind: "joined" | "returned"; readonly machine: MachineRow }
  | {
      readonly kind: "waits";
      readonly enrolment: EnrolmentRow;
      readonly fleet: { readonly id: string; readonly slug: string };
    };

export const admitMachine = async (
  tx: WriteTransaction,
  random: Random,
  applicant: Applicant,
): Promise<Admitted> => {
  const token = await tx.db
    .selectFrom("join_tokens")
    .selectAll()
    .where("hash", "=", applicant.tokenHash)
    .executeTakeFirst();
  if (!token) throw new Failure("unauthenticated", "There is no such join token.");
  if (token.revoked_at) throw new Failure("token_revoked", "The join token was revoked.");
  const fleet = await tx.db
    .selectFrom("fleets")
    .select(["id", "slug", "is_approval_needed"])
    .where("id", "=", token.fleet_id)
    .where("disabled_at", "is", null)
    .executeTakeFirst();
  if (!fleet) throw new Failure("gone", "The fleet of this join token is gone.");
  await lockNames(tx, fleet.id);

  const known = await findByKey(tx, applicant.keyFingerprint);
  if (known) return { kind: "returned", machine: await welcomeBack(tx, known, fleet.id, applicant) };

  const enrolment = await findEnrolment(tx, fleet.id, applicant.keyFingerprint);
  const isSameToken = enrolment?.join_token_id === token.id;
  if (enrolment && (isSameToken || enrolment.state === "denied"))
    return decide(tx, random, { token, fleet, enrolment, applicant });
  // It begins anew with the token that it shows now: the one that it waited with may be revoked.
  if (enrolment) await tx.db.deleteFrom("enrolments").where("id", "=", enrolment.id).execute();

  await claimUse(tx, token);
  if (!token.is_approval_needed && !fleet.is_approval_needed) {
    return { kind: "joined", machine: await letIn(tx, random, token, applicant) };
  }
  return { kind: "waits", fleet, enrolment: await enrol(tx, random, token, applicant) };
};

const findByKey = (tx: WriteTransaction, keyFingerprint: string): Promise<MachineRow | undefined> =>
  tx.db
    .selectFrom("machines")
    .innerJoin("machine_keys", "machine_keys.machine_id", "machines.id")
    .selectAll("machines")
    .where("machine_keys.fingerprint", "=", keyFingerprint)
    .where("machine_keys.state", "=", "active")
    .forUpdate("machines")
    .executeTakeFirst();

const welcomeBack = async (
  tx: WriteTransaction,
  known: MachineRow,
  fleetId: string,
  { keyFingerprint, mark, hostname }: Applicant,
): Promise<MachineRow> => {
  if (known.fleet_id !== fleetId) {
    throw new Failure("conflict", "This machine is in another fleet: move it there, or remove it first.");
  }
  if (known.disabled_at) throw new Failure("permission_denied", "The machine is disabled.");
  tx.audit(
    {
      action: "machine.return",
      fleet: known.fleet_id,
      target: { kind: "machine", id: known.id },
      body: { name: known.name },
    },
    machineActor(known, keyFingerprint),
  );
  return tx.db
    .updateTable("machines")
    .set((set) => ({
      hostname,
      last_contact_at: tx.now,
      generation: set("generation", "+", 1),
      generation_mark: mark,
    }))
    .where("id", "=", known.id)
    .returningAll()
    .executeTakeFirstOrThrow();
};

const findEnrolment = async (
  tx: WriteTransaction,
  fleetId: string,
  keyFingerprint: string,
): Promise<EnrolmentRow | undefined> => {
  await tx.db.deleteFrom("enrolments").where("expires_at", "<", tx.now).execute();
  return tx.db
    .selectFrom("enrolments")
    .selectAll()
    .where("fleet_id", "=", fleetId)
    .where("key_fingerprint", "=", keyFingerprint)
    .executeTakeFirst();
};

const decide = async (
  tx: WriteTransaction,
  random: Random,
  at: {
    readonly token: JoinTokenRow;
    readonly fleet: { readonly id: string; readonly slug: string };
    readonly enrolment: EnrolmentRow;
    readonly applicant: Applicant;
  },
): Promise<Admitted> => {
  const { token, fleet, enrolment, applicant } = at;
  switch (enrolment.state) {
    case "waiting":
      // Asking again is no change of anything; the entry says how often a machine knocks.
      tx.audit({
        action: "enrolment.ask_again",
        fleet: fleet.id,
        target: { kind: "enrolment", id: enrolment.id },
        body: {},
      });
      return { kind: "waits", fleet, enrolment };
    case "denied":
      throw new Failure("permission_denied", "Somebody decided that this machine does not join.");
    case "approved": {
      await tx.db.deleteFrom("enrolments").where("id", "=", enrolment.id).execute();
      const { name, hostname } = enrolment;
      return { kind: "joined", machine: await letIn(tx, random, token, { ...applicant, name, hostname }) };
    }
  }
};

const claimUse = async (tx: WriteTransaction, token: JoinTokenRow): Promise<void> => {
  const claimed = await tx.db
    .updateTable("join_tokens")
    .set((set) => ({ uses: set("uses", "+", 1), last_used_at: tx.now }))
    .where("id", "=", token.id)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", tx.now)
    .whereRef("uses", "<", "max_uses")
    .returning("id")
    .executeTakeFirst();
  if (claimed) return;
  if (token.expires_at.getTime() <= tx.nowMs)
    throw new Failure("token_expired", "The join token has run out.");
  throw new Failure("gone", "The join token was used as often as it may be.");
};

const letIn = async (
  tx: WriteTransaction,
  random: Random,
  token: JoinTokenRow,
  applicant: Applicant,
): Promise<MachineRow> => {
  try {
    return await addMachine(tx, random, {
      fleetId: token.fleet_id,
      name: applicant.name,
      hostname: applicant.hostname,
      tags: token.tags,
      facts: applicant.facts,
      publicKey: applicant.publicKey,
      keyFingerprint: applicant.keyFingerprint,
      joinedWith: token.id,
      ephemeralAfterMs: token.ephemeral_after_ms === null ? null : Number(token.ephemeral_after_ms),
      generationMark: applicant.mark,
    });
  } catch (error) {
    // The same key joined another fleet at the same moment, or is proposed for another machine.
    if (isUniqueViolation(error)) throw new Failure("conflict", "This key is in use by another machine.");
    throw error;
  }
};

/** No 0, 1, I, O: it is read aloud. */
const codeAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

const newCode = (random: Random): string => {
  const letters = [...random.bytes(8)].map((byte) => codeAlphabet[byte % codeAlphabet.length]).join("");
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
};

const enrol = async (
  tx: WriteTransaction,
  random: Random,
  token: JoinTokenRow,
  applicant: Applicant,
): Promise<EnrolmentRow> => {
  const { count } = await tx.db
    .selectFrom("enrolments")
    .select((select) => select.fn.countAll<string>().as("count"))
    .where("fleet_id", "=", token.fleet_id)
    .executeTakeFirstOrThrow();
  if (Number(count) >= waitingEnrolmentsPerFleetMax) {
    throw new Failure("limit_reached", `${waitingEnrolmentsPerFleetMax} machines wait already.`);
  }
  const row = await tx.db
    .insertInto("enrolments")
    .values({
      id: newId("enr", random),
      fleet_id: token.fleet_id,
      join_token_id: token.id,
      key_fingerprint: applicant.keyFingerprint,
      name: applicant.name,
      hostname: applicant.hostname,
      facts: JSON.stringify(applicant.facts),
      code: newCode(random),
      requested_from: applicant.from ?? null,
      requested_at: tx.now,
      expires_at: new Date(tx.nowMs + enrolmentWaitsMs),
      state: "waiting",
      decided_by: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  tx.audit({
    action: "enrolment.request",
    fleet: token.fleet_id,
    target: { kind: "enrolment", id: row.id },
    body: { name: row.name, hostname: row.hostname, key: row.key_fingerprint, joinToken: token.id },
  });
  tx.publish("enrolment", row.id, token.fleet_id);
  return row;
};
