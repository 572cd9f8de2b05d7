// The hourly token of a machine, for the proof of its key.
import { machineFingerprint } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import { judgeGeneration } from "../../core/machines/generation.ts";
import { readOperation, writeOperation } from "../../operation.ts";
import { spendChallenge, verifyMachineProof } from "../../store/machines/machine-proofs.ts";
import {
  challengeSchema,
  generationMarkSchema,
  machineTokenSchema,
  nonceSchema,
  publicKeySchema,
  signatureSchema,
} from "../../store/machines/machine-schemas.ts";
import { mintTokenFor, readRevocationHead } from "../../store/machines/machine-tokens.ts";
import { machineActor } from "../../store/machines/machines.ts";
import { findKeyHolder } from "./key-holder.ts";
import { lockCopied, takeKeyIntoUse } from "./machine-changes.ts";

export const machineTokenChallenge = readOperation({
  id: "machineTokenChallenge",
  method: "POST",
  path: "/v1/machines/token/challenge",
  tag: "Machines",
  summary: "Ask for what a machine signs",
  access: { kind: "public", because: "a challenge gives nothing" },
  perMinute: 1_200,
  answers: { 200: challengeSchema },
  handle: async ({ services }) => {
    const { nonce, expiresAt } = services.challenges.issue(services.clock.wallMs());
    return { status: 200, body: { nonce, expiresAt: expiresAt.toISOString() } };
  },
});

export const issueMachineToken = writeOperation({
  id: "issueMachineToken",
  method: "POST",
  path: "/v1/machines/token",
  tag: "Machines",
  summary: "A machine's next token, for the proof of its key",
  description:
    "`mark` is the `nextMark` of the request before. A request that names another one comes from a copy: the machine " +
    "is locked. A key that was proposed becomes the machine's key with this.",
  access: { kind: "public", because: "the proof of the machine's key is what counts" },
  perMinute: 1_200,
  hasSecret: "everything",
  body: z.object({
    publicKey: publicKeySchema,
    nonce: nonceSchema,
    signature: signatureSchema.describe('Over purpose "token", the nonce, `mark` and `nextMark`'),
    mark: generationMarkSchema,
    nextMark: generationMarkSchema,
  }),
  answers: { 200: machineTokenSchema },
  prepare: async ({ body, services }) => {
    const { nonceExpiresAt } = verifyMachineProof(services, body, "token", [body.mark, body.nextMark]);
    return { nonceExpiresAt, keyFingerprint: machineFingerprint(Buffer.from(body.publicKey, "base64url")) };
  },
  handle: async ({ body, tx, services, prepared }) => {
    const { keyFingerprint } = prepared;
    await spendChallenge(tx, body.nonce, prepared.nonceExpiresAt);
    const revSeq = await readRevocationHead(tx.db);
    const { machine, keyState } = await findKeyHolder(tx.db, keyFingerprint);
    const verdict = judgeGeneration(machine.generation_mark, body);
    if (verdict === "copied") {
      await lockCopied(tx, machine, keyFingerprint);
      const refusal = new Failure("machine_locked");
      return { status: refusal.row.http, refusal };
    }
    const row = await tx.db
      .updateTable("machines")
      .set({
        last_contact_at: tx.now,
        generation_mark: body.nextMark,
        generation: verdict === "next" ? machine.generation + 1 : machine.generation,
        ...(keyState === "proposed" ? { rotation_wanted_at: null } : {}),
      })
      .where("id", "=", machine.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await takeKeyIntoUse(tx, row, { keyFingerprint, keyState });
    tx.audit(
      {
        action: "machine.token",
        fleet: row.fleet_id,
        target: { kind: "machine", id: row.id },
        body: { generation: row.generation },
      },
      machineActor(row, keyFingerprint),
    );
    return { status: 200, body: await mintTokenFor(tx.db, services, row, { keyFingerprint, revSeq }) };
  },
});
