// A machine comes into a fleet, or comes back to it.
import { hashOpaqueToken, machineFingerprint, parseOpaqueToken } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import { enrolmentAskAgainS } from "../../core/machines/limits.ts";
import { writeOperation } from "../../operation.ts";
import { spendChallenge, verifyMachineProof } from "../../store/machines/machine-proofs.ts";
import {
  generationMarkSchema,
  machineFactsSchema,
  machineNameSchema,
  machineTokenSchema,
  nonceSchema,
  publicKeySchema,
  signatureSchema,
} from "../../store/machines/machine-schemas.ts";
import { mintTokenFor, readRevocationHead } from "../../store/machines/machine-tokens.ts";
import { admitMachine } from "./admit-machine.ts";

const joinBodySchema = z.object({
  token: z.string().max(128).describe("Of the join string"),
  publicKey: publicKeySchema,
  nonce: nonceSchema,
  signature: signatureSchema.describe('Over purpose "join", the nonce, the hash of the token and the mark'),
  mark: generationMarkSchema,
  name: machineNameSchema.optional(),
  hostname: machineNameSchema,
  facts: machineFactsSchema.default({}),
});

export const join = writeOperation({
  id: "join",
  method: "POST",
  path: "/v1/join",
  tag: "Machines",
  summary: "Join a fleet with a join token and a key of one's own",
  description:
    "A machine whose key is known comes back as the same machine. 202: somebody has to let it in; ask again with the " +
    "same token and key.",
  access: { kind: "public", because: "the join token and the proof of the key are what counts" },
  perMinute: 300,
  hasSecret: "everything",
  body: joinBodySchema,
  answers: {
    200: machineTokenSchema,
    201: machineTokenSchema,
    202: z
      .object({
        enrolmentId: z.string(),
        code: z.string().describe("Whoever lets it in sees the same one"),
        fleet: z.object({ id: z.string(), slug: z.string() }),
        expiresAt: z.iso.datetime(),
        askAgainS: z.number().int(),
      })
      .meta({ id: "EnrolmentWaiting" }),
  },
  prepare: async ({ body, services }) => {
    if (parseOpaqueToken(body.token)?.kind !== "jon") throw new Failure("unauthenticated");
    const tokenHash = hashOpaqueToken(body.token);
    const { nonceExpiresAt } = verifyMachineProof(services, body, "join", [
      tokenHash.toString("base64url"),
      body.mark,
    ]);
    const publicKey = Buffer.from(body.publicKey, "base64url");
    return { tokenHash, nonceExpiresAt, publicKey, keyFingerprint: machineFingerprint(publicKey) };
  },
  handle: async ({ body, tx, services, origin, prepared }) => {
    const { publicKey, keyFingerprint } = prepared;
    await spendChallenge(tx, body.nonce, prepared.nonceExpiresAt);
    const revSeq = await readRevocationHead(tx.db);
    const admitted = await admitMachine(tx, services.random, {
      tokenHash: prepared.tokenHash,
      publicKey,
      keyFingerprint,
      mark: body.mark,
      name: body.name ?? body.hostname,
      hostname: body.hostname,
      facts: body.facts,
      from: origin.ip,
    });
    if (admitted.kind === "waits") {
      const { enrolment, fleet } = admitted;
      return {
        status: 202,
        headers: { "retry-after": String(enrolmentAskAgainS) },
        body: {
          enrolmentId: enrolment.id,
          code: enrolment.code,
          fleet,
          expiresAt: enrolment.expires_at.toISOString(),
          askAgainS: enrolmentAskAgainS,
        },
      };
    }
    const body200 = await mintTokenFor(tx.db, services, admitted.machine, { keyFingerprint, revSeq });
    return { status: admitted.kind === "joined" ? 201 : 200, body: body200 };
  },
});
