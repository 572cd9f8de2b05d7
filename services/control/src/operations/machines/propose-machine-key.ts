import { machineFingerprint } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import { writeOperation } from "../../operation.ts";
import { spendChallenge, verifyMachineProof } from "../../store/machines/machine-proofs.ts";
import { nonceSchema, publicKeySchema, signatureSchema } from "../../store/machines/machine-schemas.ts";
import { machineActor } from "../../store/machines/machines.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { findKeyHolder } from "./key-holder.ts";

/** The old key stays good until the new one is used: a machine that dies in between has lost nothing. */
export const proposeMachineKey = writeOperation({
  id: "proposeMachineKey",
  method: "POST",
  path: "/v1/machines/rotation",
  tag: "Machines",
  summary: "Propose a machine's next key, with the proof of both",
  description: "Repeated, the newest proposal counts. The old key holds until the new one gets a token.",
  access: { kind: "public", because: "the proof of the machine's key is what counts" },
  perMinute: 300,
  body: z.object({
    publicKey: publicKeySchema,
    newPublicKey: publicKeySchema,
    nonce: nonceSchema,
    signature: signatureSchema.describe('By the old key: purpose "rotation", the nonce, both keys'),
    newSignature: signatureSchema.describe("By the new key over the same"),
  }),
  answers: { 200: z.object({ keyFingerprint: z.string() }) },
  prepare: async ({ body, services }) => {
    const parts = [body.publicKey, body.newPublicKey];
    const { nonceExpiresAt } = verifyMachineProof(services, body, "rotation", parts);
    const { nonce, newPublicKey: publicKey, newSignature: signature } = body;
    verifyMachineProof(services, { publicKey, nonce, signature }, "rotation", parts);
    const newKey = Buffer.from(publicKey, "base64url");
    return {
      nonceExpiresAt,
      newKey,
      keyFingerprint: machineFingerprint(Buffer.from(body.publicKey, "base64url")),
      newFingerprint: machineFingerprint(newKey),
    };
  },
  handle: async ({ body, tx, prepared }) => {
    await spendChallenge(tx, body.nonce, prepared.nonceExpiresAt);
    const { machine, keyState } = await findKeyHolder(tx.db, prepared.keyFingerprint);
    if (keyState !== "active") throw new Failure("conflict", "This key was only proposed: use it first.");
    await tx.db
      .deleteFrom("machine_keys")
      .where("machine_id", "=", machine.id)
      .where("state", "=", "proposed")
      .execute();
    await tx.db
      .insertInto("machine_keys")
      .values({
        fingerprint: prepared.newFingerprint,
        machine_id: machine.id,
        fleet_id: machine.fleet_id,
        public_key: prepared.newKey,
        state: "proposed",
        created_at: tx.now,
      })
      .execute()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("conflict", "This key is in use.");
        throw error;
      });
    tx.audit(
      {
        action: "machine.key_propose",
        fleet: machine.fleet_id,
        target: { kind: "machine", id: machine.id },
        body: { active: prepared.keyFingerprint, proposed: prepared.newFingerprint },
      },
      machineActor(machine, prepared.keyFingerprint),
    );
    return { status: 200, body: { keyFingerprint: prepared.newFingerprint } };
  },
});
