// What machines tell and are told, in more than one place of the API.
import { toDisplayText } from "@cmdop/base";
import { z } from "zod";
import { nameCharsMax } from "../../core/machines/limits.ts";

const shown = (charsMax: number) =>
  z
    .string()
    .max(charsMax * 4)
    .transform((text) => toDisplayText(text, charsMax).trim());

/** Printed on terminals of others: nothing in it controls one. */
export const machineNameSchema = shown(nameCharsMax).pipe(z.string().min(1));

export const tagSchema = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9._:-]{0,62}[a-z0-9])?$/,
    "a tag is lowercase letters and digits, with . _ : - between them",
  );

/** As a machine tells of itself when it joins; its relay tells more later. */
export const machineFactsSchema = z.object({
  platform: shown(64).optional(),
  arch: shown(64).optional(),
  osVersion: shown(128).optional(),
  agentVersion: shown(64).optional(),
  username: shown(128).optional(),
});

/** An Ed25519 public key: 32 bytes in base64url. */
export const publicKeySchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "an Ed25519 public key is expected");
export const signatureSchema = z.string().regex(/^[A-Za-z0-9_-]{86}$/, "an Ed25519 signature is expected");
export const nonceSchema = z.string().regex(/^[A-Za-z0-9_-]{16,128}$/, "a nonce of a challenge is expected");
/** 128 random bits by which a machine's next request is known to be its own. */
export const generationMarkSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22}$/, "16 bytes in base64url are expected");

export const challengeSchema = z
  .object({ nonce: z.string(), expiresAt: z.iso.datetime() })
  .meta({ id: "MachineChallenge" });

/** What a machine needs to reach its relays: the same after joining and at every renewal. */
export const machineTokenSchema = z
  .object({
    machineId: z.string(),
    name: z.string(),
    fleet: z.object({ id: z.string(), slug: z.string() }),
    token: z.string().describe("For relays; a JWT bound to the machine's key"),
    expiresAt: z.iso.datetime(),
    relays: z.array(z.string()),
    relayCaPin: z.string().nullable(),
    generation: z.number().int(),
    rotateKey: z.boolean().describe("Propose a new key now"),
  })
  .meta({ id: "MachineToken" });
